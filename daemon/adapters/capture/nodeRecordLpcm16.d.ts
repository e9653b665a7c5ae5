/** Types of node-record-lpcm16 1.0.1 that Earmark uses. */
declare module 'node-record-lpcm16' {
  import type { ChildProcess } from 'node:child_process';
  import type { Readable } from 'node:stream';

  export interface Recording {
    readonly process: ChildProcess;
    stream(): Readable;
    stop(): void;
  }
  /**
   * Spawns immediately.
   * @param options.recorder absolute path of a module `(options) => {cmd, args, spawnOptions}`
   */
  export function record(options: { recorder: string } & Record<string, unknown>): Recording;
}
