/**
 * Maps SQLite's errors to the catalogue. No message contains a bound value, which may be spoken
 * text.
 */
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';

/** The code of an SQLite error without its extended part, such as `SQLITE_FULL`; else undefined. */
function sqliteCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_')
    ? /^SQLITE_[A-Z]+/.exec(code)?.[0]
    : undefined;
}

/**
 * Codes of the disk, permissions or another program. Any other error of an intact database means
 * damage: an invalid schema can raise any code.
 */
const REFUSED = [
  'SQLITE_FULL',
  'SQLITE_READONLY',
  'SQLITE_CANTOPEN',
  'SQLITE_PERM',
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_IOERR',
  'SQLITE_NOMEM',
];

export function isCorrupt(error: unknown): boolean {
  const code = sqliteCode(error);
  return (code !== undefined && !REFUSED.includes(code)) || isEarmarkError(error, 'store.corrupt');
}

/** True if another program holds the database. */
export function isBusy({ cause }: EarmarkError): boolean {
  const code = sqliteCode(cause);
  return code === 'SQLITE_BUSY' || code === 'SQLITE_LOCKED';
}

export function storeError(error: unknown): EarmarkError {
  if (isEarmarkError(error)) return error;
  const code = sqliteCode(error);
  switch (code) {
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return new EarmarkError(
        'store.corrupt',
        'The database of sessions is damaged. Restart Earmark: it sets the database ' +
          'aside and creates a new one.',
        { cause: error },
      );
    case 'SQLITE_FULL':
      return new EarmarkError(
        'store.unwritable',
        'The disk is full, so Earmark cannot store sessions; free some space.',
        { cause: error },
      );
    case 'SQLITE_READONLY':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_PERM':
      return new EarmarkError(
        'store.unwritable',
        'Earmark cannot write to the database of sessions; check the permissions of ' +
          'the state folder.',
        { cause: error },
      );
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return new EarmarkError(
        'store.unwritable',
        'Another program is using the database of sessions; close it and try again.',
        { cause: error, retryAfterMs: 1000 },
      );
    case 'SQLITE_IOERR':
      return new EarmarkError(
        'store.unwritable',
        'The disk failed while Earmark wrote a session; check the disk and its free ' + 'space.',
        { cause: error },
      );
    default:
      return new EarmarkError(
        'store.unwritable',
        'Could not use the database of sessions; restart Earmark.',
        { cause: error, ...(code ? { details: { sqlite: code } } : {}) },
      );
  }
}
