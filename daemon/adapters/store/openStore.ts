/**
 * Opens earmark.db: rights, pragmas, migrations. One that cannot be read is set aside and a fresh
 * one begun.
 */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import { openSqlite, type Sqlite } from '../sqlite';
import { LibsqlStore } from './libsqlStore';
import { ENDINGS, finishReplacing, placeForNew, replaceDatabase } from './replaceDatabase';
import { isDamaged, salvage, type Salvaged } from './salvage';
import { MIGRATIONS } from './schema';
import { isCorrupt, storeError } from './storeErrors';

/**
 * Long enough for a look into the database with another tool, short enough that audio does not pile
 * up.
 */
const BUSY_SECONDS = 2;

export interface OpenStoreOptions {
  /** Path of the database; its folder is made when it is not there. */
  readonly file: string;
  /** Milliseconds since the epoch, for the name of a database that is set aside. */
  readonly now?: () => number;
  /** Encrypts the database; one that is not encrypted yet is, before it is used. */
  readonly key?: Buffer;
  /** Told after each step of setting a database aside; tests end there. */
  readonly onStep?: (step: string) => void;
  /**
   * How long a write waits for another process that holds the database; that process is a program a
   * person runs beside Earmark.
   */
  readonly busySeconds?: number;
}

export interface OpenedStore {
  readonly store: LibsqlStore;
  /** Where the database lies that could not be read; a new one was begun. */
  readonly setAside?: string;
  /** What of it is in the new one; undefined where nothing could be read. */
  readonly salvaged?: Salvaged;
  /** True where a database in the clear was encrypted by this call. */
  readonly encryptedNow?: boolean;
}

/**
 * @throws EarmarkError store.unwritable, store.corrupt (a database of a newer Earmark, or one that
 * cannot be set aside)
 */
export function openStore({
  file,
  now = Date.now,
  busySeconds = BUSY_SECONDS,
  key,
  onStep,
}: OpenStoreOptions): OpenedStore {
  const how: How = { busySeconds, ...(key ? { key } : {}) };
  const opened = (): LibsqlStore =>
    new LibsqlStore(openDatabase(file, how), () => removeSetAside(file));
  try {
    finishReplacing(file);
    const encryptedNow = key !== undefined && isInTheClear(file);
    if (encryptedNow) encrypt(file, how);
    return { store: opened(), encryptedNow };
  } catch (error) {
    if (!isCorrupt(error) || (error instanceof EarmarkError && error.details?.['newer'] === true))
      throw storeError(error);
    const setAside = `${file}.damaged-${new Date(now()).toISOString().replace(/[:.]/g, '-')}`;
    try {
      const salvaged = beginAnew(file, setAside, how, onStep);
      return { store: opened(), setAside, ...(salvaged ? { salvaged } : {}) };
    } catch (again) {
      throw storeError(again);
    }
  }
}

/**
 * The damaged database stays where it is until a new one with all that could be read of it is
 * whole: a start that ends in between loses nothing.
 */
function beginAnew(
  file: string,
  setAside: string,
  how: How,
  onStep: (step: string) => void = () => undefined,
): Salvaged | undefined {
  for (const ending of ENDINGS)
    if (existsSync(file + ending)) copyFileSync(file + ending, setAside + ending);
  onStep('kept');
  const made = placeForNew(file);
  const store = new LibsqlStore(openDatabase(made, how));
  let salvaged: Salvaged | undefined;
  try {
    salvaged = salvageFrom(setAside, store, how);
  } finally {
    store.close();
  }
  onStep('read');
  replaceDatabase(file, made, onStep);
  return salvaged;
}

/**
 * Damaged databases of earlier, which might hold what is to be purged.
 * @returns how many there were
 */
function removeSetAside(file: string): number {
  const names = readdirSync(dirname(file)).filter((name) =>
    name.startsWith(`${basename(file)}.damaged-`),
  );
  for (const name of names) rmSync(join(dirname(file), name), { force: true });
  return names.filter((name) => !/-(wal|shm)$/.test(name)).length;
}

/**
 * Copies what can be read. A first page that makes no sense is replaced by that of a new database:
 * tables lie where the same migrations put them.
 */
function salvageFrom(damaged: string, store: LibsqlStore, how: How): Salvaged | undefined {
  for (const repaired of [false, true]) {
    const copy = `${damaged}.reading`;
    try {
      for (const ending of ['', '-wal'])
        if (existsSync(damaged + ending)) copyFileSync(damaged + ending, copy + ending);
      if (repaired && how.key === undefined) replaceFirstPage(copy);
      const db = openSqlite(copy, how);
      try {
        if (!readable(db)) continue;
        return salvage(db, store);
      } finally {
        db.close();
      }
    } catch (error) {
      // What cannot be read is set aside as a whole: it must not keep the daemon from starting.
      if (isEarmarkError(error, 'store.unwritable')) throw error;
    } finally {
      for (const ending of ENDINGS) rmSync(copy + ending, { force: true });
    }
  }
  return undefined;
}

