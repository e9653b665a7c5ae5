/** Who speaks when: what the room takes in and gives out. */
import type { Source } from '../audio/frame';

/** Values of a voice: 256, unit length (GE2E, Wan et al. 2018). */
export type Embedding = Float32Array;

/**
 * Turns audio into a point by which voices compare: the cosine of two is high where one person
 * speaks in both.
 */
export interface SpeakerEmbedder {
  /**
   *
   * @param cuts 16 kHz mono, −1…1, 0.3–1.6 s each; those of one length cost less together. @throws
   * EarmarkError model.*, engine.*
   */
  embed(cuts: readonly Float32Array[]): Promise<readonly Embedding[]>;
}

/** A part of a stretch of speech, and the voice in it. */
export interface VoiceWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly embedding: Embedding;
}

/**
 * Speech between two pauses. Its windows lie inside it, in order; none crosses a pause, where
 * speakers change.
 */
export interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
  readonly windows: readonly VoiceWindow[];
}

/** One voice from when to when. */
export interface Turn {
  readonly speaker: string;
  readonly source: Source;
  readonly startMs: number;
  readonly endMs: number;
}
