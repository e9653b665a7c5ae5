/** Input and output types of diarization. */
import type { Source } from '../audio/frame';

/** Values of an embedding of CAM++ (Wang et al. 2023). */
export const EMBEDDING_WIDTH = 192;

/** The direction of a voice: `EMBEDDING_WIDTH` values of unit length. */
export type Embedding = Float32Array;

/** Converts audio to speaker embeddings. Two embeddings of one person have a high cosine. */
export interface SpeakerEmbedder {
  /**
   *
   * @param cuts 16 kHz mono, −1…1, 0.1–10 s each. @throws EarmarkError model.*, engine.*
   */
  embed(cuts: readonly Float32Array[]): Promise<readonly Embedding[]>;
}

/** Shape of segmentation 3.0 (Plaquet and Bredin 2023), in samples at 16 kHz. */
export const SEGMENTATION = {
  /** Longest window, ten seconds, which the model was trained on. */
  window: 160_000,
  shortest: 1_600,
  /** From one frame to the next. */
  step: 270,
  /** Middle of the first frame. */
  first: 495.5,
  /** Local speakers. */
  speakers: 3,
} as const;

/** Tells in short windows who of a few local speakers talks, overlap included. */
export interface SpeakerSegmenter {
  /**
   * @param window 16 kHz mono, −1…1, at most `SEGMENTATION.window` samples
   * @returns for each frame the local speakers that talk, a bit each. @throws EarmarkError model.*,
   * engine.*
   */
  segment(window: Float32Array): Promise<Uint8Array>;
}

/** Both, as an inference worker has them. */
export type SpeakerModels = SpeakerEmbedder & SpeakerSegmenter;

/** A part of a stretch of speech, and the voice in it. */
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
