/** Recording abilities of one recorder. */
import type { CaptureSource, RecorderName, RecordingDevice } from '../../audio/devices';
import type { Env } from './programs';

export interface ProbeContext {
  readonly env: Env;
  readonly platform: NodeJS.Platform;
  /** os.release(); on macOS this is Darwin's version. */
  readonly release: string;
  /** The audiotee program of the npm package, if installed. */
  readonly audiotee: string | undefined;
}

/**
 * Probe result of one recorder. Without `program` the recorder cannot be used, and `reason` gives
 * the cause.
 */
export interface Probe {
  readonly name: RecorderName;
  readonly sources: readonly CaptureSource[];
  readonly program?: string;
  readonly reason?: string;
  readonly features?: readonly string[];
  readonly microphones?: readonly RecordingDevice[];
  readonly systems?: readonly RecordingDevice[];
}

export function defaultFirst(devices: readonly RecordingDevice[]): readonly RecordingDevice[] {
  return [...devices.filter((d) => d.isDefault), ...devices.filter((d) => !d.isDefault)];
}
