/**
 * Tells whether a state folder was encrypted, without its keyring: by a mark beside the keyring,
 * and by the bytes of database and audio. Nothing may be written unencrypted there, and an
 * encrypted database without its key is not damaged.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { EarmarkError } from '../../../../protocol/errors';
import { spoolFilesIn } from '../spool/fileSpool';
import { ENDINGS } from '../replaceDatabase';
import { isSealed } from '../spool/spoolRecord';

const MARK = 'encrypted';
const KEYRING = 'keyring.json';
export const DATABASE = 'earmark.db';
const HEADER = 'SQLite format 3\0';
/** Bytes of a file that are examined. */
const SAMPLE_BYTES = 256 * 1024;
/** Less cannot be judged. */
const LEAST_BYTES = 4096;
/**
 * Share of the most frequent byte value: about 0.5 % in encrypted pages, and more than 20 % (zeros)
 * in unencrypted pages.
 */
const MOST_FREQUENT = 0.02;

/** Records that data of this folder is encrypted. */
export function markEncrypted(home: string): void {
  const path = join(home, MARK);
  if (existsSync(path)) return;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(path, 'Earmark encrypts the sessions in this folder; keyring.json has the key.\n', {
    mode: 0o600,
    flush: true,
  });
}

export function isMarkedEncrypted(home: string): boolean {
  return existsSync(join(home, MARK));
}

/** True if the bytes of the database or of stored audio are encrypted. */
export function hasEncryptedData(home: string): boolean {
  return (
    looksEncrypted(join(home, DATABASE)) ||
    [join(home, 'spool'), join(home, 'uploads', 'audio')].some(hasSealedAudio)
  );
}

/** True for a database whose pages, or whose log, have no structure. */
export function looksEncrypted(file: string): boolean {
  const head = headOf(file, SAMPLE_BYTES);
  if (head.length >= LEAST_BYTES)
    return !head.subarray(0, HEADER.length).equals(Buffer.from(HEADER)) && isRandom(head);
  const log = headOf(`${file}-wal`, SAMPLE_BYTES);
  return log.length >= LEAST_BYTES && isRandom(log);
}

export function keyFileMissing(): EarmarkError {
  return new EarmarkError(
    'store.locked',
    'The key file keyring.json is missing from the state folder; restore it, or start anew with ' +
      '"earmark daemon start --new-store". The encrypted sessions then stay in a folder of their own.',
  );
}

/**
 * Moves database, audio and keyring into a folder of their own; deletes nothing. The mark stays, so
 * the next start needs a key too. Call only while holding the instance lock.
 * @returns the folder; undefined if there was nothing to move
 */
export function setStoreAside(home: string, nowMs: number): string | undefined {
  const names = [
    ...ENDINGS.map((ending) => `${DATABASE}${ending}`),
    KEYRING,
    'spool',
    'uploads',
  ].filter((name) => existsSync(join(home, name)));
  if (names.length === 0) return undefined;
  if (hasEncryptedData(home) || names.includes(KEYRING)) markEncrypted(home);
  const folder = join(home, `set-aside-${new Date(nowMs).toISOString().replace(/[:.]/g, '-')}`);
  mkdirSync(folder, { mode: 0o700 });
  for (const name of names) renameSync(join(home, name), join(folder, name));
  return folder;
}

function hasSealedAudio(folder: string): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((id) => {
    const session = join(folder, id);
    return (
      statSync(session).isDirectory() &&
      spoolFilesIn(session).some((path) => isSealed(headOf(path, LEAST_BYTES)))
    );
  });
}

function headOf(path: string, bytes: number): Buffer {
  if (!existsSync(path)) return Buffer.alloc(0);
  const head = Buffer.alloc(bytes);
  const fd = openSync(path, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, bytes, 0));
  } finally {
    closeSync(fd);
  }
}

function isRandom(bytes: Buffer): boolean {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  return Math.max(...counts) < bytes.length * MOST_FREQUENT;
}
