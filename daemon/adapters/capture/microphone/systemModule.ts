/** Contract of a system's module: how the system reports the programs that use the microphone. */
import type { Disposable } from '../../../base/disposable';
import type { Env } from '../programs';

/** One recording stream of a program. */
export interface MicrophoneStream {
  readonly id: string;
  readonly name: string;
  /** Undefined if the system gives no process. */
  readonly pid?: number;
}

export interface ModuleContext {
  readonly env: Env;
  readonly platform: NodeJS.Platform;
}

export interface ModuleEvents {
  /** Receives all current streams. */
  onStreams(streams: readonly MicrophoneStream[]): void;
  /** The module ended by itself, for example with the sound server. */
  onEnd(): void;
}

/**
 * Starts a module.
 * @returns undefined if this machine lacks a program that the module needs
 */
export type SystemModule = (
  context: ModuleContext,
  events: ModuleEvents,
) => Promise<Disposable | undefined>;

/** A name is a line of this length at most; programs choose their names freely. */
const NAME_MAX = 100;

/** Display name on one line, without control characters. */
export const plainName = (name: string): string =>
  name
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, NAME_MAX);