function readable(db: Sqlite): boolean {
  try {
    db.prepare('SELECT count(*) FROM sessions').all();
    db.prepare('SELECT 1 FROM events LIMIT 1').all();
    return true;
  } catch {
    return false;
  }
}

const PAGE_BYTES = 4096;

function replaceFirstPage(file: string): void {
  const fresh = `${file}.fresh`;
  try {
    openDatabase(fresh, { busySeconds: 1 }).close();
    const page = readFileSync(fresh).subarray(0, PAGE_BYTES);
    page.writeUInt32BE(Math.floor(statSync(file).size / PAGE_BYTES), 28); // Pages of the file.
    page.writeUInt32BE(0, 32); // No free pages: they are not looked at.
    page.writeUInt32BE(0, 36);
    const fd = openSync(file, 'r+');
    writeSync(fd, page, 0, PAGE_BYTES, 0);
    closeSync(fd);
  } finally {
    for (const ending of ENDINGS) rmSync(fresh + ending, { force: true });
  }
}

/**
 * Pages held in memory. What is written goes through them once, and the system keeps the file's
 * pages too: more only grows for hours until it is full.
 */
const CACHE_KIB = 512;

/**
 * A database up to this size, thousands of hours of speech, is read as a whole at every start,
 * about 33 ms a megabyte.
 */
const CHECKED_BYTES = 512 * 1024 * 1024;

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
    return (
      readSync(fd, head, 0, head.length, 0) === head.length && head.toString('latin1') === HEADER
    );
  } finally {
    closeSync(fd);
  }
}

/**
 * Copies a database in the clear into an encrypted one, which takes its place. What a crash leaves
 * half done is done anew.
 */
function encrypt(file: string, how: How): void {
  openDatabase(file, { busySeconds: how.busySeconds }).close(); // It has every migration, and nothing is in its log.
  const made = placeForNew(file);
  const db = openDatabase(made, how);
  try {
    db.prepare("ATTACH DATABASE ? AS clear KEY ''").run(file);
    const tables = db
      .prepare(
        `SELECT name FROM clear.sqlite_master WHERE type = 'table' AND name NOT LIKE 'segment_text%'
          AND name NOT LIKE 'sqlite_%'`,
      )
      .all() as { name: string }[];
    db.exec('PRAGMA foreign_keys = OFF');
    db.transaction(() => {
      for (const { name } of tables)
        db.exec(`INSERT INTO main."${name}" SELECT * FROM clear."${name}"`);
    })();
    db.exec('DETACH DATABASE clear');
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
  replaceDatabase(file, made);
}

function openDatabase(file: string, { busySeconds, key }: How): Sqlite {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600); // SQLite gives -wal and -shm the same rights.
  } catch (cause) {
    throw new EarmarkError(
      'store.unwritable',
      'Earmark cannot write to the state folder. Check its permissions, or set ' +
        'EARMARK_HOME to another folder.',
      { cause },
    );
  }
  const db = openSqlite(file, { busySeconds, ...(key ? { key } : {}) });
  try {
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA foreign_keys = ON');
    db.exec('PRAGMA secure_delete = ON');
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    migrate(db);
    // What is damaged is found now and not in a meeting; a large database is looked at where it is
    // read.
    if (statSync(file).size <= CHECKED_BYTES) {
      repairSearchIndex(db);
      if (isDamaged(db))
        throw new EarmarkError('store.corrupt', 'The database of sessions is damaged.');
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** It is made from the transcript, so one that is wrong is no loss. */
function repairSearchIndex(db: Sqlite): void {
  try {
    db.exec("INSERT INTO segment_text (segment_text, rank) VALUES ('integrity-check', 1)");
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    db.exec("INSERT INTO segment_text (segment_text) VALUES ('rebuild')");
  }
}

function migrate(db: Sqlite): void {
  const [row] = db.prepare('PRAGMA user_version').all() as { user_version: number }[];
  const version = row?.user_version ?? 0;
  if (version > MIGRATIONS.length)
    throw new EarmarkError(
      'store.corrupt',
      'A newer Earmark wrote the database of sessions; update Earmark.',
      { details: { newer: true } },
    );
  MIGRATIONS.slice(version).forEach((sql, i) => {
    db.transaction(() => {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${version + i + 1}`);
    })();
  });
}
