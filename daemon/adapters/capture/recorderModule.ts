/**
 * Contract of a recorder module. node-record-lpcm16 loads it by its absolute path and calls it with
 * these options.
 */
import type { CaptureSource } from '../../audio/devices';
import type { Env } from './programs';

export interface RecorderOptions {
  /** Hz and channels of the output, s16le; node-record-lpcm16 sets 16000 and 1. */
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
   * Features that the probe found and that change the command, such as `raw` for a pw-record that
   * writes files by default.
   */
  readonly features: readonly string[];
  /** Wraps the command so that it ends with the daemon; see supervise.ts. */
  supervise(command: PlainCommand): SpawnCommand;
}

export interface PlainCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Env;
}

/** Command in the form of node-record-lpcm16. */
export interface SpawnCommand {
  readonly cmd: string;
  readonly args: readonly string[];
  readonly spawnOptions: { readonly env: NodeJS.ProcessEnv; readonly windowsHide: true };
}

/** The module is this function itself: `module.exports = …`. */
export type RecorderModule = (options: RecorderOptions) => SpawnCommand;
