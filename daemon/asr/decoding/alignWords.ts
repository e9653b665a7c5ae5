/**
 * Assigns times to the words of a text for engines that return text and timed words separately.
 * Their timed words have another spelling and no punctuation. Matched words take their time. Words
 * between them share the remaining time and are marked `estimated`.
 */
import type { AsrWord } from '../contract/provider';

export interface TimedWord {
  readonly word: string;
  /** From the start of the audio. */
  readonly startMs: number;
  readonly endMs: number;
}

/** Maximum number of timed words to skip when searching for a word of the text. */
const LOOK_AHEAD = 6;

const bare = (word: string): string =>
  word
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** @returns the words of `text` in order, with non-decreasing times within 0…audioMs */
export function alignWords(
  text: string,
  timed: readonly TimedWord[],
  audioMs: number,
  confidence: number | undefined,
): AsrWord[] {
  const tokens = text.split(/\s+/).filter((token) => token !== '');
  const found: (TimedWord | undefined)[] = [];
  let next = 0;
  for (const token of tokens) {
    const wanted = bare(token);
    const at = timed.slice(next, next + LOOK_AHEAD).findIndex(({ word }) => bare(word) === wanted);
    found.push(at < 0 ? undefined : timed[next + at]);
    if (at >= 0) next += at + 1;
  }
  const within = (ms: number, least: number): number =>
    Math.min(audioMs, Math.max(least, Math.round(ms)));
  const words: AsrWord[] = [];
  const of = confidence === undefined ? {} : { confidence };
  let end = 0;
  for (let i = 0; i < tokens.length;) {
    const own = found[i];
    if (own) {
      const startMs = within(own.startMs, end);
      end = within(own.endMs, startMs);
      words.push({ text: tokens[i++] ?? '', startMs, endMs: end, ...of, timing: 'model' });
      continue;
    }
    let run = 1;
    while (i + run < tokens.length && !found[i + run]) run++;
    const until = within(found[i + run]?.startMs ?? audioMs, end);
    const step = (until - end) / run;
    const from = end;
    for (let k = 0; k < run; k++)
      words.push({
        text: tokens[i + k] ?? '',
        startMs: Math.round(from + k * step),
        endMs: Math.round(from + (k + 1) * step),
        ...of,
        timing: 'estimated',
      });
    end = until;
    i += run;
  }
  return words;
}
