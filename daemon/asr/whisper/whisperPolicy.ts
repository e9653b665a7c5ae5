/**
 * Decode policy for Whisper. The first decode uses a window fitted to the phrase, which halves the
 * time of Whisper's own 30 s window. If its text loops, ends early or is empty, the phrase is
 * decoded again. The second decode uses the whole window and random sampling; the likelier text is
 * used.
 */
import { SAMPLE_RATE } from '../../audio/frame';
import { compression, defaultGuardOptions } from '../decoding/guards';
import type { AsrWord } from '../contract/provider';

/** Encoder positions per second of audio. */
const POSITIONS_PER_SECOND = 50;
/** All positions of the encoder: 30 s. */
const FULL_WINDOW = 1500;
/**
 * Minimum window: with smaller windows, short phrases loop. Without the minimum, 35 % word errors;
 * with it, 12 % (LibriSpeech other, Whisper base).
 */
const WINDOW_FLOOR = 768;
/** Whisper was trained on audio that ends in padding. */
const WINDOW_MARGIN = 32;
const WINDOW_STEP = 32;

/**
 * Encoder positions for a phrase of this many samples. Without the minimum, the encoder takes a
 * fifth of the time.
 */
export function fittedWindow(samples: number, floor = WINDOW_FLOOR): number {
  const needed = Math.ceil((samples / SAMPLE_RATE) * POSITIONS_PER_SECOND) + WINDOW_MARGIN;
  return Math.min(FULL_WINDOW, Math.max(floor, Math.ceil(needed / WINDOW_STEP) * WINDOW_STEP));
}

/**
 * Temperature of the second decode, which replaces whisper.cpp's own retries. The first decode has
 * a single pass, so that a cancelled decode ends soon. The second decode has at most three passes:
 * 0.2, 0.6 and 1.
 */
export const SECOND_TEMPERATURE = 0.2;
export const SECOND_TEMPERATURE_STEP = 0.4;

/** Beams of the first decode (docs/decisions/0021-whisper-five-beams.md). */
export const BEAMS = 5;

/**
 * Fast speech has 6 tokens a second; scripts that Whisper encodes byte by byte have up to 15. A
 * loop is cut at this rate.
 */
const TOKENS_PER_SECOND = 15;
const SPARE_TOKENS = 30;

/** Maximum number of tokens of a phrase of this many samples. */
export function maxTokens(samples: number): number {
  return Math.ceil(SPARE_TOKENS + (samples / SAMPLE_RATE) * TOKENS_PER_SECOND);
}

/** Result of one decode. */
export interface WhisperText {
  readonly text: string;
  readonly words: readonly AsrWord[];
  /** Mean probability of the tokens of the text, 0–1. */
  readonly confidence: number;
  /** Mean natural logarithm of the probabilities of the tokens. */
  readonly logProbability: number;
  readonly language: string;
}

export type Doubt = 'empty' | 'loop' | 'tooShort' | 'tooLong' | 'unsure';

/** An empty text is doubted from this length of audio on. */
const EMPTY_FROM_MS = 1_000;
const SHORT_FROM_MS = 2_500;
/** Minimum rate of words. Slower speech has pauses that would have ended the phrase. */
const MIN_WORDS_PER_SECOND = 0.9;
/** Minimum rate of letters, for languages without spaces; for English this rate is slow too. */
const MIN_LETTERS_PER_SECOND = 4;
const MIN_LOOP_LETTERS = 30;
/** Number of consecutive repetitions that count as a loop. */
const MAX_REPEATS = 4;
/**
 * Texts below this mean log probability are decoded again, as in whisper.cpp. Read speech has about
 * −0.2, hard speech −0.4, invented text −1 (docs/decisions/0022-whisper-low-confidence.md).
 */
const UNSURE_BELOW = -1;

/**
 * Reason to doubt the first text; undefined if it may be correct.
 * @param audioMs length of the phrase without silence
 */
export function doubt(
  { text, logProbability }: Pick<WhisperText, 'text' | 'logProbability'>,
  audioMs: number,
): Doubt | undefined {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const letters = text.replace(/[^\p{L}\p{N}]/gu, '').length;
  const seconds = audioMs / 1000;
  if (letters === 0) return audioMs >= EMPTY_FROM_MS ? 'empty' : undefined;
  if (
    letters >= MIN_LOOP_LETTERS &&
    (compression(text) > defaultGuardOptions.maxCompression || repeats(words))
  )
    return 'loop';
  if (
    words.length > defaultGuardOptions.maxWordsPerSecond &&
    words.length > seconds * defaultGuardOptions.maxWordsPerSecond
  )
    return 'tooLong';
  if (
    audioMs >= SHORT_FROM_MS &&
    words.length < seconds * MIN_WORDS_PER_SECOND &&
    letters < seconds * MIN_LETTERS_PER_SECOND
  )
    return 'tooShort';
  return logProbability < UNSURE_BELOW ? 'unsure' : undefined;
}

/**
 * Returns true if a sequence of one to eight words repeats too often. Short loops hardly change the
 * compression ratio.
 */
function repeats(words: readonly string[]): boolean {
  for (let run = 1; run <= 8; run++) {
    let same = 0;
    for (let i = run; i < words.length; i++) {
      same = words[i] === words[i - run] ? same + 1 : 0;
      if (same >= run * (MAX_REPEATS - 1)) return true;
    }
  }
  return false;
}

/**
 * Returns the better of two texts of a phrase: an undoubted text first, then a non-empty text, then
 * the likelier text.
 */
export function better<T extends WhisperText>(first: T, second: T, audioMs: number): T {
  const rank = (one: T): number => {
    const why = doubt(one, audioMs);
    return why === undefined || why === 'unsure' ? 2 : why === 'tooShort' ? 1 : 0;
  };
  const difference = rank(second) - rank(first);
  if (difference !== 0) return difference > 0 ? second : first;
  if (rank(first) === 1 && first.words.length !== second.words.length)
    return second.words.length > first.words.length ? second : first;
  return second.confidence > first.confidence ? second : first;
}
