/** One copy of each string: a long transcript repeats the same few thousand words. */

/**
 * Size of the vocabulary of a language and a trade, with reserve; beyond it the table is cleared.
 */
const MOST = 50_000;
const known = new Map<string, string>();

/** Returns a shared copy of a word. Longer texts do not repeat. */
export function intern(text: string): string {
  const one = known.get(text);
  if (one !== undefined) return one;
  if (known.size >= MOST) known.clear();
  // A copy: a slice would keep its whole source text in memory.
  const own = Buffer.from(text, 'utf16le').toString('utf16le');
  known.set(own, own);
  return own;
}
