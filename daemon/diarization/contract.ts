/** Input and output types of diarization. */
import type { Source } from '../audio/frame';

/** Number of values in an embedding of CAM++ (Wang et al. 2023). */
export const EMBEDDING_WIDTH = 192;

/** Speaker embedding: `EMBEDDING_WIDTH` values, unit length. */
export type Embedding = Float32Array;

/** Converts audio to speaker embeddings. Two embeddings of one person have a high cosine. */
export interface SpeakerEmbedder {
  /**
   * @param cuts 16 kHz mono, −1…1, 0.1–10 s each
   * @throws EarmarkError model.*, engine.*
   */
  embed(cuts: readonly Float32Array[]): Promise<readonly Embedding[]>;
}

/** Shape of segmentation 3.0 (Plaquet and Bredin 2023), in samples at 16 kHz. */
export const SEGMENTATION = {
  /** Longest window: ten seconds, as in the model's training. */
  window: 160_000,
  shortest: 1_600,
  /** Distance between two frames. */
  step: 270,
  /** Middle of the first frame. */
  first: 495.5,
  /** Number of local speakers. */
  speakers: 3,
} as const;

/**
 * Finds the active speakers in a short window, among a few local speakers. Speakers may overlap.
 */
export interface SpeakerSegmenter {
  /**
   * @param window 16 kHz mono, −1…1, at most `SEGMENTATION.window` samples
   * @returns for each frame, the active local speakers as bits
   * @throws EarmarkError model.*, engine.*
   */
  segment(window: Float32Array): Promise<Uint8Array>;
}

/** Both models, as in an inference worker. */
export type SpeakerModels = SpeakerEmbedder & SpeakerSegmenter;

/** A part of a stretch of speech, with its embedding. */
export interface VoiceWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly embedding: Embedding;
}

/**
 * Speech between two pauses. Its windows are inside it, in order. No window contains a pause,
 * because speakers change at pauses.
 */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
  readonly windows: readonly VoiceWindow[];
}

/** A stretch of time with one speaker. */
export interface Turn {
  readonly speaker: string;
  readonly source: Source;
  readonly startMs: number;
  readonly endMs: number;
}
