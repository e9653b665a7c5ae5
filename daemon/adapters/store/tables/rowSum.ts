/**
 * A checksum for every row with spoken text. SQLite has none, and a flipped bit in a text changes a
 * word.
 */
import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';

/** Tables with a column `sum`, and the columns of the checksum, as texts joined by line feeds. */
const SUMMED = {
  sessions: [
    'id',
    'key',
    'state',
    'title',
    'provider',
    'model',
    'created_ms',
    'duration_ms',
    'stats',
    'record',
  ],
  events: ['session', 'seq', 'time', 'body'],
  segments: ['session', 'id', 'text', 'body'],
  speakers: ['session', 'id', 'body'],
  insights: ['session', 'id', 'body'],
  progress: ['session', 'source', 'final_through', 'received'],
  voices: ['owner', 'name', 'session', 'kept_ms', 'speech_ms', 'centre'],
} as const;

export type SummedTable = keyof typeof SUMMED;

export function rowSum(...values: readonly (string | number)[]): number {
  return crc32(values.join('\n'));
}

/** Expected checksum of a row. */
export function sumOf(table: SummedTable, row: Row): number {
  return rowSum(...SUMMED[table].map((column) => row[column] ?? ''));
}

/**
 * Text columns and number columns of a table. Texts are read as bytes: the driver ends the process
 * at a text that is not UTF-8.
 */
const COLUMNS: Readonly<
  Record<
    SummedTable | 'settings',
    { readonly texts: readonly string[]; readonly numbers: readonly string[] }
  >
> = {
  sessions: {
    texts: ['id', 'key', 'state', 'title', 'provider', 'model', 'record', 'stats'],
    numbers: ['rowid', 'created_ms', 'duration_ms', 'last_seq', 'last_time', 'segments', 'sum'],
  },
  events: { texts: ['session', 'body'], numbers: ['seq', 'time', 'sum'] },
  segments: { texts: ['session', 'id', 'text', 'body'], numbers: ['n', 'start_ms', 'sum'] },
  speakers: { texts: ['session', 'id', 'body'], numbers: ['rowid', 'sum'] },
  insights: { texts: ['session', 'id', 'body'], numbers: ['rowid', 'sum'] },
  progress: { texts: ['session', 'source', 'received'], numbers: ['final_through', 'sum'] },
  voices: {
    texts: ['owner', 'name', 'session', 'centre'],
    numbers: ['n', 'kept_ms', 'speech_ms', 'sum'],
  },
  settings: { texts: ['name', 'value'], numbers: [] },
};

export type Row = Readonly<Record<string, string | number | null>>;

/**
 * Column list that selects no text as text, even if a damaged row header declares a number as text.
 */
export function selectBytes(table: SummedTable | 'settings'): string {
  const { texts, numbers } = COLUMNS[table];
  const columns = [
    ...texts.map((name) => `CAST("${name}" AS BLOB) AS "${name}"`),
    ...numbers.map(
      (name) =>
        `CASE WHEN typeof(${name}) IN ('integer', 'null') THEN ${name} ELSE x'' END AS ${name}`,
    ),
  ];
  return `SELECT ${columns.join(', ')} FROM "${table}"`;
}

/** Decodes the row's texts; undefined if a text is not UTF-8 or a number is invalid. */
export function rowOf(
  table: SummedTable | 'settings',
  row: Readonly<Record<string, unknown>>,
): Row | undefined {
  const { texts, numbers } = COLUMNS[table];
  const read: Record<string, string | number | null> = {};
  for (const name of texts) {
    const value = row[name];
    if (value === null) read[name] = null;
    else if (value instanceof ArrayBuffer && isUtf8(value))
      read[name] = Buffer.from(value).toString();
    else return undefined;
  }
  for (const name of numbers) {
    const value = row[name];
    if (typeof value !== 'number' && value !== null) return undefined;
    read[name] = value;
  }
  return read;
}

/** A row of an older database has no checksum and counts as intact. */
export function isWhole(table: SummedTable, row: Row): boolean {
  const { sum } = row;
  return sum === null || sum === sumOf(table, row);
}
