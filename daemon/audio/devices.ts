/**
 * What a machine can record with, as the capture adapter finds it. Plain data; daemon/rpc turns it
 * into the answer of `audio/devices`.
 */
import type { Source } from './frame';

export type RecorderName = 'parec' | 'pw-record' | 'arecord' | 'sox' | 'audiotee' | 'ffmpeg';
export type CaptureSource = Extract<Source, 'mic' | 'system'>;

export interface RecordingDevice {
  /** What the recorder takes as its device; given back to `Capture.start`. */
  readonly id: string;
  /** What a person calls it. */
  readonly name: string;
  readonly isDefault: boolean;
  readonly recorder: RecorderName;
}

export interface RecorderState {
  readonly name: RecorderName;
  readonly available: boolean;
  readonly sources: readonly CaptureSource[];
  /** Why it is not available, and what to install or permit. */
  readonly reason?: string;
}

/** Devices stand with the one first that is used when none is named. */
export interface RecordingAbilities {
  readonly microphones: readonly RecordingDevice[];
  readonly systems: readonly RecordingDevice[];
  readonly recorders: readonly RecorderState[];
  /** One sentence for each source that cannot be recorded: what to install or permit, by name. */
  readonly advice: readonly string[];
}
