/**
 * Runs of number words and their numbers: "two thousand and five" is one number, "five six" are
 * two. `numbers.ts` decides which are written with digits.
 */
import { ORDINALS, SCALES, VALUES } from './numberWords';

/** One number of a run, as long as English grammar allows. */
export interface Atom {
  readonly kind: 'digit' | 'pair' | 'large' | 'ordinal';
  readonly value: number;
  /** Spoken as "oh". */
  readonly oh?: boolean;
  /** For `large`: the scale at its end ("five million"), if its words end there. */
  readonly scale?: string;
}

export interface Run {
  /** Index after its last word. */
  readonly end: number;
  /** The words between "point" or "dot", in order; one part where neither occurs. */
  readonly parts: readonly (readonly string[])[];
  /** Contains a number that the recogniser wrote with digits. */
  readonly mixed: boolean;
}

const POINTS = new Set(['point', 'dot']);
/** "double five" in a string of digits is 55. */
const TIMES: ReadonlyMap<string, number> = new Map([
  ['double', 2],
  ['triple', 3],
]);
const isDigits = (word: string | undefined): boolean => /^\d+$/.test(word ?? '');
const counts = (word: string): boolean => VALUES.has(word) || ORDINALS.has(word);
const isSingle = (word: string | undefined): boolean => (VALUES.get(word ?? '') ?? 10) < 10;

/**
 * The longest run of number words from word `at` on.
 * @param breaks is there a pause before word i?
 */
export function runAt(
  words: readonly string[],
  at: number,
  breaks: (i: number) => boolean,
): Run | undefined {
  const joins = (i: number): boolean => i < words.length && !breaks(i);
  const word = (i: number): string => (i === at || joins(i) ? (words[i] ?? '') : '');
  let end = at;
  while ((end === at || joins(end)) && belongs(word, end, at)) end++;
  if (end === at) return undefined;
  const said = words.slice(at, end);
  const parts: string[][] = [[]];
  for (const one of said) {
    if (POINTS.has(one)) parts.push([]);
    else parts.at(-1)?.push(one);
  }
  return { end, parts, mixed: said.some(isDigits) };
}

/** Does word i continue the run that begins at word `from`? */
function belongs(word: (i: number) => string, i: number, from: number): boolean {
  const [before, here, after] = [word(i - 1), word(i), word(i + 1)];
  if (i === from) return begins(word, i);
  if (VALUES.has(here) || SCALES.has(here)) return true;
  if (POINTS.has(here)) return (VALUES.has(after) || isDigits(after)) && !POINTS.has(before);
  if (here === 'and')
    return SCALES.has(before) && (VALUES.has(after) || ORDINALS.has(after)) && after !== 'oh';
  if (TIMES.has(here)) return isSingle(before) && isSingle(after);
  const rank = ORDINALS.get(here);
  if (rank !== undefined) return endsWithRank(before, rank);
  return isDigits(here) && POINTS.has(before);
}

/** "twenty first", "hundred and tenth". */
function endsWithRank(before: string, rank: number): boolean {
  return SCALES.has(before) || before === 'and' || (rank < 10 && (VALUES.get(before) ?? 0) >= 20);
}

function begins(word: (i: number) => string, i: number): boolean {
  const [here, after] = [word(i), word(i + 1)];
  if (here === 'oh') return [1, 2, 3].every((k) => isSingle(word(i + k)));
  if (VALUES.has(here)) return true;
  // "5 thousand": the recogniser wrote half of it.
  if (isDigits(here)) return SCALES.has(after) || POINTS.has(after) || VALUES.has(after);
  if (TIMES.has(here)) return [1, 2, 3].every((k) => isSingle(word(i + k)));
  // "a hundred and twenty"; "a hundred" alone stays.
  const scale = here === 'a' ? i + 1 : i;
  const next = word(scale + 1);
  return (
    SCALES.has(word(scale)) &&
    (counts(next) || SCALES.has(next) || (next === 'and' && counts(word(scale + 2)))) &&
    next !== 'oh'
  );
}

