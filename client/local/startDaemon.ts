/**
 * Starts the daemon as a separate process that outlives the client. Reports the reason if the start
 * fails.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EarmarkError } from '../../protocol/errors';
import type { DaemonCommand } from '../api';
import { cannotWrite } from './startLock';

export interface StartingDaemon {
  /**
   * Set if the process ended before it was reachable. Exit code 0 means that another daemon already
   * runs.
   */
  readonly failure: EarmarkError | undefined;
}

/**
 * Memory settings of the daemon: a young generation of 8 MB for short collections; compacting full
 * collections; one glibc heap that returns free memory. Other platforms ignore the glibc variables.
 * Measurements: docs/decisions/0044-daemon-memory.md.
 */
export const DAEMON_MEMORY = {
  flags: ['--max-semi-space-size=8', '--no-parallel-scavenge', '--compact-on-every-full-gc'],
  env: { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' },
} as const;

export async function startDaemon(
  command: DaemonCommand,
  stateDir: string,
): Promise<StartingDaemon> {
  const secrets = await command.secrets?.();
  const logs = join(stateDir, 'logs');
  const startLog = join(logs, 'start.log');
  // A file instead of a pipe: the daemon writes after this client is gone.
  const stderr = openLog(stateDir, startLog);
  let failure: EarmarkError | undefined;
  try {
    const child = spawn(
      command.command,
      [...DAEMON_MEMORY.flags, ...command.args, '--home', stateDir],
      {
        detached: true,
        stdio: ['ignore', 'ignore', stderr],
        env: { ...process.env, ...DAEMON_MEMORY.env, ...command.env, ...secrets },
        // Not the client's folder, which the user may want to delete.
        cwd: stateDir,
        windowsHide: true,
      },
    );
    child.on(
      'error',
      (cause) =>
        (failure = failed(`Could not run "${command.command}"; reinstall Earmark.`, cause)),
    );
    child.on('exit', (code) => {
      if (code !== 0)
        failure = failed(lastLine(startLog) ?? `the process ended at once; see ${startLog}.`);
    });
    child.unref();
  } finally {
    closeSync(stderr);
  }
  return {
    get failure() {
      return failure;
    },
  };
}

function openLog(stateDir: string, path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'w', 0o600);
  } catch (cause) {
    throw cannotWrite(stateDir, cause);
  }
}

function failed(reason: string, cause?: unknown): EarmarkError {
  return new EarmarkError(
    'daemon.startFailed',
    `The Earmark daemon did not start: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}

/** Last line of stderr; a daemon that cannot start writes its reason there. */
function lastLine(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').slice(-4000).trim().split('\n').at(-1) || undefined;
  } catch {
    return undefined;
  }
}
