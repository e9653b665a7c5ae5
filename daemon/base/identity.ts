/** Identity of the peer of a connection, its permissions, and their management. */
import type { Event } from './emitter';

/** `record` includes `read`; `admin` includes both and all users' sessions. */
export type AccessScope = 'read' | 'record' | 'admin';

export type Identity =
  /** A user with access to the private socket: the user of the daemon. */
  | { readonly kind: 'local' }
  /** A user with a token, over the network. */
  | {
      readonly kind: 'remote';
      readonly user: string;
      readonly scopes: readonly AccessScope[];
      readonly tokenId: string;
      /** Set on a team server; absent on a personal daemon. */ readonly organisation?: string;
    };

export const LOCAL: Identity = { kind: 'local' };

export function may(identity: Identity, scope: AccessScope): boolean {
  return identity.kind === 'local' || permits(identity.scopes, scope);
}

function permits(scopes: readonly AccessScope[], scope: AccessScope): boolean {
  return (
    scopes.includes(scope) ||
    scopes.includes('admin') ||
    (scope === 'read' && scopes.includes('record'))
  );
}

/** What a token and its user both permit. A user who loses a scope loses it in every token. */
export function sharedScopes(
  token: readonly AccessScope[],
  user: readonly AccessScope[],
): readonly AccessScope[] {
  return [
    ...new Set([
      ...token.filter((scope) => permits(user, scope)),
      ...user.filter((scope) => permits(token, scope)),
    ]),
  ];
}

/** Does a token permit as much as before? A connection that has more must end. */
export function keepsScopes(before: AccessToken, now: AccessToken): boolean {
  return before.scopes.every((scope) => permits(now.scopes, scope));
}

/** Owner whose sessions this identity may read; undefined for all owners. */
export function ownerSeen(identity: Identity): string | undefined {
  return identity.kind === 'local' || may(identity, 'admin') ? undefined : identity.user;
}

/** A valid token. Times are milliseconds since the epoch. */
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
 * `expired`: the token was valid earlier. `revoked`: the token was valid, and it or its user was
 * disabled.
 */
export type TokenCheck =
  | { readonly kind: 'ok'; readonly token: AccessToken }
  | { readonly kind: 'unknown' | 'revoked' | 'expired' };

/** Checks a secret and returns its identity. Implemented over a file and over a team's database. */
export interface TokenGate {
  /**
   * Takes equal time for every well-formed secret.
   * @throws EarmarkError store.unwritable if the store does not answer
   */
  check(secret: string): Promise<TokenCheck>;
  /** Checks the token of an open connection again. */
  recheck(token: AccessToken): Promise<TokenCheck>;
  /** Fires with the id of a revoked token; `recheck` finds revocations by other processes. */
  readonly onDidRevoke: Event<string>;
}

/** Manageable tokens: of this daemon, or of one organisation. Revoked tokens are kept. */
export interface Tokens {
  /**
   * @param by author, for the record
   * @returns the secret, which cannot be read again
   * @throws EarmarkError rpc.tooMany, store.unwritable
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

/** Name of the acting identity, for the record. */
export function nameOf(identity: Identity): string {
  return identity.kind === 'local' ? 'local' : identity.user;
}

/** Key of the person, over organisations: equal for all connections of a user. */
export function personOf(identity: Identity): string {
  return identity.kind === 'local' ? '' : `${identity.organisation ?? ''}/${identity.user}`;
}
