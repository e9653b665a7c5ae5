/**
 * Secrets of tokens: `earmark_ID_SECRET`, of which only the SHA-256 is kept. A secret is 256 random
 * bits, which nobody can try out, so a slow hash would add nothing.
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

/** The part of a secret that is no secret; undefined for what has another form. */
export function tokenIdOf(secret: string): string | undefined {
  return /^earmark_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/.exec(secret)?.[1];
}

/** Compares in constant time, with nobody's hash where there is none. */
export function presents(secret: string, hash: string = NOBODY): boolean {
  return (
    timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(hash, 'hex')) && hash !== NOBODY
  );
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
