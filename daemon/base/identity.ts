/** Who is on the other side of a connection, what that person may do, and who manages that. */
import type { Event } from './emitter';

/** `record` includes `read`; `admin` includes both and sees everybody's sessions. */
export type AccessScope = 'read' | 'record' | 'admin';

export type Identity =
  /** Whoever may open the private socket: the user the daemon runs as. */
  | { readonly kind: 'local' }
  /** Somebody with a token, over the network. */
  | {
      readonly kind: 'remote';
      readonly user: string;
      readonly scopes: readonly AccessScope[];
      readonly tokenId: string;
      /** Of a team's server; absent where a daemon serves one person's machines. */ readonly organisation?: string;
    };

export const LOCAL: Identity = { kind: 'local' };

export function may(identity: Identity, scope: AccessScope): boolean {
  if (identity.kind === 'local') return true;
  const { scopes } = identity;
  return (
    scopes.includes(scope) ||
    scopes.includes('admin') ||
    (scope === 'read' && scopes.includes('record'))
  );
}

/** Whose sessions this one may see; undefined for everybody's. */
export function ownerSeen(identity: Identity): string | undefined {
  return identity.kind === 'local' || may(identity, 'admin') ? undefined : identity.user;
}

/** Milliseconds since the epoch. */
export interface AccessToken {
  readonly id: string;
  readonly user: string;
  readonly organisation?: string;
  readonly scopes: readonly AccessScope[];
  readonly createdMs: number;
  readonly expiresMs?: number;
  readonly revokedMs?: number;
}

/**
 * `expired`: what was said was good once. `revoked`: so it was, and somebody ended it, or its user.
 */
export type TokenCheck =
  | { readonly kind: 'ok'; readonly token: AccessToken }
  | { readonly kind: 'unknown' | 'revoked' | 'expired' };

/**
 * Says who somebody is that presents a secret. Implemented over a file and over a team's database.
 */
export interface TokenGate {
  /**
   * Takes as long for every secret of the form. @throws EarmarkError store.unwritable when it
   * cannot be said now
   */
  check(secret: string): Promise<TokenCheck>;
  /** Of a token that opened a connection: does it still? */
  recheck(token: AccessToken): Promise<TokenCheck>;
  /**
   * Id of a token that opens nothing any more; other processes' revocations are found by `recheck`.
   */
  readonly onDidRevoke: Event<string>;
}

/**
 * Tokens that somebody may manage: of this daemon, or of one organisation. Revoked ones are kept.
 */
export interface Tokens {
  /**
   *
   * @param by who asks, for the record
   * @returns the secret, which nobody can read again @throws EarmarkError rpc.tooMany,
   * store.unwritable
   */
  create(
    user: string,
    scopes: readonly AccessScope[],
    by: string,
    expiresMs?: number,
  ): Promise<{ readonly token: AccessToken; readonly secret: string }>;
  list(): Promise<readonly AccessToken[]>;
  /** Idempotent. @throws EarmarkError token.notFound, store.unwritable */
  revoke(id: string, by: string): Promise<AccessToken>;
}

/** Who acts, for the record. */
export function nameOf(identity: Identity): string {
  return identity.kind === 'local' ? 'local' : identity.user;
}
