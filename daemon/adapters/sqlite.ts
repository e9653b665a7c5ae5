/**
 * SQLite on this machine: libSQL, or plain SQLite if libSQL has no binary (Windows on Arm). Both
 * use the same file format; plain SQLite cannot encrypt. `EARMARK_SQLITE=plain` forces it on any
 * platform.
 */
import type Libsql from 'libsql';
import { cosineDistance, vector8 } from './plainVectors';

/** Used part of a statement; blobs are ArrayBuffers. */
export interface SqliteStatement {
  run(...values: unknown[]): {
    readonly changes: number;
    readonly lastInsertRowid: number | bigint;
  };
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
  iterate(...values: unknown[]): IterableIterator<unknown>;
}

/** Used part of a database. Errors have a `code` such as `SQLITE_BUSY`. */
export interface Sqlite {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
  /** Runs the work in one transaction; an error rolls it back. */
  transaction(work: () => void): () => void;
  close(): unknown;
}

export interface SqliteOptions {
  /** Time that a write waits for another process. */
  readonly busySeconds?: number;
  readonly key?: Buffer;
}

const isPlain = (): boolean =>
  process.env['EARMARK_SQLITE'] === 'plain' ||
  (process.platform === 'win32' && process.arch === 'arm64');

/** False if a key cannot be used; then nothing may be stored unencrypted instead. */
export const canEncrypt = (): boolean => !isPlain();

/** Opens a database, or makes one. @throws an error with a code of SQLite */
export function openSqlite(file: string, { busySeconds, key }: SqliteOptions = {}): Sqlite {
  if (isPlain()) {
    if (key !== undefined) throw new Error('Plain SQLite cannot encrypt.');
    return new PlainSqlite(file, busySeconds ?? 0);
  }
  // Loads the native part, which some platforms lack: only here.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const Database = require('libsql') as typeof Libsql;
  return new Database(file, {
    ...(busySeconds === undefined ? {} : { timeout: busySeconds }),
    ...(key ? { encryptionCipher: 'aes256cbc', encryptionKey: key.toString('hex') } : {}),
  });
}

/** Used part of @photostructure/sqlite, an optional package. */
interface PlainModule {
  readonly DatabaseSync: new (
    file: string,
    options: { readonly timeout: number },
  ) => {
    prepare(sql: string): SqliteStatement;
    exec(sql: string): void;
    function(
      name: string,
      options: { readonly deterministic: boolean },
      work: typeof vector8 | typeof cosineDistance,
    ): void;
    close(): void;
  };
}

class PlainSqlite implements Sqlite {
  private readonly db: InstanceType<PlainModule['DatabaseSync']>;

  constructor(file: string, busySeconds: number) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- As above.
    const { DatabaseSync: Database } = require('@photostructure/sqlite') as PlainModule;
    this.db = coded(() => new Database(file, { timeout: busySeconds * 1_000 }));
    this.db.function('vector8', { deterministic: true }, vector8);
    this.db.function('vector_distance_cos', { deterministic: true }, cosineDistance);
  }

  prepare(sql: string): SqliteStatement {
    const statement = coded(() => this.db.prepare(sql));
    const bound = (values: unknown[]): unknown[] =>
      values.map((value) => (value === undefined ? null : value));
    return {
      run: (...values) => coded(() => statement.run(...bound(values))),
      get: (...values) => asRow(coded(() => statement.get(...bound(values)))),
      all: (...values) => coded(() => statement.all(...bound(values))).map(asRow),
      *iterate(...values) {
        const rows = coded(() => statement.iterate(...bound(values)));
        for (
          let next = coded(() => rows.next());
          next.done !== true;
          next = coded(() => rows.next())
        )
          yield asRow(next.value);
      },
    };
  }

  exec(sql: string): void {
    coded(() => this.db.exec(sql));
  }

  transaction(work: () => void): () => void {
    return () => {
      this.exec('BEGIN');
      try {
        work();
        this.exec('COMMIT');
      } catch (error) {
        this.exec('ROLLBACK');
        throw error;
      }
    };
  }

  close(): void {
    coded(() => this.db.close());
  }
}

function asRow(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return undefined;
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Uint8Array ? value.slice().buffer : value,
    ]),
  );
}

/** Sets `code`, which plain SQLite stores in another field. */
function coded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const name = (error as { sqliteCodeName?: unknown } | undefined)?.sqliteCodeName;
    if (typeof name === 'string') throw Object.assign(error as Error, { code: name });
    throw error;
  }
}
