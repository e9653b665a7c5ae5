/**
 * Finds the words of one text in another. Two decodes of the same speech differ: words are
 * misrecognised, joined, split, and numbers are written with digits. Words are aligned in order by
 * the similarity of their letters.
 */

/** A word with its time, accurate to about half a second. */
export interface TimedWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Words from this similarity on match; 1 is the same word. */
const ALIKE = 0.6;
/** The same word further apart than this was said twice. */
const NEAR_MS = 2_000;

/**
 * The match of a word in the other text: its similarity (0.6–1) and its index; undefined where
 * there is none.
 */
export type Match = { readonly alike: number; readonly index: number } | undefined;

/** One match for each of `words`; the order of both texts is kept. */
export function matchWords(words: readonly TimedWord[], others: readonly TimedWord[]): Match[] {
  const a = words.map(({ text }) => bareWord(text));
  const b = others.map(({ text }) => bareWord(text));
  const matched = words.map((): Match => undefined);
  const best: Float32Array[] = Array.from(
    { length: a.length + 1 },
    () => new Float32Array(b.length + 1),
  );
  const score = (i: number, j: number): number => (best[i] as Float32Array)[j] as number;
  /** Gain of matching `na` words that end before i with `nb` words that end before j. */
  const gain = (i: number, j: number, na: number, nb: number): number => {
    if (i < na || j < nb) return 0;
    const one = words[i - 1] as TimedWord;
    const other = others[j - 1] as TimedWord;
    if (Math.max(one.startMs - other.endMs, other.startMs - one.endMs) > NEAR_MS) return 0;
    const alike = similarity(a.slice(i - na, i).join(''), b.slice(j - nb, j).join(''));
    // Parts of a word count as one: two short words for one long word gain no more than the long
    // one.
    return alike < (na + nb > 2 ? 0.8 : ALIKE) ? 0 : alike * na;
  };
  const steps = [
    [1, 1],
    [1, 2],
    [2, 1],
  ] as const;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      let most = Math.max(score(i - 1, j), score(i, j - 1));
      for (const [na, nb] of steps) {
        const won = gain(i, j, na, nb);
        if (won > 0) most = Math.max(most, score(i - na, j - nb) + won);
      }
      (best[i] as Float32Array)[j] = most;
    }
  }
  for (let i = a.length, j = b.length; i > 0 && j > 0;) {
    const now = score(i, j);
    const step = steps.find(([na, nb]) => {
      const won = gain(i, j, na, nb);
      return won > 0 && Math.abs(score(i - na, j - nb) + won - now) < 1e-4;
    });
    if (step) {
      const [na, nb] = step;
      matched.fill({ alike: gain(i, j, na, nb) / na, index: j - nb }, i - na, i);
      i -= na;
      j -= nb;
    } else if (score(i - 1, j) >= now - 1e-4) i--;
    else j--;
  }
  return matched;
}

/** One minus the share of letters to change, 0–1. */
export function similarity(a: string, b: string): number {
  if (a === b) return a === '' ? 0 : 1;
  const longest = Math.max(a.length, b.length);
  if (Math.min(a.length, b.length) < longest * ALIKE) return 0;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return 1 - (row[b.length] as number) / longest;
}

/**
 * Letters only, lower case; numbers up to 99 as words, since one decode writes "30" and the next
 * "thirty".
 */
export function bareWord(word: string): string {
  const bare = word
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '');
  return /^\d{1,2}$/.test(bare) ? spelt(Number(bare)) : bare;
}

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

function spelt(n: number): string {
  if (n < 20) return ONES[n] ?? '';
  return (TENS[Math.floor(n / 10) - 2] ?? '') + (n % 10 === 0 ? '' : (ONES[n % 10] ?? ''));
}
