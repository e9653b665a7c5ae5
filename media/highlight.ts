/** Finds quoted words in a text. Pure: it returns pieces, and the page renders them. */

export interface Piece {
  readonly text: string;
  readonly marked: boolean;
}

const WORD = /[\p{L}\p{N}'’]+/gu;
const key = (word: string): string => word.toLowerCase().replaceAll('’', "'");

/**
 * Splits `text` around the first match of the words of `quote`. Punctuation and case are ignored.
 */
export function split(text: string, quote: string): Piece[] {
  const wanted = [...quote.matchAll(WORD)].map((m) => key(m[0]));
  const words = [...text.matchAll(WORD)];
  if (wanted.length === 0 || words.length < wanted.length) return [{ text, marked: false }];
  for (let i = 0; i + wanted.length <= words.length; i++) {
    if (!wanted.every((w, k) => key(words[i + k]?.[0] ?? '') === w)) continue;
    const first = words[i];
    const last = words[i + wanted.length - 1];
    if (first === undefined || last === undefined) break;
    const [start, end] = [first.index, last.index + last[0].length];
    return [
      { text: text.slice(0, start), marked: false },
      { text: text.slice(start, end), marked: true },
      { text: text.slice(end), marked: false },
    ].filter((piece) => piece.text !== '');
  }
  return [{ text, marked: false }];
}
