/** One daemon per state folder, guaranteed by the operating system (see fileLock.ts). */
import { join } from 'node:path';
import type { Disposable } from '../../base/disposable';
import { EarmarkError } from '../../../protocol/errors';
import { tryFileLock } from '../fileLock';

export const LOCK_FILE = 'daemon.lock';

/**
 * Returns the lock, or undefined while another daemon holds it. The folder must exist.
 * @throws EarmarkError store.unwritable
 */
export function tryInstanceLock(stateDir: string): Disposable | undefined {
  try {
    return tryFileLock(join(stateDir, LOCK_FILE));
  } catch (cause) {
    throw new EarmarkError(
      'store.unwritable',
      `Earmark cannot write to the state folder ${stateDir}. Check its permissions, or set ` +
        'EARMARK_HOME to another folder.',
      { cause },
    );
  }
}
