/** The words of English numbers, and numbers in words. */

export const UNITS = [
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
export const TENS = [
  '',
  '',
  'twenty',
  'thirty',
  'forty',
  'fifty',
  'sixty',
  'seventy',
  'eighty',
  'ninety',
];
/** `hundred` multiplies within a group of three digits; the others close a group. */
export const SCALES: ReadonlyMap<string, number> = new Map([
  ['hundred', 100],
  ['thousand', 1_000],
  ['million', 1_000_000],
  ['billion', 1_000_000_000],
  ['trillion', 1_000_000_000_000],
]);

/** Words below a hundred; `oh` is the zero of digit strings. */
export const VALUES: ReadonlyMap<string, number> = new Map<string, number>([
  ...UNITS.map((word, i) => [word, i] as const),
  ...TENS.flatMap((word, i) => (word === '' ? [] : [[word, i * 10] as const])),
  ['oh', 0],
]);

/** `first` is 1, `twelfth` is 12, `thirtieth` is 30. */
export const ORDINALS: ReadonlyMap<string, number> = new Map([
  ...'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'
    .split(' ')
    .map((word, i) => [word, i + 1] as const),
  ...TENS.flatMap((word, i) =>
    word === '' ? [] : [[word.replace(/y$/, 'ieth'), i * 10] as const],
  ),
]);

export const NUMBER_WORDS: ReadonlySet<string> = new Set([...VALUES.keys(), ...SCALES.keys()]);

/** A number before these is a quantity and has digits, however small. */
export const MEASURES: ReadonlySet<string> = new Set(
  'percent ms millisecond milliseconds second seconds minute minutes hour hours pixel pixels byte bytes kilobyte kilobytes megabyte megabytes gigabyte gigabytes terabyte terabytes mb gb kb px rem em degrees columns characters megahertz gigahertz hertz kilometers meters miles kilograms volts watts'.split(
    ' ',
  ),
);
/** A number after these is a label and has digits, however small. */
export const LABELS: ReadonlySet<string> = new Set(
  'port version line page step chapter section number issue ticket equals node python index column row room extension code pin bug gate flight channel level error status http zip phone'.split(
    ' ',
  ),
);

/** Whole numbers below a million, and single digits, as words. */
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
