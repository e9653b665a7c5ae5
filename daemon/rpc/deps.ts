/** What the handlers are built from. `compose.ts` gives the real things, tests give fakes. */
import type { AnalyzerFactory } from '../analysis/types';
import type { Clock } from '../base/clock';
import type { Logger } from '../base/logger';
import type { Models } from '../models/api';
import type { Sessions } from '../session/api';
import type { ManagedSpeechEngine } from '../asr/speechEngineApi';

/** What this machine can record with, as `audio/devices` tells it. */
export interface RecordingDevices {
  readonly microphones: readonly RecordingDevice[];
  readonly systems: readonly RecordingDevice[];
  readonly recorders: readonly { readonly name: string; readonly available: boolean; readonly sources: readonly ('mic' | 'system')[]; readonly reason?: string | undefined }[];
  readonly advice: readonly string[];
}

export interface RecordingDevice {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly recorder: string;
}

/** The process that the handlers run in. */
export interface DaemonControl {
  readonly version: string;
  readonly pid: number;
  readonly draining: boolean;
  uptimeMs(): number;
  rssBytes(): number;
  /** Sentences for the user. */
  problems(): Promise<readonly string[]>;
  /** Starts the end; answers how many sessions still ran. */
  drain(withinMs: number): number;
  shutdown(): void;
}

export interface RpcDeps {
  readonly sessions: Sessions;
  readonly models: Models;
  readonly engine: Pick<ManagedSpeechEngine, 'provider' | 'model' | 'state' | 'loadMs' | 'error' | 'rtf' | 'workers'>;
  readonly analyzers: AnalyzerFactory;
  readonly devices: { list(): Promise<RecordingDevices> };
  readonly control: DaemonControl;
  readonly clock: Clock;
  readonly logger: Logger;
}
