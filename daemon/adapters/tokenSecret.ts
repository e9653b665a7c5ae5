/**
 * Secrets of tokens: `earmark_ID_SECRET`; only the SHA-256 is stored. A secret is 256 random bits,
 * which cannot be guessed, so a slow hash would add nothing.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const NOBODY = '0'.repeat(64);

export function newSecret(): {
  readonly id: string;
  readonly secret: string;
  readonly hash: string;
} {
  const id = randomBytes(6).toString('hex');
  const secret = `earmark_${id}_${randomBytes(32).toString('base64url')}`;
  return { id, secret, hash: hashOf(secret) };
}

/** The public part of a secret; undefined for another form. */
export function tokenIdOf(secret: string): string | undefined {
  return /^earmark_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/.exec(secret)?.[1];
}

/** Compares in constant time; uses a dummy hash for an unknown token. */
export function presents(secret: string, hash: string = NOBODY): boolean {
  return (
    timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(hash, 'hex')) && hash !== NOBODY
  );
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
