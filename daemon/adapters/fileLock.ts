/**
 * A lock that the operating system ends with its process, SIGKILL included: an exclusive SQLite
 * transaction on a file. A pid file would have to be believed.
 */
import { closeSync, openSync } from 'node:fs';
import type { Disposable } from '../base/disposable';
import { openSqlite } from './sqlite';

/**
 * The lock, or undefined while another process, or another caller in this one, holds it. The folder
 * must exist.
 */
export function tryFileLock(path: string): Disposable | undefined {
  closeSync(openSync(path, 'a', 0o600));
  const db = openSqlite(path);
  try {
    // Journal in memory: nothing is ever written, so no file beside the lock is left by a killed
    // process.
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
