/**
 * Aligns the words of speech that was cut. A recogniser guesses at words that the cut splits, and
 * at sentences without an end. With the audio after the cut, it recognises both, but returns words
 * of the other side too. The result is the beginning of the joint text that best matches the text
 * of this side alone.
 */
import { type PieceDecoder, type ScoredToken, textOfTokens, wordsOfTokens } from './tokenWords';

/**
 * Maximum share of differing letters. Above it the texts do not match, and the text of this side
 * alone is used.
 */
const MAX_DIFFERENT = 0.5;

/**
 * @param alone tokens of this side alone
 * @param joint tokens of this side together with the following audio
 * @returns tokens of whole words: of `joint` up to the cut, or `alone`
 */
export function alignAtSeam(
  alone: readonly ScoredToken[],
  joint: readonly ScoredToken[],
  decoder: PieceDecoder,
): readonly ScoredToken[] {
  const letters = wordsOfTokens(alone, decoder)
    .map((word) => lettersOf(word, decoder))
    .filter((word) => word !== '')
    .join(' ');
  const words = wordsOfTokens(joint, decoder);
  const ends: number[] = [];
  let text = '';
  for (const word of words) {
    const more = lettersOf(word, decoder);
    text += more === '' ? '' : `${text === '' ? '' : ' '}${more}`;
    ends.push(text.length);
  }
  const costs = prefixCosts(letters, text);
  let best = { count: 0, cost: letters.length };
  ends.forEach((end, i) => {
    const cost = costs[end] ?? Infinity;
    if (cost < best.cost) best = { count: i + 1, cost };
  });
  return best.count === 0 || best.cost > MAX_DIFFERENT * letters.length
    ? alone
    : words.slice(0, best.count).flat();
}

function lettersOf(word: readonly ScoredToken[], decoder: PieceDecoder): string {
  return textOfTokens(word, decoder)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}']/gu, '');
}

/** Edit distance (Levenshtein) of `a` to each prefix of `b`, by prefix length. */
function prefixCosts(a: string, b: string): readonly number[] {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row;
}
