/** Speech detection as the segmenter sees it. */
import type { Source } from '../audio/frame';

/** Samples in one VAD window: 32 ms at 16 kHz, as Silero v6 takes it. */
export const VAD_WINDOW = 512;

/**
 * Probability of speech for windows of one source, in order. Implementations keep the recurrent state of each source stream.
 */
export interface SpeechDetector {
  /** @param windows n × 512 samples, −1…1. @returns n probabilities, 0–1. */
  detect(windows: Float32Array): Promise<Float32Array>;
  reset(): void;
  dispose(): void;
}

export interface SpeechDetectorFactory {
  create(source: Source): SpeechDetector;
}

/** A stretch of speech that is decoded once. */
export interface Phrase {
  /** The id its segment will have. */
  readonly id: string;
  readonly source: Source;
  /** Milliseconds since session start of the first sample, pre-roll included. */
  readonly startMs: number;
  readonly endMs: number;
  /** End of the last window that was called speech. */
  readonly speechEndMs: number;
  readonly pcm: Float32Array;
  /** Why it ended: silence, the cap on length (its continuation follows at once), or a flush. */
  readonly cause: 'silence' | 'cap' | 'flush';
}
