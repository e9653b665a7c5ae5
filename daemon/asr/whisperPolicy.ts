/**
 * What Whisper is asked for and when it is asked again. The first decode looks at a window fitted
 * to the phrase, which takes half the time of Whisper's own 30 s; where that loops, ends early or
 * says nothing, the phrase is decoded once more with the whole window and some chance in the choice
 * of tokens, and the likelier text wins.
 */
import { SAMPLE_RATE } from '../audio/frame';
import { compression, defaultGuardOptions } from './guards';
import type { AsrWord } from './provider';

/** Encoder positions in a second of audio. */
const POSITIONS_PER_SECOND = 50;
/** All positions of the encoder: 30 s. */
const FULL_WINDOW = 1500;
/**
 * Below this short phrases loop: 35 % word errors with no floor against 12 % with it (LibriSpeech
 * other, Whisper base).
 */
const WINDOW_FLOOR = 768;
/** Whisper was trained on audio that ends in padding. */
const WINDOW_MARGIN = 32;
const WINDOW_STEP = 32;

/**
 * Encoder positions for a phrase of so many samples; without the floor the encoder is done in a
 * fifth of the time.
 */
export function fittedWindow(samples: number, floor = WINDOW_FLOOR): number {
  const needed = Math.ceil((samples / SAMPLE_RATE) * POSITIONS_PER_SECOND) + WINDOW_MARGIN;
  return Math.min(FULL_WINDOW, Math.max(floor, Math.ceil(needed / WINDOW_STEP) * WINDOW_STEP));
}

/**
 * The first decode has one pass: what whisper.cpp would try again by itself is tried with the whole
 * window instead, so that a cancelled decode is soon over. The second has three at most: 0.2, 0.6
 * and 1.
 */
export const SECOND_TEMPERATURE = 0.2;
export const SECOND_TEMPERATURE_STEP = 0.4;

/** Texts that the first decode follows at a time (docs/decisions/0021-whisper-five-beams.md). */
export const BEAMS = 5;

/**
 * Fast speech has 6 tokens a second, scripts that Whisper spells byte by byte up to 15; a loop is
 * cut here.
 */
const TOKENS_PER_SECOND = 15;
const SPARE_TOKENS = 30;

/** Tokens that a phrase of so many samples may have. */
export function maxTokens(samples: number): number {
  return Math.ceil(SPARE_TOKENS + (samples / SAMPLE_RATE) * TOKENS_PER_SECOND);
}

/** Result of one decode. */
export interface WhisperText {
  readonly text: string;
  readonly words: readonly AsrWord[];
  /** Mean probability of the tokens of the text, 0–1. */
  readonly confidence: number;
  /** Mean natural logarithm of the same. */
  readonly logProbability: number;
  readonly language: string;
}

export type Doubt = 'empty' | 'loop' | 'tooShort' | 'tooLong' | 'unsure';

/** A stretch of audio of this length holds words. */
const EMPTY_FROM_MS = 1_000;
const SHORT_FROM_MS = 2_500;
/** Slower than this nobody speaks without a pause that would have ended the phrase. */
const MIN_WORDS_PER_SECOND = 0.9;
/** For languages that put no spaces; also for English this is slow. */
const MIN_LETTERS_PER_SECOND = 4;
const MIN_LOOP_LETTERS = 30;
/** So many times the same words in a row. */
const MAX_REPEATS = 4;
/**
 * Mean log probability below which a text is decoded again, as in whisper.cpp: words that were read
 * are about −0.2, hard ones −0.4, invented ones −1
 * (docs/decisions/0022-whisper-low-confidence.md).
 */
const UNSURE_BELOW = -1;

/**
 * Why a text is not believed at first; undefined where it may be right.
 * @param audioMs length of what is not silence in the phrase
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

/** Is a run of one to eight words said too often in a row? Short loops compress little. */
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
 * The better of two texts of one phrase: the one without doubt, else one that says something, else
 * the likelier.
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
