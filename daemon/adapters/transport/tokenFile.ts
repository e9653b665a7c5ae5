/**
 * Tokens of remote users in `tokens.json` (0600). Only the SHA-256 of a secret is stored. A secret
 * is 256 random bits, which cannot be guessed, so a slow hash would add nothing.
 */
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { assertOwn } from '../../../client/local/daemonFile';
import { EarmarkError } from '../../../protocol/errors';
import { Emitter } from '../../base/emitter';
import type { AccessScope, AccessToken, TokenCheck, TokenGate, Tokens } from '../../base/identity';
import { newSecret, presents, tokenIdOf } from '../tokenSecret';

interface StoredToken extends AccessToken {
  readonly hash: string;
  readonly createdBy?: string;
  readonly revokedBy?: string;
}

/**
 * Limit of stored tokens, including revoked ones; a new token replaces the oldest revoked or
 * expired token.
 */
const MAX_TOKENS = 1_000;

export class TokenFile implements Tokens, TokenGate {
  private tokens: readonly StoredToken[];
  private readonly revoked = new Emitter<string>();
  /** Fires with the id of a revoked token. */
  readonly onDidRevoke = this.revoked.event;

  /** @throws EarmarkError store.corrupt, rpc.unauthorized */
  constructor(
    private readonly path: string,
    private readonly wall: () => number,
  ) {
    this.tokens = read(path);
  }

  async check(secret: string): Promise<TokenCheck> {
    const id = tokenIdOf(secret);
    const kept = this.tokens.find((t) => t.id === id);
    return presents(secret, kept?.hash) && kept ? this.standing(kept) : { kind: 'unknown' };
  }

  async recheck({ id }: AccessToken): Promise<TokenCheck> {
    const kept = this.tokens.find((t) => t.id === id);
    return kept ? this.standing(kept) : { kind: 'unknown' };
  }

  async create(
    user: string,
    scopes: readonly AccessScope[],
    by: string,
    expiresMs?: number,
  ): Promise<{ token: AccessToken; secret: string }> {
    const room =
      this.tokens.length < MAX_TOKENS
        ? this.tokens
        : withoutOne(this.tokens, (t) => this.standing(t).kind !== 'ok');
    if (room.length >= MAX_TOKENS)
      throw new EarmarkError(
        'rpc.tooMany',
        `There are ${MAX_TOKENS} tokens already; revoke an unused one.`,
      );
    const { id, secret, hash } = newSecret();
    const kept: StoredToken = {
      id,
      user,
      scopes: [...new Set(scopes)],
      createdMs: this.wall(),
      createdBy: by,
      ...(expiresMs === undefined ? {} : { expiresMs }),
      hash,
    };
    this.keep([...room, kept]);
    return { token: publicPart(kept), secret };
  }

  async list(): Promise<readonly AccessToken[]> {
    return this.tokens.map(publicPart);
  }

  async revoke(id: string, by: string): Promise<AccessToken> {
    const kept = this.tokens.find((t) => t.id === id);
    if (!kept)
      throw new EarmarkError(
        'token.notFound',
        'There is no such token; "earmark tokens list" shows the tokens.',
      );
    const after: StoredToken =
      kept.revokedMs === undefined ? { ...kept, revokedMs: this.wall(), revokedBy: by } : kept;
    if (after !== kept) this.keep(this.tokens.map((t) => (t === kept ? after : t)));
    this.revoked.fire(id);
    return publicPart(after);
  }

  private standing(kept: StoredToken): TokenCheck {
    if (kept.revokedMs !== undefined) return { kind: 'revoked' };
    if (kept.expiresMs !== undefined && kept.expiresMs <= this.wall()) return { kind: 'expired' };
    return { kind: 'ok', token: publicPart(kept) };
  }

  private keep(tokens: readonly StoredToken[]): void {
    try {
      writeFileSync(`${this.path}.new`, `${JSON.stringify({ tokens }, undefined, 2)}\n`, {
        mode: 0o600,
        flush: true,
      });
      chmodSync(`${this.path}.new`, 0o600);
      renameSync(`${this.path}.new`, this.path);
    } catch (cause) {
      throw new EarmarkError(
        'store.unwritable',
        `Could not write ${this.path}. Check the disk and the permissions, then try ` + 'again.',
        { cause },
      );
    }
    this.tokens = tokens;
  }
}

function publicPart({
  hash: _,
  createdBy: _by,
  revokedBy: _revokedBy,
  ...token
}: StoredToken): AccessToken {
  return token;
}

function withoutOne<T>(all: readonly T[], which: (one: T) => boolean): readonly T[] {
  const at = all.findIndex(which);
  return at < 0 ? all : [...all.slice(0, at), ...all.slice(at + 1)];
}

const SCOPES = new Set<unknown>(['read', 'record', 'admin']);

/** A damaged file contains no valid token: refusing everyone is safer than admitting anyone. */
function read(path: string): readonly StoredToken[] {
  let text: string;
  try {
    assertOwn(path, 0o077);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const { tokens } = JSON.parse(text) as { tokens: readonly StoredToken[] };
    if (!tokens.every(isKept)) throw new Error('A token is incomplete.');
    return tokens;
  } catch (cause) {
    throw new EarmarkError(
      'store.corrupt',
      `${path} is damaged, so no client can connect over the network. Move it away ` +
        'and create the tokens again.',
      { cause },
    );
  }
}

function isKept(token: StoredToken): boolean {
  const number = (n: unknown): boolean =>
    n === undefined || (typeof n === 'number' && Number.isFinite(n));
  return (
    typeof token.id === 'string' &&
    typeof token.user === 'string' &&
    /^[0-9a-f]{64}$/.test(token.hash) &&
    Array.isArray(token.scopes) &&
    token.scopes.every((s) => SCOPES.has(s)) &&
    number(token.expiresMs) &&
    number(token.revokedMs)
  );
}
