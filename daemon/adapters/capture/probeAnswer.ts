/** What one recorder answers when it is asked what it can record. */
import type { CaptureSource, RecorderName, RecordingDevice } from '../../audio/devices';
import type { Env } from './programs';

export interface ProbeContext {
  readonly env: Env;
  readonly platform: NodeJS.Platform;
  /** As os.release() has it; on macOS that is Darwin's version. */
  readonly release: string;
  /** The audiotee program of the npm package, where it is installed. */
  readonly audiotee: string | undefined;
}

/** One recorder's answer. Without `program` it cannot be used, and `reason` says why. */
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
