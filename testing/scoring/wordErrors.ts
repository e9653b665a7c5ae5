/**
 * Word error rate: normalisation of English text and edit distance over words. Numbers are spelt
 * out, contractions opened, fillers dropped.
 */

const ONES = (
  'zero one two three four five six seven eight nine ten eleven twelve ' +
  'thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
).split(' ');
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
/** Two spellings of one word count as one. */
const SPELLING: Readonly<Record<string, string>> = {
  mr: 'mister',
  mrs: 'missus',
  dr: 'doctor',
  st: 'saint',
  colour: 'color',
  honour: 'honor',
  favour: 'favor',
  grey: 'gray',
  centre: 'center',
  theatre: 'theater',
  neighbour: 'neighbor',
  labour: 'labor',
  fulfilment: 'fulfillment',
  fulfilments: 'fulfillments',
  aluminium: 'aluminum',
  "won't": 'will not',
  "can't": 'can not',
  cannot: 'can not',
  "let's": 'let us',
  ok: 'okay',
};
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/n't\b/g, ' not'],
  [/'re\b/g, ' are'],
  [/'ve\b/g, ' have'],
  [/'ll\b/g, ' will'],
  [/'m\b/g, ' am'],
  [/'d\b/g, ' would'],
  [/'s\b/g, " 's"],
];

function spell(n: number): string {
  if (n < 20) return ONES[n] ?? '';
  if (n < 100) return (TENS[Math.floor(n / 10)] ?? '') + (n % 10 ? ` ${ONES[n % 10]}` : '');
  if (n < 1000) return `${ONES[Math.floor(n / 100)]} hundred${n % 100 ? ` ${spell(n % 100)}` : ''}`;
  if (n < 1_000_000)
    return `${spell(Math.floor(n / 1000))} thousand${n % 1000 ? ` ${spell(n % 1000)}` : ''}`;
  return String(n);
}

export function normaliseWords(text: string): string[] {
  let t = text
    .toLowerCase()
    .replaceAll('’', "'")
    .replaceAll('&', ' and ')
    .replaceAll('%', ' percent ');
  t = t.replace(/\b(\d+),(\d{3})\b/g, '$1$2').replace(/\b(uh|um|hmm|mm|mhm|mmm)\b/g, ' ');
  t = t.replaceAll('-', ' ').replace(/[^a-z0-9' ]/g, ' ');
  t = t.replace(/\b(\d+)(st|nd|rd|th)?\b/g, (_, digits: string) => spell(Number(digits)));
  t = words(t)
    .map((word) => (Object.hasOwn(SPELLING, word) ? SPELLING[word] : word))
    .join(' ');
  for (const [ending, open] of ENDINGS) t = t.replace(ending, open);
  return words(t.replaceAll(" 's", "'s"));
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Least number of words to put in, leave out or change. */
export function wordErrors(reference: readonly string[], hypothesis: readonly string[]): number {
  let row = Array.from({ length: hypothesis.length + 1 }, (_, j) => j);
  reference.forEach((r, i) => {
    const next = [i + 1];
    hypothesis.forEach((h, j) =>
      next.push(
        Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (r === h ? 0 : 1)),
      ),
    );
    row = next;
  });
  return row.at(-1) ?? 0;
}

/** All errors over all reference words, in percent. */
export function pooledWer(
  pairs: readonly { readonly reference: string; readonly hypothesis: string }[],
): number {
  let errors = 0;
  let count = 0;
  for (const pair of pairs) {
    const reference = normaliseWords(pair.reference);
    errors += wordErrors(reference, normaliseWords(pair.hypothesis));
    count += reference.length;
  }
  return (100 * errors) / Math.max(1, count);
}
