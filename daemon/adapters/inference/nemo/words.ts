/** Tokens with their frames to words with times and confidences, by the rules of NeMo. Pure. */
import type { AsrWord } from '../../../asr/contract/provider';
import type { Vocabulary } from './vocabulary';

/** A token that the search chose. */
export interface TimedToken {
  readonly id: number;
  /** Encoder frame at which it was chosen. */
  readonly frame: number;
  /** Encoder frames that it lasts, where the model tells; else 1. */
  readonly duration: number;
  /** Natural logarithm of its probability among the tokens and the blank. */
  readonly logProb: number;
}

export interface WordOfTokens {
  readonly text: string;
  /** Encoder frames; `end` is past the last one. */
  readonly start: number;
  readonly end: number;
  /** Geometric mean of its tokens' probabilities, 0–1. */
  readonly confidence: number;
  readonly tokens: readonly TimedToken[];
}

/**
 * A word begins at a piece with a space before it. A punctuation mark joins the word before it.
 *
 * @param durations the model tells how long a token lasts: a mark that comes late then takes the
 * end of the token before it
 */
export function wordsOf(
  tokens: readonly TimedToken[],
  vocabulary: Vocabulary,
  durations: boolean,
): WordOfTokens[] {
  const groups: Spanned[][] = [];
  let before: Spanned | undefined;
  for (const token of tokens) {
    const late = durations && before !== undefined && vocabulary.isMark(token.id);
    const start = late && before ? before.end : token.frame;
    const spanned = { token, start, end: late ? start : token.frame + token.duration };
    const open = groups.at(-1);
    if (open && !vocabulary.begins(token.id)) open.push(spanned);
    else groups.push([spanned]);
    before = spanned;
  }
  return groups
    .map((group) => ({
      text: vocabulary.text(group.map(({ token }) => token.id)),
      start: group[0]?.start ?? 0,
      end: group.at(-1)?.end ?? 0,
      confidence: confidenceOf(group.map(({ token }) => token)),
      tokens: group.map(({ token }) => token),
    }))
    .filter(({ text }) => text !== '');
}

interface Spanned {
  readonly token: TimedToken;
  readonly start: number;
  readonly end: number;
}

/** Geometric mean of the probabilities; 0 for no tokens. */
export function confidenceOf(tokens: readonly TimedToken[]): number {
  if (tokens.length === 0) return 0;
  return Math.exp(tokens.reduce((sum, { logProb }) => sum + logProb, 0) / tokens.length);
}

/**
 * Words as the engine gives them: in order, none outside the audio.
 *
 * @param frameMs length of an encoder frame
 * @param offsetMs time of the first frame, from the start of the audio; before it where negative
 * @param audioMs length of the audio
 */
export function timedWords(
  words: readonly WordOfTokens[],
  frameMs: number,
  offsetMs: number,
  audioMs: number,
): AsrWord[] {
  let last = 0;
  return words.flatMap(({ text, start, end, confidence }) => {
    const startMs = clamp(start * frameMs + offsetMs, last, audioMs);
    const endMs = clamp(end * frameMs + offsetMs, startMs, audioMs);
    last = endMs;
    const word = {
      startMs,
      endMs,
      confidence: Math.min(1, Math.max(Number.MIN_VALUE, confidence)),
      timing: 'model' as const,
    };
    return text.split(/\s+/).map((part) => ({ text: part, ...word }));
  });
}

function clamp(value: number, low: number, high: number): number {
  return Math.round(Math.min(Math.max(value, low), Math.max(low, high)));
}
