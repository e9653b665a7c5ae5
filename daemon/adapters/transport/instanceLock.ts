/**
 * One daemon per state folder, guaranteed by the operating system: an exclusive SQLite transaction on `daemon.lock`
 * is held while the process lives and ends with it, SIGKILL included. A pid file would have to be believed.
 */
import Database from 'libsql';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../../base/disposable';

/** The lock, or undefined while another daemon holds it. The folder must exist. */
export function tryInstanceLock(stateDir: string): Disposable | undefined {
  const path = join(stateDir, 'daemon.lock');
  closeSync(openSync(path, 'a', 0o600));
  const db = new Database(path);
  try {
    // Journal in memory: nothing is ever written, so no file beside the lock is left by a killed daemon.
    db.exec('PRAGMA journal_mode=MEMORY; PRAGMA busy_timeout=0; BEGIN EXCLUSIVE;');
  } catch (error) {
    db.close();
    if (/locked|busy/i.test(error instanceof Error ? `${error.message} ${'code' in error ? String(error.code) : ''}` : '')) return undefined;
    throw error;
  }
  return { dispose: () => db.close() };
}
