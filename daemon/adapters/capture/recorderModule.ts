/**
 * What a recorder module is: node-record-lpcm16 loads it by its absolute path and calls it with
 * these options.
 */
import type { CaptureSource } from '../../audio/devices';
import type { Env } from './programs';

export interface RecorderOptions {
  /**
   * Hz and channels of the samples that come out, s16le; node-record-lpcm16 fills in 16000 and 1.
   */
  readonly sampleRate: number;
  readonly channels: number;
  readonly source: CaptureSource;
  /** Undefined for the system's default. */
  readonly device: string | undefined;
  /** Absolute path of the program. */
  readonly program: string;
  readonly platform: NodeJS.Platform;
  readonly environment: Env;
  /**
   * Facts of the probe that change how the program is called, as `raw` for a pw-record that writes
   * files by default.
   */
  readonly features: readonly string[];
  /** Makes the command end with the daemon; see supervise.ts. */
  supervise(command: PlainCommand): SpawnCommand;
}

export interface PlainCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Env;
}

/** As node-record-lpcm16 takes it. */
export interface SpawnCommand {
  readonly cmd: string;
  readonly args: readonly string[];
  readonly spawnOptions: { readonly env: NodeJS.ProcessEnv; readonly windowsHide: true };
}

/** The module is this function itself: `module.exports = …`. */
export type RecorderModule = (options: RecorderOptions) => SpawnCommand;
