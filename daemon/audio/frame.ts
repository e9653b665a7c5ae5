/**
 * A frame: 20 ms of one source, 16 kHz mono signed 16-bit. The audio unit before speech detection.
 */

export const SAMPLE_RATE = 16_000;
export const FRAME_SAMPLES = 320;
export const FRAME_MS = 20;

export type Source = 'mic' | 'system' | 'file';

export interface Frame {
  readonly source: Source;
  /** Sequence number from 0. A gap is filled with silence and reported. */
  readonly seq: number;
  /** Capture clock of the first sample in milliseconds since session start. */
  readonly captureMs: number;
  /** 320 samples. Valid during the call only; the receiver copies samples to keep them. */
  readonly pcm: Int16Array;
}
