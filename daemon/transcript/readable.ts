/**
 * Spoken words as people would write them: fillers, repeated words and broken-off words marked and,
 * if wished, left out; numbers, dates and times with digits; sentences with a capital. A view only:
 * the words of a segment stay.
 */
import { matchNumber } from '../dictation/numbers';

/** `filler`: um. `repeat`: the the. `brokenOff`: we sh- we should. */
export interface Disfluency {
  readonly kind: 'filler' | 'repeat' | 'brokenOff';
  /** Offsets in the text, UTF-16 units; the blank after it is part of it. */
  readonly start: number;
  readonly end: number;
}

interface Word {
  /** Lower case, without punctuation around it. */
  readonly norm: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const FILLERS = new Set(['um', 'umm', 'uh', 'uhm', 'erm', 'er', 'hmm', 'hm']);
/** Fillers only where commas set them off. */
const ASIDES = [['you', 'know'], ['i', 'mean'], ['like']];
/** Said twice on purpose, or right that way. */
const DOUBLED = new Set([
  'no',
  'yes',
  'yeah',
  'very',
  'really',
  'so',
  'bye',
  'that',
  'had',
  'well',
  'okay',
  'ha',
  'wait',
  'go',
  'knock',
  'many',
  'much',
  'more',
  'again',
  'far',
  'way',
  'long',
  'sure',
  'right',
  'now',
  'there',
  'oh',
  'never',
]);
const MAX_REPEAT = 4;

/** What the speaker did not mean to say, in order. */
export function disfluencies(text: string): Disfluency[] {
  const words = wordsOf(text);
  const marked = new Map<number, Disfluency['kind']>();
  words.forEach(({ norm, text: word }, i) => {
    if (FILLERS.has(norm)) marked.set(i, 'filler');
    else if (/^\p{L}+(?:-|–|—)[,.]?$/u.test(word)) marked.set(i, 'brokenOff');
  });
  for (const aside of ASIDES) {
    words.forEach((_, i) => {
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

/** @param fillers `show` keeps every word, and writes numbers and sentences all the same */
export function readableText(text: string, fillers: 'hide' | 'show' = 'hide'): string {
  const plain = fillers === 'hide' ? without(text, disfluencies(text)) : text;
  // Somebody who says nothing but "hm" said that.
  return sentences(numbers(/\p{L}|\p{N}/u.test(plain) ? plain : text));
}

/**
 * How many words from here on are said again right away; "I think, I think" counts, "no, no" does
 * not.
 */
function repeatAt(words: readonly Word[], said: readonly number[], at: number): number {
  const word = (i: number): Word | undefined => words[said[i] ?? -1];
  for (
    let length = Math.min(MAX_REPEAT, Math.floor((said.length - at) / 2));
    length > 0;
    length--
  ) {
    let same = true;
    for (let k = 0; k < length && same; k++) {
      const [first, second] = [word(at + k), word(at + length + k)];
      same =
        first !== undefined &&
        first.norm !== '' &&
        first.norm === second?.norm &&
        !/[.?!;:]$/.test(first.text) &&
        !/\d/.test(first.norm);
    }
    if (!same) continue;
    const single =
      length === 1 &&
      (DOUBLED.has(word(at)?.norm ?? '') ||
        matchNumber([word(at)?.norm ?? '', 'seconds'], 0, () => false) !== undefined);
    if (!single) return length;
  }
  return 0;
}

function without(text: string, marks: readonly Disfluency[]): string {
  let out = '';
  let at = 0;
  for (const { start, end } of marks) {
    out += text.slice(at, start);
    // What ends the sentence stays where the word goes.
    const stop = /[.?!]+(?=["'”’)]*\s*$)/.exec(text.slice(start, end))?.[0] ?? '';
    if (stop !== '' && /[\p{L}\p{N}][,\s]*$/u.test(out))
      out = `${out.replace(/[,\s]+$/, '')}${stop} `;
    at = end;
  }
  return out + text.slice(at);
}

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const ORDINALS: ReadonlyMap<string, number> = new Map(
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth'
    .split(' ')
    .map((word, i) => [word, i + 1] as const),
).set('thirtieth', 30);
/** Without one of these there is nothing to write otherwise; most sentences have none. */
const NUMBERISH =
  /\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|\w+teenth|hundred|thousand|january|february|march|april|may|june|july|august|september|october|november|december)\b/i;
const TENS: Readonly<Record<string, number>> = { twenty: 20, thirty: 30 };

/**
 * "November twenty third" is "November 23", "at three thirty pm" is "at 3:30 pm", "ten percent" is
 * "10%".
 */
function numbers(text: string): string {
  if (!NUMBERISH.test(text)) return text;
  const source = text.replace(/(?<=\p{L})-(?=\p{L})/gu, (dash, at: number) =>
    isNumberPair(text, at) ? ' ' : dash,
  );
  const words = wordsOf(source);
  const norms = words.map(({ norm }) => norm);
  const breaks = (i: number): boolean => /[^\p{L}\p{N}'’]$/u.test(words[i - 1]?.text ?? '');
  let out = '';
  let at = 0;
  const put = (from: number, count: number, written: string): void => {
    const first = words[from];
    const last = words[from + count - 1];
    if (!first || !last) return;
    const lead = /^[^\p{L}\p{N}]*/u.exec(first.text)?.[0] ?? '';
    const tail = /[^\p{L}\p{N}]*$/u.exec(last.text)?.[0] ?? '';
    out += source.slice(at, first.start) + lead + written + tail;
    at = last.end;
  };
  for (let i = 0; i < words.length; i++) {
    const day = dayAt(norms, i, breaks);
    const clock = timeAt(norms, i, breaks);
    const number = matchNumber(norms, i, breaks);
    if (day) {
      put(i, day.count, day.written);
      i += day.count - 1;
    } else if (clock) {
      put(i, clock.count, clock.written);
      i += clock.count - 1;
    } else if (number && !staysWords(words, i, number.count)) {
      const percent = norms[i + number.count] === 'percent' && !breaks(i + number.count);
      const count = number.count + (percent ? 1 : 0);
      put(i, count, `${grouped(number.digits)}${percent ? '%' : ''}`);
      i += count - 1;
    }
  }
  return out + source.slice(at);
}

/** "ten past nine", and a number with which a sentence begins, are written in words. */
function staysWords(words: readonly Word[], at: number, count: number): boolean {
  const opens = at === 0 || /[.?!]["'”’)]*$/.test(words[at - 1]?.text ?? '');
  return opens || /^(?:past|to|o'clock|o’clock)$/.test(words[at + count]?.norm ?? '');
}

/** A day of a month, where the month stands with it; alone, "the twenty third" is a rank. */
function dayAt(
  norms: readonly string[],
  at: number,
  breaks: (i: number) => boolean,
): { count: number; written: string } | undefined {
  const ordinal = (i: number): { count: number; day: number } | undefined => {
    const tens = TENS[norms[i] ?? ''];
    const unit = ORDINALS.get(norms[i + 1] ?? '');
    if (tens !== undefined && unit !== undefined && unit < 10 && !breaks(i + 1))
      return { count: 2, day: tens + unit };
    const day = ORDINALS.get(norms[i] ?? '');
    return day === undefined ? undefined : { count: 1, day };
  };
  const month = (i: number): string | undefined =>
    MONTHS.find((name) => name.toLowerCase() === norms[i]);
  const name = month(at);
  if (name !== undefined) {
    const the = norms[at + 1] === 'the' ? 1 : 0;
    const day = breaks(at + 1) ? undefined : ordinal(at + 1 + the);
    return day && day.day <= 31
      ? { count: 1 + the + day.count, written: `${name} ${day.day}` }
      : undefined;
  }
  const the = norms[at] === 'the' ? 1 : 0;
  const day = ordinal(at + the);
  if (!day || day.day > 31) return undefined;
  const of = norms[at + the + day.count] === 'of' ? 1 : 0;
  const after = month(at + the + day.count + of);
  return after !== undefined && !breaks(at + the + day.count)
    ? { count: the + day.count + of + 1, written: `${day.day} ${after}` }
    : undefined;
}

/** "three thirty pm", "nine am". */
function timeAt(
  norms: readonly string[],
  at: number,
  breaks: (i: number) => boolean,
): { count: number; written: string } | undefined {
  const value = (i: number, j: number): number | undefined => {
    const found = matchNumber([...norms.slice(i, j), 'seconds'], 0, () => false);
    return found && found.count === j - i ? Number(found.digits) : undefined;
  };
  const hour = value(at, at + 1);
  if (hour === undefined || hour < 1 || hour > 12) return undefined;
  for (const minutes of [0, 1, 2]) {
    const half = /^(am|pm|a\.m|p\.m)$/.exec(norms[at + 1 + minutes] ?? '')?.[1];
    const minute = minutes === 0 ? 0 : value(at + 1, at + 1 + minutes);
    const parted = Array.from({ length: minutes + 1 }, (_, k) => breaks(at + 1 + k)).some(Boolean);
    if (
      half !== undefined &&
      minute !== undefined &&
      minute < 60 &&
      (minutes === 0 || minute >= 10) &&
      !parted
    )
      return {
        count: 2 + minutes,
        written: `${hour}${minutes === 0 ? '' : `:${minute}`} ${half.replace('.', '')}`,
      };
  }
  return undefined;
}

/** 12000 is "12,000"; years, ports and the like have four digits and stay. */
function grouped(digits: string): string {
  return /^\d{5,}$/.test(digits) ? digits.replace(/\B(?=(\d{3})+$)/g, ',') : digits;
}

function isNumberPair(text: string, at: number): boolean {
  const before = /\p{L}+$/u.exec(text.slice(0, at))?.[0].toLowerCase() ?? '';
  const after = /^\p{L}+/u.exec(text.slice(at + 1))?.[0].toLowerCase() ?? '';
  return (
    /^(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)$/.test(before) &&
    (matchNumber([after, 'seconds'], 0, () => false) !== undefined || ORDINALS.has(after))
  );
}

/** Blanks in order, and a capital where a sentence begins. */
function sentences(text: string): string {
  const tidy = text
    .replace(/\s+/g, ' ')
    .replace(/\s+([,.;:?!])/g, '$1')
    .replace(/([,;:])(?:\s*[,;:])+/g, '$1')
    .replace(/^[\s,;:]+/, '')
    .replace(/[,;:\s]+([.?!])/g, '$1')
    .trim();
  return tidy
    .replace(
      /^(\P{L}*)(\p{Ll})(?=\p{Ll}*(?:[\s,.?!'’]|$))/u,
      (_, lead: string, letter: string) => lead + letter.toLocaleUpperCase('en'),
    )
    .replace(
      /([.?!]\s+)(\p{Ll})(?=\p{Ll}*(?:[\s,.?!'’]|$))/gu,
      (_, stop: string, letter: string) => stop + letter.toLocaleUpperCase('en'),
    );
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({
    text: word,
    norm: word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''),
    start: index,
    end: index + word.length,
  }));
}
