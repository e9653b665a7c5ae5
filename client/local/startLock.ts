/**
 * `start.lock` prevents several clients from starting several daemons. It only saves work: the
 * daemon's own lock guarantees a single daemon.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { EarmarkError } from '../../protocol/errors';
import { RESERVE_FILE } from '../../protocol/version';
import type { Disposable } from '../api';
import { assertOwn } from './daemonFile';

/** A lock older than this belongs to a client that hangs or died. */
const STALE_MS = 30_000;

/**
 * Returns the lock, or undefined while another client starts the daemon. Makes the state folder
 * (0700) if necessary.
 */
export function tryStartLock(
  stateDir: string,
  wall: () => number = Date.now,
): Disposable | undefined {
  makeFolder(stateDir);
  assertOwn(stateDir, 0o022);
  const path = join(stateDir, 'start.lock');
  for (let round = 0; round < 2; round++) {
    try {
      makeLock(path);
      return { dispose: () => removeIfOurs(path) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC' && freeReserve(stateDir)) continue;
      if (code !== 'EEXIST') throw cannotWrite(stateDir, error);
      if (!isStale(path, wall())) return undefined;
      unlinkQuietly(path);
    }
  }
  return undefined;
}

function makeFolder(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw cannotWrite(stateDir, cause);
  }
}

/** A read-only folder or disk, or a path that is no folder. */
export function cannotWrite(stateDir: string, cause: unknown): EarmarkError {
  const { code } = cause as NodeJS.ErrnoException;
  return new EarmarkError(
    'store.unwritable',
    code === 'ENOSPC'
      ? `The disk of the state folder ${stateDir} is full; free some space.`
      : `Earmark cannot write to the state folder ${stateDir}. Check its permissions, or set ` +
          'EARMARK_HOME to another folder.',
    { cause },
  );
}

function makeLock(path: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, String(process.pid));
  } catch (error) {
    unlinkQuietly(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

/**
 * On a full disk, deletes the reserve file so that the daemon can start.
 * @returns true if there was a reserve
 */
function freeReserve(stateDir: string): boolean {
  try {
    unlinkSync(join(stateDir, RESERVE_FILE));
    return true;
  } catch {
    return false;
  }
}

function isStale(path: string, now: number): boolean {
  try {
    if (now - statSync(path).mtimeMs > STALE_MS) return true;
    const pid = Number(readFileSync(path, 'utf8'));
    // The file is empty between creation and the write of the pid; its holder is alive.
    return pid > 0 && !isAlive(pid);
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function removeIfOurs(path: string): void {
  try {
    if (readFileSync(path, 'utf8') === String(process.pid)) unlinkSync(path);
  } catch {
    // Another client has already removed the stale lock.
  }
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another client took the lock first.
  }
}
