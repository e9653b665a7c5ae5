/**
 * Finds the words that a model quoted in the line it named or its neighbours. Speech has fillers
 * and restarts that a model leaves out, so a quote may skip words of the line.
 */
import { wordsOf } from './words';

/** A model miscounts by a line or two. */
const NEAR_LINES = 2;
/** Share of the quote's words that must occur in the line, in their order. */
const MIN_SHARE = 0.8;
/** A quote may skip this number of spoken words for each of its own, and a few more. */
const SKIPPED_PER_WORD = 1;
const SKIPPED_MORE = 4;
/** "the" and "I think" occur everywhere and prove nothing. */
const MIN_WORDS = 3;

export interface Aligned {
  /** Position of the line in the transcript. */
  readonly line: number;
  /** Text of the line from the first to the last aligned word, in the line's own spelling. */
  readonly quote: string;
}

/**
 * @param lines texts of the transcript
 * @param at position that the model named, from 0
 * @returns undefined if no line near `at` contains the quote
 */
export function alignQuote(
  lines: readonly string[],
  at: number,
  quote: string,
): Aligned | undefined {
  const wanted = wordsOf(quote);
  if (wanted.length === 0) return undefined;
  for (let distance = 0; distance <= NEAR_LINES; distance++) {
    for (const line of distance === 0 ? [at] : [at - distance, at + distance]) {
      const text = lines[line];
      const found = text === undefined ? undefined : alignedSpan(text, wanted);
      if (found !== undefined) return { line, quote: found };
    }
  }
  return undefined;
}

function alignedSpan(text: string, wanted: readonly string[]): string | undefined {
  const pattern = /[\p{L}\p{N}]+(?:['’ʼ.][\p{L}\p{N}]+)*/gu;
  const spoken = [...text.matchAll(pattern)].map(({ 0: word, index }) => ({
    word: word.toLowerCase().replace(/[’ʼ]/g, "'"),
    start: index,
    end: index + word.length,
  }));
  const matched = commonSubsequence(
    spoken.map(({ word }) => word),
    wanted,
  );
  const first = spoken[matched[0] ?? -1];
  const last = spoken[matched.at(-1) ?? -1];
  if (!first || !last) return undefined;
  const span = (matched.at(-1) ?? 0) - (matched[0] ?? 0) + 1;
  const enough = matched.length >= MIN_SHARE * wanted.length;
  const compact = span <= matched.length * (1 + SKIPPED_PER_WORD) + SKIPPED_MORE;
  const meaningful = matched.length >= MIN_WORDS || matched.length === spoken.length;
  return enough && compact && meaningful
    ? text.slice(first.start, endOf(text, last.end))
    : undefined;
}

/** Includes the punctuation that ends the quoted words. */
function endOf(text: string, end: number): number {
  return end + (/^[.?!…]+/.exec(text.slice(end))?.[0].length ?? 0);
}

/** Positions in `spoken` of the longest common subsequence. Both are bounded by a line's length. */
function commonSubsequence(spoken: readonly string[], wanted: readonly string[]): number[] {
  const width = wanted.length + 1;
  const lengths = new Uint16Array((spoken.length + 1) * width);
  for (let i = spoken.length - 1; i >= 0; i--)
    for (let j = wanted.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        spoken[i] === wanted[j]
          ? 1 + (lengths[(i + 1) * width + j + 1] ?? 0)
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
  const positions: number[] = [];
  for (let i = 0, j = 0; i < spoken.length && j < wanted.length;) {
    if (spoken[i] === wanted[j]) {
      positions.push(i++);
      j++;
    } else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return positions;
}
