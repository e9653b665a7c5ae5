/**
 * `start.lock` keeps ten clients that find no daemon from starting ten. It only saves work: that
 * there is one daemon is guaranteed by the lock that the daemon itself holds while it lives.
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
import { RESERVE_FILE } from '../protocol/version';
import type { Disposable } from './api';
import { assertOwn } from './daemonFile';

/** A lock older than this belongs to a client that hangs or died. */
const STALE_MS = 30_000;

/**
 * The lock, or undefined while another client is starting the daemon. Makes the state folder (0700)
 * where it must.
 */
export function tryStartLock(
  stateDir: string,
  wall: () => number = Date.now,
): Disposable | undefined {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  assertOwn(stateDir, 0o022);
  const path = join(stateDir, 'start.lock');
  for (let round = 0; round < 2; round++) {
    try {
      makeLock(path);
      return { dispose: () => removeIfOurs(path) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC' && freeReserve(stateDir)) continue;
      if (code !== 'EEXIST') throw error;
      if (!isStale(path, wall())) return undefined;
      unlinkQuietly(path);
    }
  }
  return undefined;
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
 * The disk is full: what the daemon set aside for this gives the room to start it.
 * @returns whether there was something
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
    // Between creation and the write of the pid the file is empty; that holder is alive.
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
    // Already gone: somebody found it stale.
  }
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another client was quicker.
  }
}
