/**
 * The key of all stored data. A random data key encrypts database and audio. `keyring.json` holds
 * it wrapped by a key from the user, the platform's keychain or the editor. So a key change
 * rewrites no data.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { EarmarkError } from '../../../../protocol/errors';

const FILE = 'keyring.json';
const KEY_BYTES = 32;
/** 32 MB and about 0.1 s for each try (RFC 7914). */
const SCRYPT = { N: 1 << 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

const Keyring = z.object({
  version: z.literal(1),
  keeper: z.enum(['given', 'keychain']),
  salt: z.string(),
  nonce: z.string(),
  tag: z.string(),
  wrapped: z.string(),
});
/** Holder of the key that opens the keyring. */
export type KeyKeeper = z.infer<typeof Keyring>['keeper'];

/** Undefined if nothing is encrypted. @throws EarmarkError store.corrupt */
export function readKeeper(home: string): KeyKeeper | undefined {
  return read(home)?.keeper;
}

/** Content of the keyring, to write it again after its folder was removed. */
export function keyringText(home: string): string {
  return readFileSync(join(home, FILE), 'utf8');
}

export function writeKeyring(home: string, text: string): void {
  const path = join(home, FILE);
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

/** Makes a keyring with a new data key. @returns the data key */
export function createKeyring(home: string, key: string, keeper: KeyKeeper): Buffer {
  const dataKey = randomBytes(KEY_BYTES);
  wrapDataKey(home, dataKey, key, keeper);
  return dataKey;
}

/** Rewrites the keyring so that only this key opens it. */
export function wrapDataKey(home: string, dataKey: Buffer, key: string, keeper: KeyKeeper): void {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', scryptSync(key, salt, KEY_BYTES, SCRYPT), nonce);
  const wrapped = Buffer.concat([cipher.update(dataKey), cipher.final()]);
  const text = (bytes: Buffer): string => bytes.toString('base64');
  const file: z.infer<typeof Keyring> = {
    version: 1,
    keeper,
    salt: text(salt),
    nonce: text(nonce),
    tag: text(cipher.getAuthTag()),
    wrapped: text(wrapped),
  };
  writeKeyring(home, `${JSON.stringify(file)}\n`);
}

/** @throws EarmarkError store.locked for a wrong key */
export function openKeyring(home: string, key: string): Buffer {
  const ring = read(home);
  if (!ring)
    throw new EarmarkError(
      'store.corrupt',
      'keyring.json is missing from the state folder; restore it from a backup.',
    );
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  try {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      scryptSync(key, bytes(ring.salt), KEY_BYTES, SCRYPT),
      bytes(ring.nonce),
    );
    decipher.setAuthTag(bytes(ring.tag));
    return Buffer.concat([decipher.update(bytes(ring.wrapped)), decipher.final()]);
  } catch (cause) {
    throw new EarmarkError(
      'store.locked',
      'This key does not open the stored sessions; use the key that encrypted them.',
      { cause },
    );
  }
}

function read(home: string): z.infer<typeof Keyring> | undefined {
  const path = join(home, FILE);
  if (!existsSync(path)) return undefined;
  try {
    return Keyring.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new EarmarkError(
      'store.corrupt',
      'keyring.json in the state folder is damaged; restore it from a backup.',
      { cause },
    );
  }
}
