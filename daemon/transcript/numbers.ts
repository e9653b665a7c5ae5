/**
 * Spoken numbers as digits. One decision covers a whole run of number words: all of it is written
 * with digits, or all of it stays in words. A reading must keep the spoken value; "five six
 * engineers" has no such reading and stays.
 */
import { type Atom, atomsOf, runAt } from './numberRun';
import { LABELS, MEASURES, NUMBER_WORDS, SCALES } from './numberWords';

export interface NumberMatch {
  /** Words of the run, and of "and a half" after it. */
  readonly count: number;
  /** Undefined where the words stay. */
  readonly written?: string;
  readonly kind:
    'cardinal' | 'digits' | 'decimal' | 'version' | 'year' | 'time' | 'ordinal' | 'words';
}

type Reading = Omit<NumberMatch, 'count'>;

interface Context {
  readonly before: string;
  readonly after: string;
  readonly afterThat: string;
  /** A label stands up to two words before the number: "number is", "port". */
  readonly labelled: boolean;
}

const WORDS: Reading = { kind: 'words' };
/** Length of a telephone, card or account number, digits. */
const LONG_STRING = 7;
const HALVES: ReadonlyMap<string, string> = new Map([
  ['half', '5'],
  ['quarter', '25'],
]);
/** "a few hundred and twenty" is no number. */
const VAGUE = new Set(['few', 'couple', 'several', 'many']);
/** "twenty two fifths", "ten millionths". */
const FRACTION =
  /^(?:halves|quarters|thirds|(?:four|fif|six|seven|eigh|nin|ten)ths|\w+(?:redth|sandth|lionth)s?)$/;
const BEFORE_TIME = new Set([
  'at',
  'by',
  'until',
  'till',
  'around',
  'before',
  'after',
  'from',
  'to',
]);
const BEFORE_YEAR = new Set(
  'in since year of from until till by before after early mid late spring summer autumn fall winter january february march april may june july august september october november december'.split(
    ' ',
  ),
);
const HALF_DAY = /^(?:am|pm|a\.m|p\.m)$/;
/** "twenty four seven": the words of an idiom are not a number. */
const IDIOMS: ReadonlyMap<string, string> = new Map([
  ['twenty four seven', '24/7'],
  ['twenty four seven three sixty five', '24/7/365'],
]);

/**
 * The numbers that begin at word `at`. Digits are used from ten on, with a decimal point, digit by
 * digit, before a unit or after a label such as `port`. Small numbers in prose stay in words.
 * @param words lower case
 * @param breaks returns whether there is a pause before word i
 * @returns undefined where no number begins
 */
export function matchNumber(
  words: readonly string[],
  at: number,
  breaks: (i: number) => boolean,
): NumberMatch | undefined {
  const run = runAt(words, at, breaks);
  if (!run) return undefined;
  const next = (k: number): string => {
    for (let i = run.end; i <= run.end + k; i++) if (i < words.length && breaks(i)) return '';
    return words[run.end + k] ?? '';
  };
  const context = contextOf(words, at, next);
  const count = run.end - at;
  if (run.mixed || VAGUE.has(context.before)) return { count, ...WORDS };
  const idiom = IDIOMS.get(words.slice(at, run.end).join(' '));
  if (idiom !== undefined) return { count, written: idiom, kind: 'digits' };
  if (FRACTION.test(context.after)) return { count: count + 1, ...WORDS };
  const [whole = []] = run.parts;
  const half = run.parts.length === 1 ? halfAfter(next) : undefined;
  if (half !== undefined) {
    const tail = numberWordsFrom(3, next);
    return tail > (isScale(next(3)) ? 1 : 0)
      ? { count: count + 3 + tail, ...WORDS }
      : withHalf(whole, half, count + 3, next(3), context);
  }
  if (run.parts.length > 1) return { count, ...withPoints(run.parts, context) };
  const atoms = atomsOf(whole);
  return { count, ...(atoms ? plain(atoms, context) : WORDS) };
}

function contextOf(words: readonly string[], at: number, next: (k: number) => string): Context {
  const before = words[at - 1] ?? '';
  const labelled = LABELS.has(before) || (before === 'is' && LABELS.has(words[at - 2] ?? ''));
  // "one em dash two": the mark is no unit.
  const after = next(0) === 'em' && next(1) === 'dash' ? '' : next(0);
  return { before, after, afterThat: next(1), labelled };
}

