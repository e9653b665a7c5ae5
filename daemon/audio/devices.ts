/**
 * Recording abilities of a machine, as found by the capture adapter. Plain data; daemon/rpc
 * converts it to the answer of `audio/devices`.
 */
import type { Source } from './frame';

export type RecorderName = 'parec' | 'pw-record' | 'arecord' | 'sox' | 'audiotee' | 'ffmpeg';
export type CaptureSource = Extract<Source, 'mic' | 'system'>;

export interface RecordingDevice {
  /** The recorder's device id; passed to `Capture.start`. */
  readonly id: string;
  /** Display name. */
  readonly name: string;
  readonly isDefault: boolean;
  readonly recorder: RecorderName;
}

export interface RecorderState {
  readonly name: RecorderName;
  readonly available: boolean;
  readonly sources: readonly CaptureSource[];
  /** Reason why it is unavailable, and the program or permission that is missing. */
  readonly reason?: string;
}

/** The default device comes first. */
export interface RecordingAbilities {
  readonly microphones: readonly RecordingDevice[];
  readonly systems: readonly RecordingDevice[];
  readonly recorders: readonly RecorderState[];
  /**
   * One sentence for each source that cannot be recorded: the name of the missing program or
   * permission.
   */
  readonly advice: readonly string[];
}
