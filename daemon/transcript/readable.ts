/**
 * Spoken words in written form: fillers, repetitions and broken-off words are marked and optionally
 * left out; numbers, dates and times have digits; sentences start with a capital. This is a view:
 * the words of a segment stay.
 */
import { endsWithAbbreviation } from '../../protocol/abbreviations';
import { writeNumbers } from './readableNumbers';

/** `filler`: um. `repeat`: the the. `brokenOff`: we sh- we should. */
export interface Disfluency {
  readonly kind: 'filler' | 'repeat' | 'brokenOff';
  /** Offsets in the text, UTF-16 units. The blank after the word is included. */
  readonly start: number;
  readonly end: number;
}

interface Word {
  /** Lower case, without surrounding punctuation. */
  readonly norm: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const FILLERS = new Set(['um', 'umm', 'uh', 'uhm', 'erm', 'er', 'hmm', 'hm']);
/** "uh huh", "uh oh" and "mm hmm" are answers. */
const ANSWERS: ReadonlySet<string> = new Set(['uh huh', 'uh oh', 'mm hmm', 'mm hm', 'hmm hmm']);
/** Fillers only between commas. */
const ASIDES = [['you', 'know'], ['i', 'mean'], ['like']];
/**
 * Words that a speaker repeats when they start a sentence again. Content words are repeated on
 * purpose ("win win"), and so are particles ("log in in the morning"), "that that" and "had had".
 */
const RESTARTED: ReadonlySet<string> = new Set(
  "the a an i we you he she they it this these those my your our their its to of for with from at as and or but if when where what who how why because is are was were am be been can could should would will must may might shall do does did have has not don't doesn't can't won't i'm we're it's that's there's let's i'll we'll i've we've just also then".split(
    ' ',
  ),
);
const NEVER_RESTARTED: ReadonlySet<string> = new Set(['is', 'do', 'will', 'not']);
/** "on and on and on", "one by one by one". */
const LINKS: ReadonlySet<string> = new Set(['and', 'by', 'or', 'to', 'after', 'upon']);
/** These show that a text is in another language, where "um" and "er" are words. */
const OTHER_LANGUAGE =
  /\b(?:und|ist|der|das|nicht|ich|wir|ein|eine|auf|mit|sich|het|een|van|niet|och|att|som|para|que|los|les|des|est)\b/giu;
const OTHER_LANGUAGE_WORDS = 2;
const MAX_REPEAT = 4;
/** End of a word that may be broken off; most words end otherwise. */
const BROKEN_OFF = /[-–—][,.]?$/;
/** A word that needs no tidying. */
const BARE_WORD = /^[a-z0-9'’]*[a-z0-9]$/;

/** Words the speaker did not mean, in order. */
export function disfluencies(text: string): Disfluency[] {
  const words = wordsOf(text);
  const marked = new Map<number, Disfluency['kind']>();
  const english = (text.match(OTHER_LANGUAGE)?.length ?? 0) < OTHER_LANGUAGE_WORDS;
  words.forEach(({ text: word }, i) => {
    if (english && isFiller(words, i)) marked.set(i, 'filler');
    else if (
      BROKEN_OFF.test(word) &&
      /^\p{L}+(?:-|–|—)[,.]?$/u.test(word) &&
      !/^(?:and|or|to)$/.test(words[i + 1]?.norm ?? '')
    )
      marked.set(i, 'brokenOff');
  });
  for (const aside of ASIDES) {
    words.forEach(({ norm }, i) => {
      if (norm !== aside[0]) return;
      const fits = aside.every((word, k) => words[i + k]?.norm === word);
      const before = words[i - 1];
      const last = words[i + aside.length - 1];
      if (
        fits &&
        last !== undefined &&
        /,$/.test(last.text) &&
        before !== undefined &&
        /,$/.test(before.text)
      )
        aside.forEach((_word, k) => marked.set(i + k, 'filler'));
    });
  }
  const said = words.map((_, i) => i).filter((i) => !marked.has(i));
  for (let at = 0; at < said.length; at++) {
    const length = repeatAt(words, said, at);
    for (let k = 0; k < length; k++) marked.set(said[at + k] ?? -1, 'repeat');
    at += Math.max(0, length - 1);
  }
  return [...marked]
    .sort(([a], [b]) => a - b)
    .map(([i, kind]) => ({
      kind,
      start: words[i]?.start ?? 0,
      end: words[i + 1]?.start ?? text.length,
    }));
}

/** @param fillers `show` keeps every word; numbers and sentences are written all the same */
export function readableText(text: string, fillers: 'hide' | 'show' = 'hide'): string {
  const plain = fillers === 'hide' ? without(text, disfluencies(text)) : text;
  // A speaker who says only "hm" means it.
  return sentences(writeNumbers(/\p{L}|\p{N}/u.test(plain) ? plain : text));
}

/**
 * Number of words from here on that follow once more right away; "I think, I think" counts, "no,
 * no" does not.
 */
function repeatAt(words: readonly Word[], said: readonly number[], at: number): number {
  const word = (i: number): Word | undefined => words[said[i] ?? -1];
  // A new start begins with one of few words.
  if (!RESTARTED.has(word(at)?.norm ?? '')) return 0;
  for (
    let length = Math.min(MAX_REPEAT, Math.floor((said.length - at) / 2));
    length > 0;
    length--
  ) {
    if (!isSaidTwice(word, at, length)) continue;
    // "an A A rating" spells letters; "A a" starts again.
    if (length === 1 && isLetter(word(at)) && isLetter(word(at + 1))) continue;
    if (isRestart(Array.from({ length }, (_, k) => word(at + k)?.norm ?? ''))) return length;
  }
  return 0;
}

/** True if the words from `at` on follow once more, with no sentence end between them. */
function isSaidTwice(word: (i: number) => Word | undefined, at: number, length: number): boolean {
  for (let k = 0; k < length; k++) {
    const [first, second] = [word(at + k), word(at + length + k)];
    if (
      first === undefined ||
      first.norm === '' ||
      first.norm !== second?.norm ||
      /[.?!;:]$/.test(first.text) ||
      /\d/.test(first.norm)
    )
      return false;
  }
  return true;
}

/** "ER" is an emergency room, "er" is a filler. */
function isFiller(words: readonly Word[], i: number): boolean {
  const { norm = '', text = '' } = words[i] ?? {};
  if (!FILLERS.has(norm) || /\p{Lu}{2}/u.test(text)) return false;
  const [before, after] = [words[i - 1]?.norm ?? '', words[i + 1]?.norm ?? ''];
  return !ANSWERS.has(`${norm} ${after}`) && !ANSWERS.has(`${before} ${norm}`);
}

const isLetter = (word: Word | undefined): boolean => /^[A-HJ-Z]\W*$/.test(word?.text ?? '');

/** Can a new start of the sentence repeat these words? */
function isRestart(norms: readonly string[]): boolean {
  const [first = ''] = norms;
  if (norms.length === 1) return RESTARTED.has(first) && !NEVER_RESTARTED.has(first);
  const last = norms.at(-1) ?? '';
  if (LINKS.has(first) && !RESTARTED.has(last)) return false;
  return RESTARTED.has(first) && !LINKS.has(last);
}

function without(text: string, marks: readonly Disfluency[]): string {
  const out = new Pieces();
  let at = 0;
  for (const { start, end } of marks) {
    out.add(text.slice(at, start));
    // The mark that ends the sentence stays where the word is removed.
    const word = text.slice(start, end);
    const stop = /[.?!]/.test(word)
      ? (/(?<![.?!])[.?!]+(?=["'”’)]*\s*$)/.exec(word)?.[0] ?? '')
      : '';
    if (stop !== '') out.endWith(`${stop} `);
    at = end;
  }
  out.add(text.slice(at));
  return out.text;
}

/** A text that grows; its end is read in constant time. */
class Pieces {
  private readonly pieces: string[] = [];
  /** Number of pieces up to the last one that is more than commas and blanks. */
  private count = 0;
  /** That piece without commas and blanks at its end. */
  private last = '';

  get text(): string {
    return this.pieces.join('');
  }

  add(piece: string): void {
    if (piece === '') return;
    this.pieces.push(piece);
    const plain = piece.replace(/(?<![,\s])[,\s]+$/, '');
    if (plain !== '') [this.count, this.last] = [this.pieces.length, plain];
  }

  /** After a letter or digit: in place of commas and blanks at the end. */
  endWith(mark: string): void {
    if (!/[\p{L}\p{N}]$/u.test(this.last.slice(-2))) return;
    this.pieces.length = this.count;
    this.pieces[this.count - 1] = this.last;
    this.add(mark);
  }
}

/** Single blanks, and a capital at the start of a sentence. */
function sentences(text: string): string {
  // Only marks that end a word move: ".NET" and "std::vector" are names.
  const tidy = text
    .replace(/\s+/g, ' ')
    .replace(/ ([,.;:?!]+)(?=\s|$)/g, '$1')
    .replace(/(?<![,;:] ?)([,;:])(?: ?[,;:])+(?=\s|$)/g, '$1')
    .replace(/^(?:[,;:]*\s+|[,;:]+$)+/, '')
    .replace(/(?<![,;:\s])[,;:\s]+([.?!]+)(?=\s|$)/g, '$1')
    .trim();
  return tidy
    .replace(
      /^([^\p{L}\p{N}]*)(\p{Ll})(?=\p{Ll}*(?:[\s,.?!'’]|$))/u,
      (_, lead: string, letter: string) => lead + letter.toLocaleUpperCase('en'),
    )
    .replace(
      /([.?!]\s+)(\p{Ll})(?=\p{Ll}*(?:[\s,.?!'’]|$))/gu,
      (all: string, stop: string, letter: string, at: number) =>
        endsWithAbbreviation(tidy.slice(0, at + stop.length))
          ? all
          : stop + letter.toLocaleUpperCase('en'),
    );
}

function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  const next = /\S+/g;
  for (let found = next.exec(text); found; found = next.exec(text)) {
    const [word] = found;
    const start = found.index;
    words.push({ text: word, norm: normOf(word), start, end: start + word.length });
  }
  return words;
}

function normOf(word: string): string {
  const lower = word.toLowerCase();
  return BARE_WORD.test(lower) && !lower.startsWith("'") && !lower.startsWith('’')
    ? lower
    : lower.replace(/^[^\p{L}\p{N}]+|(?<![^\p{L}\p{N}])[^\p{L}\p{N}]+$/gu, '');
}