/** The numbers of a part of a run; undefined where a part of it is not a number. */
export function atomsOf(words: readonly string[]): readonly Atom[] | undefined {
  const atoms: Atom[] = [];
  for (let i = 0; i < words.length;) {
    const times = TIMES.get(words[i] ?? '');
    const found = times === undefined ? cardinal(words, i) : undefined;
    if (times !== undefined) {
      const value = VALUES.get(words[i + 1] ?? '');
      if (value === undefined) return undefined;
      for (let k = 0; k < times; k++) atoms.push({ kind: 'digit', value });
      i += 2;
    } else if (found) {
      atoms.push(found.atom);
      i = found.end;
    } else return undefined;
  }
  return atoms;
}

interface Group {
  readonly value: number;
  readonly end: number;
  readonly ordinal?: boolean;
}

/** A whole number with its scales in descending order. */
function cardinal(
  words: readonly string[],
  from: number,
): { readonly atom: Atom; readonly end: number } | undefined {
  let group = hundreds(words, from);
  if (!group) return undefined;
  let total = 0;
  let end = group.end;
  let ordinal = false;
  for (;;) {
    const scale = SCALES.get(words[group.end] ?? '');
    if (group.ordinal || scale === undefined || scale < 1_000) {
      total += group.value;
      end = group.end;
      ordinal = group.ordinal ?? false;
      break;
    }
    total += group.value * scale;
    end = group.end + 1;
    const next = words[end] === 'oh' ? undefined : lowerGroup(words, end, scale);
    if (!next) break;
    group = next;
  }
  return {
    end,
    atom: ordinal ? { kind: 'ordinal', value: total } : sized(words, from, end, total),
  };
}

/** The group after a scale, if it belongs to the same number. */
function lowerGroup(words: readonly string[], at: number, scale: number): Group | undefined {
  const next = hundreds(words, words[at] === 'and' ? at + 1 : at);
  const above = SCALES.get(words[next?.end ?? -1] ?? '') ?? 0;
  return next && next.value > 0 && next.value < scale && above < scale ? next : undefined;
}

function sized(words: readonly string[], from: number, end: number, value: number): Atom {
  const last = words[end - 1] ?? '';
  if (value < 10 && end === from + 1)
    return { kind: 'digit', value, ...(last === 'oh' ? { oh: true } : {}) };
  if (value < 100) return { kind: 'pair', value };
  return { kind: 'large', value, ...(SCALES.has(last) ? { scale: last } : {}) };
}

/** A number below a thousand, or "twenty five hundred". */
function hundreds(words: readonly string[], from: number): Group | undefined {
  const first = impliedOne(words, from) ?? belowHundred(words, from);
  if (!first || first.ordinal || words[first.end] !== 'hundred' || first.value === 0) return first;
  const after = first.end + 1;
  const rest = belowHundred(words, words[after] === 'and' ? after + 1 : after);
  const scale = rest && SCALES.get(words[rest.end] ?? '');
  // "two hundred five hundred" are two numbers.
  return rest && rest.value > 0 && scale !== 100 && words[after] !== 'oh'
    ? { ...rest, value: first.value * 100 + rest.value }
    : { value: first.value * 100, end: after };
}

/** "a hundred", "hundred". */
function impliedOne(words: readonly string[], from: number): Group | undefined {
  if (SCALES.has(words[from] ?? '')) return { value: 1, end: from };
  return words[from] === 'a' && SCALES.has(words[from + 1] ?? '')
    ? { value: 1, end: from + 1 }
    : undefined;
}

function belowHundred(words: readonly string[], from: number): Group | undefined {
  const value = VALUES.get(words[from] ?? '');
  const alone = ORDINALS.get(words[from] ?? '');
  if (value === undefined)
    return alone === undefined || from === 0
      ? undefined
      : { value: alone, end: from + 1, ordinal: true };
  const next = words[from + 1] ?? '';
  if (value < 20) return { value, end: from + 1 };
  const ordinal = ORDINALS.get(next) ?? 10;
  if (ordinal < 10) return { value: value + ordinal, end: from + 2, ordinal: true };
  const unit = VALUES.get(next) ?? 0;
  return unit > 0 && unit < 10 && next !== 'oh'
    ? { value: value + unit, end: from + 2 }
    : { value, end: from + 1 };
}
