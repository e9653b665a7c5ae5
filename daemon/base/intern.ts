/** One copy of each string: a long transcript says the same few thousand words over and over. */

/** Words of a language and of a trade, with room; beyond it the table begins anew. */
const MOST = 50_000;
const known = new Map<string, string>();

/** The same text, in memory once. For words; a longer text is said once only. */
export function intern(text: string): string {
  const one = known.get(text);
  if (one !== undefined) return one;
  if (known.size >= MOST) known.clear();
  // A copy: a slice would keep the whole text that it was cut from.
  const own = Buffer.from(text, 'utf16le').toString('utf16le');
  known.set(own, own);
  return own;
}
