/**
 * Words of a phrase that was decoded together with the audio before or behind it. Words that begin
 * before the phrase belong to the one before it, words that begin behind it to the next. Pure.
 */
import type { Vocabulary } from './vocabulary';
import type { WordOfTokens } from './words';

/**
 * Times of one word differ by so much between two decodes: three encoder frames. So close to a seam
 * the words themselves decide.
 */
const LOOSE_FRAMES = 3;

/**
 * @param words of both, times in frames
 * @param from frame at which the phrase begins
 * @param before tokens of the text before the phrase
 */
export function wordsBehind(
  words: readonly WordOfTokens[],
  from: number,
  before: readonly number[],
  vocabulary: Vocabulary,
): readonly WordOfTokens[] {
  let first = words.findIndex(({ start }) => start >= from);
  if (first < 0) first = words.length;
  const last = lastWord(before, vocabulary);
  const isLast = (word: WordOfTokens | undefined): boolean =>
    word !== undefined && last !== '' && spelling(word.text) === last;
  const near = (word: WordOfTokens | undefined): boolean =>
    word !== undefined && Math.abs(word.start - from) <= LOOSE_FRAMES;
  // The text before has it already, with a time on the other side of the seam.
  if (near(words[first]) && isLast(words[first])) return words.slice(first + 1);
  // The text before does not have it: its time was behind the seam there.
  if (near(words[first - 1]) && !isLast(words[first - 1]) && isLast(words[first - 2]))
    return words.slice(first - 1);
  return words.slice(first);
}

/** @param to frame at which the phrase ends */
export function wordsBefore(words: readonly WordOfTokens[], to: number): readonly WordOfTokens[] {
  return words.filter(({ start }) => start < to);
}

function lastWord(tokens: readonly number[], vocabulary: Vocabulary): string {
  const first = tokens.findLastIndex((token) => vocabulary.begins(token));
  return spelling(vocabulary.text(tokens.slice(Math.max(0, first))));
}

/** Case and marks differ between two decodes of a word. */
function spelling(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}']/gu, '');
}