/** The decimals of "and a half". */
const halfAfter = (next: (k: number) => string): string | undefined =>
  next(0) === 'and' && next(1) === 'a' ? HALVES.get(next(2)) : undefined;

/** "ninety and a half zero" is no number, so no part of it is written with digits. */
function numberWordsFrom(first: number, next: (k: number) => string): number {
  let count = 0;
  while (NUMBER_WORDS.has(next(first + count))) count++;
  return count;
}

const isScale = (word: string): boolean => (SCALES.get(word) ?? 0) >= 1_000;

/** "two and a half million", "twenty two and a half percent"; "two and a half times" stays. */
function withHalf(
  words: readonly string[],
  half: string,
  count: number,
  after: string,
  { labelled }: Context,
): NumberMatch {
  const atoms = atomsOf(words);
  const [only] = atoms ?? [];
  const scale = isScale(after) ? after : undefined;
  if (!only || atoms?.length !== 1 || only.kind === 'ordinal' || only.scale !== undefined)
    return { count, ...WORDS };
  if (only.value < 10 && scale === undefined && !MEASURES.has(after) && !labelled)
    return { count, ...WORDS };
  const written = `${only.value}.${half}`;
  return scale === undefined
    ? { count, written, kind: 'decimal' }
    : { count: count + 1, written: `${written} ${scale}`, kind: 'decimal' };
}

/** "one point two three", "one point five million", "two point zero point one", an IP address. */
function withPoints(parts: readonly (readonly string[])[], { after }: Context): Reading {
  if (parts.length > 2) {
    const numbers = parts.map((part) => joined(atomsOf(part)));
    return numbers.every((number) => number !== undefined)
      ? { written: numbers.join('.'), kind: 'version' }
      : WORDS;
  }
  const [whole = [], fraction = []] = parts;
  const before = joined(atomsOf(whole));
  const scale = (SCALES.get(fraction.at(-1) ?? '') ?? 0) >= 1_000 ? fraction.at(-1) : undefined;
  const atoms = atomsOf(scale === undefined ? fraction : fraction.slice(0, -1));
  if (before === undefined || !atoms || atoms.length === 0 || SCALES.has(after)) return WORDS;
  if (!atoms.every(({ kind }) => kind === 'digit' || kind === 'pair')) return WORDS;
  const written = `${before}.${atoms.map(({ value }) => value).join('')}`;
  return { written: scale === undefined ? written : `${written} ${scale}`, kind: 'decimal' };
}

/** A part of a version or an address: "ten", "one ninety two", "one six eight". */
function joined(atoms: readonly Atom[] | undefined): string | undefined {
  if (!atoms || atoms.length === 0) return undefined;
  const [first, second] = atoms;
  if (atoms.length === 1) return first?.kind === 'ordinal' ? undefined : String(first?.value);
  if (atoms.every(({ kind }) => kind === 'digit')) return atoms.map(({ value }) => value).join('');
  return atoms.length === 2 && first?.kind === 'digit' && second?.kind === 'pair'
    ? `${first.value}${second.value}`
    : undefined;
}

function plain(atoms: readonly Atom[], context: Context): Reading {
  const [first] = atoms;
  if (!first) return WORDS;
  if (atoms.length === 1)
    return first.kind === 'ordinal' ? ordinal(first.value, context) : single(first, context);
  if (atoms.some(({ kind }) => kind === 'ordinal')) return WORDS;
  return (
    time(atoms, context) ?? year(atoms, context) ?? digitString(first, atoms, context) ?? WORDS
  );
}

