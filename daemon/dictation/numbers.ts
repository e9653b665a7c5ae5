/**
 * Numbers: spoken words to digits as developers write them, and digits to the words they are said
 * with.
 */

const UNITS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
];
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const SCALES = new Map([
  ['hundred', 100],
  ['thousand', 1_000],
  ['million', 1_000_000],
  ['billion', 1_000_000_000],
]);

const VALUES = new Map<string, number>([
  ...UNITS.map((word, i) => [word, i] as const),
  ...TENS.flatMap((word, i) => (word === '' ? [] : [[word, i * 10] as const])),
  ['oh', 0],
]);

export const NUMBER_WORDS: ReadonlySet<string> = new Set([...VALUES.keys(), ...SCALES.keys()]);

/** What makes a number a quantity: it is written with digits before these, however small. */
const MEASURES = new Set([
  'percent',
  'ms',
  'millisecond',
  'milliseconds',
  'second',
  'seconds',
  'minute',
  'minutes',
  'hour',
  'hours',
  'pixel',
  'pixels',
  'byte',
  'bytes',
  'kilobyte',
  'kilobytes',
  'megabyte',
  'megabytes',
  'gigabyte',
  'gigabytes',
  'mb',
  'gb',
  'kb',
  'px',
  'rem',
  'em',
  'degrees',
  'columns',
  'characters',
]);
/** A number after these is written with digits, however small. */
const LABELS = new Set([
  'port',
  'version',
  'line',
  'page',
  'step',
  'chapter',
  'section',
  'number',
  'issue',
  'ticket',
  'equals',
  'node',
  'python',
  'index',
  'column',
  'row',
]);

/** Whole numbers below a thousand thousand, and single digits, as words. */
export function numberToWords(digits: string): string[] {
  const value = Number(digits);
  if (value >= 1_000_000) return [...digits].flatMap((digit) => numberToWords(digit));
  if (value >= 1_000)
    return [
      ...numberToWords(String(Math.floor(value / 1_000))),
      'thousand',
      ...(value % 1_000 === 0 ? [] : numberToWords(String(value % 1_000))),
    ];
  if (value >= 100)
    return [
      UNITS[Math.floor(value / 100)] as string,
      'hundred',
      ...(value % 100 === 0 ? [] : numberToWords(String(value % 100))),
    ];
  if (value >= 20)
    return [
      TENS[Math.floor(value / 10)] as string,
      ...(value % 10 === 0 ? [] : [UNITS[value % 10] as string]),
    ];
  return [UNITS[value] as string];
}

export interface NumberMatch {
  /** Words taken. */
  readonly count: number;
  readonly digits: string;
}

/**
 * The number that begins at word `at`, where it should be written with digits: from ten on, with a
 * point, digit by digit, before a measure or after a label such as `port`. Small numbers in prose
 * stay words.
 * @param breaks is there a pause, other than a comma between single digits, before word i?
 */
export function matchNumber(
  words: readonly string[],
  at: number,
  breaks: (i: number) => boolean,
): NumberMatch | undefined {
  let end = at;
  while (end < words.length && isNumberWord(words, end, at) && (end === at || !breaks(end))) end++;
  if (end === at) return undefined;
  if (words[end - 1] === 'and') end--;
  const spoken = words.slice(at, end);
  const digits =
    spoken.length >= 2 && spoken.every((word) => (VALUES.get(word) ?? 10) < 10)
      ? spoken.map((word) => VALUES.get(word)).join('')
      : valueOf(spoken);
  if (digits === undefined) return undefined;
  const small = spoken.length === 1 && Number(digits) < 10;
  if (small && !MEASURES.has(words[end] ?? '') && !LABELS.has(words[at - 1] ?? ''))
    return undefined;
  return { count: end - at, digits };
}

function isNumberWord(words: readonly string[], i: number, from: number): boolean {
  const word = words[i] as string;
  if (word === 'oh') return i > from;
  if (VALUES.has(word)) return true;
  if (SCALES.has(word)) return i > from;
  const next = words[i + 1] ?? '';
  if (word === 'point') return i > from && VALUES.has(next);
  return word === 'and' && i > from && SCALES.has(words[i - 1] ?? '') && VALUES.has(next);
}

/** undefined where the words make no one number ("twenty fifteen three"). */
function valueOf(spoken: readonly string[]): string | undefined {
  const point = spoken.indexOf('point');
  if (point >= 0) {
    const whole = valueOf(spoken.slice(0, point));
    const part = spoken.slice(point + 1).map((word) => VALUES.get(word));
    return whole === undefined || part.some((value) => value === undefined)
      ? undefined
      : `${whole}.${part.join('')}`;
  }
  let total = 0;
  let group = 0;
  let last = Infinity;
  let plain = true;
  for (const word of spoken) {
    if (word === 'and') continue;
    const scale = SCALES.get(word);
    if (scale === 100) {
      group *= 100;
      last = 100;
      plain = false;
    } else if (scale !== undefined) {
      total += group * scale;
      group = 0;
      last = scale;
      plain = false;
    } else {
      const value = VALUES.get(word) ?? 0;
      // Two numbers of two digits side by side are a year or a port: twenty twenty six, eighty
      // eighty.
      if (group > 0 && !fits(group, last, value))
        return plain && value >= 10 && group < 100 ? joined(spoken) : undefined;
      group += value;
      last = value;
    }
  }
  return String(total + group);
}

function fits(group: number, last: number, value: number): boolean {
  return last >= 100
    ? value < 100
    : last >= 20 && last % 10 === 0 && value > 0 && value < 10 && group % 10 === 0;
}

function joined(spoken: readonly string[]): string | undefined {
  const parts: number[] = [];
  for (const word of spoken) {
    const value = VALUES.get(word);
    if (value === undefined) return undefined;
    const before = parts.at(-1);
    if (before !== undefined && before >= 20 && before % 10 === 0 && value > 0 && value < 10)
      parts[parts.length - 1] = before + value;
    else parts.push(value);
  }
  return parts.length === 2 && parts.every((part) => part >= 10 && part < 100)
    ? parts.join('')
    : undefined;
}
