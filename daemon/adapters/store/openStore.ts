/**
 * Opens earmark.db: permissions, pragmas, migrations. A database that cannot be read is set aside
 * and replaced with a new one.
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
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import { openSqlite, type Sqlite } from '../sqlite';
import { LibsqlStore } from './libsqlStore';
import { keyFileMissing, looksEncrypted } from './encryption/encryptionMark';
import { ENDINGS, finishReplacing, placeForNew, replaceDatabase } from './replaceDatabase';
import { isDamaged, salvage, type Salvaged } from './salvage';
import { MIGRATIONS } from './tables/schema';
import { isCorrupt, storeError } from './storeErrors';

/** Long enough for another tool to read the database, short enough that audio does not pile up. */
const BUSY_SECONDS = 2;

export interface OpenStoreOptions {
  /** Path of the database; its folder is created if absent. */
  readonly file: string;
  /** Milliseconds since the epoch, for the name of a database that is set aside. */
  readonly now?: () => number;
  /** Encrypts the database; an unencrypted database is encrypted before use. */
  readonly key?: Buffer;
  /** Called after each step of setting a database aside; tests stop there. */
  readonly onStep?: (step: string) => void;
  /**
   * Time that a write waits for another process with the database open, such as a program of the
   * user.
   */
  readonly busySeconds?: number;
}

export interface OpenedStore {
  readonly store: LibsqlStore;
  /** Path of the unreadable database; a new one was made. */
  readonly setAside?: string;
  /** Data copied into the new database; undefined if nothing was readable. */
  readonly salvaged?: Salvaged;
  /** True if this call encrypted an unencrypted database. */
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
  const opened = (): LibsqlStore => storeAt(file, how);
  try {
    finishReplacing(file);
    refuseWithoutKey(file, key);
    const encryptedNow = key !== undefined && isInTheClear(file);
    if (encryptedNow) encrypt(file, how);
    return { store: opened(), encryptedNow };
  } catch (error) {
    if (!isCorrupt(error) || (error instanceof EarmarkError && error.details?.['newer'] === true))
      throw storeError(error);
    const time = new Date(now()).toISOString().replace(/[:.]/g, '-');
    const damaged = `${file}.damaged-${time}`;
    try {
      const salvaged = beginAnew(file, damaged, how, onStep);
      const setAside = salvaged ? damaged : renamed(damaged, `${file}${UNREAD}${time}`);
      return { store: opened(), setAside, ...(salvaged ? { salvaged } : {}) };
    } catch (again) {
      throw storeError(again);
    }
  }
}

/** An intact encrypted database cannot be read without its key; it is not damaged. */
function refuseWithoutKey(file: string, key: Buffer | undefined): void {
  if (key === undefined && looksEncrypted(file)) throw keyFileMissing();
}

/**
 * Writes an open database, whose file was removed, to a new path.
 * @returns the store at the new path; the old one is closed
 * @throws EarmarkError store.unwritable; the old store then stays open
 */
export function moveStore(
  from: LibsqlStore,
  { file, busySeconds = BUSY_SECONDS, key }: OpenStoreOptions,
): LibsqlStore {
  const how: How = { busySeconds, ...(key ? { key } : {}) };
  try {
    // A log without its database would be applied to the new one.
    if (existsSync(file)) renamed(file, `${file}${UNREAD}${Date.now()}`);
    else for (const ending of ENDINGS) rmSync(file + ending, { force: true });
    openDatabase(file, how).close();
    from.copyInto(file);
    from.close();
    return storeAt(file, how);
  } catch (error) {
    throw storeError(error);
  }
}

function storeAt(file: string, how: How): LibsqlStore {
  return new LibsqlStore(openDatabase(file, how), {
    remove: () => removeSetAside(file),
    countUnread: () => countUnread(file),
  });
}

/**
 * The damaged database stays in place until a new one with all readable data is complete, so an
 * interrupted start loses nothing.
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

/** A set-aside database of which nothing was read. A purge leaves it to the user. */
const UNREAD = '.unread-';

function renamed(from: string, to: string): string {
  for (const ending of ENDINGS)
    if (existsSync(from + ending)) renameSync(from + ending, to + ending);
  return to;
}

/** Number of set-aside databases of which nothing was read. */
function countUnread(file: string): number {
  return readdirSync(dirname(file)).filter(
    (name) => name.startsWith(`${basename(file)}${UNREAD}`) && !/-(wal|shm)$/.test(name),
  ).length;
}

/**
 * Removes earlier damaged databases, which may hold data to purge. All of their readable data was
 * copied.
 * @returns their number
 */
function removeSetAside(file: string): number {
  const names = readdirSync(dirname(file)).filter((name) =>
    name.startsWith(`${basename(file)}.damaged-`),
  );
  for (const name of names) rmSync(join(dirname(file), name), { force: true });
  return names.filter((name) => !/-(wal|shm)$/.test(name)).length;
}

/**
 * Copies all readable data. An invalid first page is replaced with that of a new database: the same
 * migrations give tables the same places.
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
      // An unreadable database is set aside as a whole: it must not keep the daemon from starting.
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
    page.writeUInt32BE(Math.floor(statSync(file).size / PAGE_BYTES), 28); // File size in pages.
    page.writeUInt32BE(0, 32); // No free pages, so that they are not read.
    page.writeUInt32BE(0, 36);
    const fd = openSync(file, 'r+');
    writeSync(fd, page, 0, PAGE_BYTES, 0);
    closeSync(fd);
  } finally {
    for (const ending of ENDINGS) rmSync(fresh + ending, { force: true });
  }
}

/**
 * Pages held in memory. Written pages pass through once, and the system caches the file too; a
 * larger cache only grows for hours until it is full.
 */
const CACHE_KIB = 512;

/**
 * A database up to this size (thousands of hours of speech) is checked completely at every start,
 * about 33 ms for each megabyte.
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
 * Copies an unencrypted database into an encrypted one, which replaces it. A copy interrupted by a
 * crash is repeated.
 */
function encrypt(file: string, how: How): void {
  openDatabase(file, { busySeconds: how.busySeconds }).close(); // Migrates it, empties its log.
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
    // Finds damage now instead of in a meeting; a large database is checked where it is read.
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

/** Rebuilds a wrong search index from the transcript, without loss. */
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
