/** One daemon per state folder, guaranteed by the operating system (see fileLock.ts). */
import { join } from 'node:path';
import type { Disposable } from '../../base/disposable';
import { tryFileLock } from '../fileLock';

/** Returns the lock, or undefined while another daemon holds it. The folder must exist. */
export function tryInstanceLock(stateDir: string): Disposable | undefined {
  return tryFileLock(join(stateDir, 'daemon.lock'));
}
