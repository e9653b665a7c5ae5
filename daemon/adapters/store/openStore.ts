/** Opens earmark.db: rights, pragmas, migrations. One that cannot be read is set aside and a fresh one begun. */
import Database from 'libsql';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync } from 'node:fs';
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
  /** Encrypts the database; one that is not encrypted yet is, before it is used. */
  readonly key?: Buffer;
  /** How long a write waits for another process that holds the database; that process is a program a person runs beside Earmark. */
  readonly busySeconds?: number;
}

export interface OpenedStore {
  readonly store: LibsqlStore;
  /** Where the database lies that could not be read; a new one was begun. */
  readonly setAside?: string;
  /** True where a database in the clear was encrypted by this call. */
  readonly encryptedNow?: boolean;
}

/** @throws EarmarkError store.unwritable, store.corrupt (a database of a newer Earmark, or one that cannot be set aside) */
export function openStore({ file, now = Date.now, busySeconds = BUSY_SECONDS, key }: OpenStoreOptions): OpenedStore {
  const how: How = { busySeconds, ...(key ? { key } : {}) };
  const opened = (): LibsqlStore => new LibsqlStore(openDatabase(file, how), () => removeSetAside(file));
  try {
    const encryptedNow = key !== undefined && isInTheClear(file);
    if (encryptedNow) encrypt(file, how);
    return { store: opened(), encryptedNow };
  } catch (error) {
    if (!isCorrupt(error) || (error instanceof EarmarkError && error.details?.['newer'] === true)) throw storeError(error);
    const setAside = `${file}.damaged-${new Date(now()).toISOString().replace(/[:.]/g, '-')}`;
    try {
      for (const ending of ['', '-wal', '-shm']) if (existsSync(file + ending)) renameSync(file + ending, setAside + ending);
      return { store: opened(), setAside };
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

interface How {
  readonly busySeconds: number;
  readonly key?: Buffer;
}

const HEADER = 'SQLite format 3\0';

function isInTheClear(file: string): boolean {
  if (!existsSync(file)) return false;
  const head = Buffer.alloc(HEADER.length);
  const fd = openSync(file, 'r');
  try {
    return readSync(fd, head, 0, head.length, 0) === head.length && head.toString('latin1') === HEADER;
  } finally {
    closeSync(fd);
  }
}

/** Copies a database in the clear into an encrypted one, which takes its place. What a crash leaves half done is done anew. */
function encrypt(file: string, how: How): void {
  openDatabase(file, { busySeconds: how.busySeconds }).close(); // It has every migration, and nothing is in its log.
  const made = `${file}.encrypted`;
  for (const ending of ['', '-wal', '-shm']) rmSync(made + ending, { force: true });
  const db = openDatabase(made, how);
  try {
    db.prepare("ATTACH DATABASE ? AS clear KEY ''").run(file);
    const tables = db.prepare("SELECT name FROM clear.sqlite_master WHERE type = 'table' AND name NOT LIKE 'segment_text%' AND name NOT LIKE 'sqlite_%'").all() as { name: string }[];
    db.exec('PRAGMA foreign_keys = OFF');
    db.transaction(() => {
      for (const { name } of tables) db.exec(`INSERT INTO main."${name}" SELECT * FROM clear."${name}"`);
    })();
    db.exec('DETACH DATABASE clear');
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
  for (const ending of ['-wal', '-shm']) rmSync(file + ending, { force: true });
  renameSync(made, file);
}

function openDatabase(file: string, { busySeconds, key }: How): Database.Database {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600); // SQLite gives -wal and -shm the same rights.
  } catch (cause) {
    throw new EarmarkError('store.unwritable', 'The state folder cannot be written; check its rights, or set EARMARK_HOME to another folder.', { cause });
  }
  const db = new Database(file, { timeout: busySeconds, ...(key ? { encryptionCipher: 'aes256cbc', encryptionKey: key.toString('hex') } : {}) });
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
