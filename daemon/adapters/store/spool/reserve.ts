/**
 * A file that reserves disk space. It is deleted when the disk is full, so that the daemon can
 * start, be found, and write text, which is small, when audio has no space. It is recreated when
 * there is plenty.
 */
import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { RESERVE_FILE } from '../../../../protocol/version';
import type { Clock } from '../../../base/clock';
import type { Disposable } from '../../../base/disposable';
import type { Logger } from '../../../base/logger';

const RESERVE_BYTES = 2 * 1024 * 1024;
/** Less free space than this counts as full. */
const FULL_BYTES = 1024 * 1024;
/** More free space than this counts as plenty. */
const PLENTY_BYTES = 500_000_000;
const EVERY_MS = 5_000;

/** Frees the reserve if the disk is full. Call before any write. */
export function freeReserve(home: string): boolean {
  const path = join(home, RESERVE_FILE);
  try {
    if (freeBytes(home) >= FULL_BYTES || statSync(path).size === 0) return false;
    rmSync(path);
    return true;
  } catch {
    // No folder or no reserve yet.
    return false;
  }
}

export function watchReserve(home: string, clock: Clock, logger: Logger): Disposable {
  const look = (): void => {
    try {
      if (freeReserve(home)) logger.warn('disk.reserveFreed');
      else if (freeBytes(home) > PLENTY_BYTES) fill(join(home, RESERVE_FILE));
    } catch (error) {
      logger.warn('disk.noReserve', { error: (error as NodeJS.ErrnoException).code ?? 'unknown' });
    }
  };
  look();
  return clock.setInterval(look, EVERY_MS);
}

/** Writes real bytes: a sparse file would reserve no space. */
function fill(path: string): void {
  const fd = openSync(path, 'a', 0o600);
  try {
    const missing = RESERVE_BYTES - statSync(path).size;
    if (missing > 0) writeSync(fd, Buffer.alloc(missing, 0x65));
  } finally {
    closeSync(fd);
  }
}

function freeBytes(home: string): number {
  const { bavail, bsize } = statfsSync(home);
  return bavail * bsize;
}