function single(atom: Atom, { before, after, labelled }: Context): Reading {
  const { value, scale, oh } = atom;
  const clock = /^(?:past|o'clock|o’clock)$/.test(after) && value <= 60;
  const small = value < 10 && !MEASURES.has(after) && !labelled && !HALF_DAY.test(after);
  const factor = SCALES.get(scale ?? '') ?? 1;
  if (oh || clock || small || (before === 'a' && value === factor)) return WORDS;
  const shown = value / factor;
  const scaled = factor >= 1_000_000 && Number.isInteger(shown);
  return { written: scaled ? `${shown} ${scale}` : String(value), kind: 'cardinal' };
}

/** "the twenty first" is the 21st; "a thirty second timeout" lasts 30 seconds. */
function ordinal(value: number, { before, after, afterThat }: Context): Reading {
  if (value % 10 === 2 && value < 100 && value > 20) {
    if (/^(?:an?|each|every|one|two|three)$/.test(before))
      return { written: `${value - 2} second`, kind: 'cardinal' };
    const ends = after === '' || /^(?:of|and|or|to|is|was|at|in|for|we|i|then)$/.test(after);
    if (!ends || !/^(?:the|my|your|his|her|its|our|their)$/.test(before)) return WORDS;
  }
  // "twenty first class seats" are seats of the first class.
  if (after === 'class' && afterThat !== '') return WORDS;
  const tens = Math.floor(value / 10) % 10;
  const suffix = tens === 1 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return { written: `${value}${suffix}`, kind: 'ordinal' };
}

/** "ten thirty", "three oh five pm": an hour and minutes where a time of day is said. */
function time(atoms: readonly Atom[], { before, after }: Context): Reading | undefined {
  const [hour] = atoms;
  const minutes = minutesOf(atoms);
  if (!hour || hour.value > 23 || minutes === undefined || minutes > 59) return undefined;
  const certain = before === 'at' || HALF_DAY.test(after) || /^(?:o'clock|sharp)$/.test(after);
  const plausible = BEFORE_TIME.has(before) && hour.value <= 12 && hour.value > 0;
  return certain || plausible
    ? { written: `${hour.value}:${String(minutes).padStart(2, '0')}`, kind: 'time' }
    : undefined;
}

/** "ten thirty", "ten oh five". */
function minutesOf([hour, second, third, more]: readonly Atom[]): number | undefined {
  if (hour?.kind === 'large' || more) return undefined;
  if (second?.kind === 'pair' && !third) return second.value;
  return second?.oh && third?.kind === 'digit' ? third.value : undefined;
}

/** "twenty twenty six", "nineteen oh four", "eighty eighty": two numbers of two digits. */
function year(atoms: readonly Atom[], context: Context): Reading | undefined {
  const [first, second] = atoms;
  const last = minutesOf(atoms);
  if (first?.kind !== 'pair' || !second || last === undefined) return undefined;
  return !second.oh && isEstimate(first.value, last, context)
    ? WORDS
    : { written: `${first.value}${String(last).padStart(2, '0')}`, kind: 'year' };
}

/** "twenty thirty people", "eighteen nineteen users": an approximate number. */
function isEstimate(low: number, high: number, { before, after, labelled }: Context): boolean {
  const neighbours = high === low + 1 || (low % 10 === 0 && high % 10 === 0 && high > low);
  const counted =
    after === 'people' || (/s$/.test(after) && !/^(?:is|was|as|has|this|us)$/.test(after));
  return neighbours && counted && !labelled && !BEFORE_YEAR.has(before);
}

/** Single digits; pairs too where the number is long or follows a label. */
function digitString(
  first: Atom,
  atoms: readonly Atom[],
  { after, labelled }: Context,
): Reading | undefined {
  const digits = atoms.map(({ value }) => value).join('');
  const reading: Reading = { written: digits, kind: 'digits' };
  const allDigits = atoms.slice(1).every(({ kind }) => kind === 'digit');
  if (first.kind === 'large') {
    // "eight hundred five five five …": the first five belongs to the digits after it.
    const area = first.value - (first.value % 100);
    const rest = `${first.value % 100 || ''}${digits.slice(String(first.value).length)}`;
    return allDigits && first.value < 1_000 && first.value % 100 < 10 && rest.length >= LONG_STRING
      ? { written: `${area}${rest}`, kind: 'digits' }
      : undefined;
  }
  if (!atoms.every(({ kind }) => kind === 'digit' || kind === 'pair')) return undefined;
  if (labelled || digits.length >= LONG_STRING) return reading;
  if (!allDigits || first.kind !== 'digit' || atoms.length < 3) return undefined;
  const counts = atoms.every(({ value }, i) => i === 0 || value === (atoms[i - 1]?.value ?? 0) + 1);
  return counts && /s$|^people$/.test(after) ? undefined : reading;
}
