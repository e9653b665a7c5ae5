/**
 * A frame: 20 ms of one source, 16 kHz mono signed 16-bit. The unit of everything before speech.
 */

export const SAMPLE_RATE = 16_000;
export const FRAME_SAMPLES = 320;
export const FRAME_MS = 20;

export type Source = 'mic' | 'system' | 'file';

export interface Frame {
  readonly source: Source;
  /** From 0, one a frame. A hole is filled with silence and reported. */
  readonly seq: number;
  /** Capture clock in milliseconds since session start, of the first sample. */
  readonly captureMs: number;
  /** 320 samples. Not kept by the receiver after the call unless it copies them. */
  readonly pcm: Int16Array;
}
