/**
 * A lock that the operating system releases with its process, also after SIGKILL: an exclusive
 * SQLite transaction on a file. A pid file could be stale.
 */
import { closeSync, openSync } from 'node:fs';
import type { Disposable } from '../base/disposable';
import { openSqlite } from './sqlite';

/**
 * Returns the lock, or undefined while another process or caller holds it. The folder must exist.
 */
export function tryFileLock(path: string): Disposable | undefined {
  closeSync(openSync(path, 'a', 0o600));
  const db = openSqlite(path);
  try {
    // Journal in memory: nothing is written, so a killed process leaves no file beside the lock.
    db.exec('PRAGMA journal_mode=MEMORY; PRAGMA busy_timeout=0; BEGIN EXCLUSIVE;');
  } catch (error) {
    db.close();
    if (
      /locked|busy/i.test(
        error instanceof Error
          ? `${error.message} ${'code' in error ? String(error.code) : ''}`
          : '',
      )
    )
      return undefined;
    throw error;
  }
  return { dispose: () => db.close() };
}
