/** Opens earmark.db: rights, pragmas, migrations. One that cannot be read is set aside and a fresh one begun. */
import Database from 'libsql';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EarmarkError } from '../../../protocol/errors';
import { LibsqlStore } from './libsqlStore';
import { MIGRATIONS } from './schema';
import { isCorrupt, storeError } from './storeErrors';

/** Long enough for a look into the database with another tool, short enough that sound does not pile up. */
const BUSY_SECONDS = 2;

export interface OpenStoreOptions {
  /** Path of the database; its folder is made when it is not there. */
  readonly file: string;
  /** Milliseconds since the epoch, for the name of a database that is set aside. */
  readonly now?: () => number;
  /** How long a write waits for another process that holds the database; that process is a program a person runs beside Earmark. */
  readonly busySeconds?: number;
}

export interface OpenedStore {
  readonly store: LibsqlStore;
  /** Where the database lies that could not be read; a new one was begun. */
  readonly setAside?: string;
}

/** @throws EarmarkError store.unwritable, store.corrupt (a database of a newer Earmark, or one that cannot be set aside) */
export function openStore({ file, now = Date.now, busySeconds = BUSY_SECONDS }: OpenStoreOptions): OpenedStore {
  try {
    return { store: new LibsqlStore(openDatabase(file, busySeconds), () => removeSetAside(file)) };
  } catch (error) {
    if (!isCorrupt(error) || (error instanceof EarmarkError && error.details?.['newer'] === true)) throw storeError(error);
    const setAside = `${file}.damaged-${new Date(now()).toISOString().replace(/[:.]/g, '-')}`;
    try {
      for (const ending of ['', '-wal', '-shm']) if (existsSync(file + ending)) renameSync(file + ending, setAside + ending);
      return { store: new LibsqlStore(openDatabase(file, busySeconds), () => removeSetAside(file)), setAside };
    } catch (again) {
      throw storeError(again);
    }
  }
}

/** Damaged databases of earlier, which might hold what is to be purged. @returns how many there were */
function removeSetAside(file: string): number {
  const names = readdirSync(dirname(file)).filter((name) => name.startsWith(`${basename(file)}.damaged-`));
  for (const name of names) rmSync(join(dirname(file), name), { force: true });
  return names.filter((name) => !/-(wal|shm)$/.test(name)).length;
}

function openDatabase(file: string, busySeconds: number): Database.Database {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600); // SQLite gives -wal and -shm the same rights.
  } catch (cause) {
    throw new EarmarkError('store.unwritable', 'The state folder cannot be written; check its rights, or set EARMARK_HOME to another folder.', { cause });
  }
  const db = new Database(file, { timeout: busySeconds });
  try {
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA foreign_keys = ON');
    db.exec('PRAGMA secure_delete = ON');
    migrate(db);
    // Reads a page of every table, so that a file damaged at its root is found now and not in a meeting.
    for (const { name } of db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'segment_text%'").all() as { name: string }[]) db.prepare(`SELECT 1 FROM "${name}" LIMIT 1`).all();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function migrate(db: Database.Database): void {
  const [row] = db.prepare('PRAGMA user_version').all() as { user_version: number }[];
  const version = row?.user_version ?? 0;
  if (version > MIGRATIONS.length) throw new EarmarkError('store.corrupt', 'The database of sessions was written by a newer Earmark; update Earmark.', { details: { newer: true } });
  MIGRATIONS.slice(version).forEach((sql, i) => {
    db.transaction(() => {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${version + i + 1}`);
    })();
  });
}
