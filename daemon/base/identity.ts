/** Who is on the other side of a connection, what that person may do, and who manages that. */

/** `record` includes `read`; `admin` includes both and sees everybody's sessions. */
export type Scope = 'read' | 'record' | 'admin';

export type Identity =
  /** Whoever may open the private socket: the user the daemon runs as. */
  | { readonly kind: 'local' }
  /** Somebody with a token, over the network. */
  | { readonly kind: 'remote'; readonly user: string; readonly scopes: readonly Scope[]; readonly tokenId: string };

export const LOCAL: Identity = { kind: 'local' };

export function may(identity: Identity, scope: Scope): boolean {
  if (identity.kind === 'local') return true;
  const { scopes } = identity;
  return scopes.includes(scope) || scopes.includes('admin') || (scope === 'read' && scopes.includes('record'));
}

/** Whose sessions this one may see; undefined for everybody's. */
export function ownerSeen(identity: Identity): string | undefined {
  return identity.kind === 'local' || may(identity, 'admin') ? undefined : identity.user;
}

/** Milliseconds since the epoch. */
export interface Token {
  readonly id: string;
  readonly user: string;
  readonly scopes: readonly Scope[];
  readonly createdMs: number;
  readonly expiresMs?: number;
  readonly revokedMs?: number;
}

/** Implemented by the transport. */
export interface Tokens {
  /** @returns the secret, which nobody can read again. @throws EarmarkError rpc.tooMany, store.unwritable */
  create(user: string, scopes: readonly Scope[], expiresMs?: number): { readonly token: Token; readonly secret: string };
  list(): readonly Token[];
  /** Idempotent. @throws EarmarkError token.notFound, store.unwritable */
  revoke(id: string): Token;
}
