/** `tokens/*`: who may use this daemon over the network. */
import { TokensCreate, TokensList, TokensRevoke, type TokenInfo } from '../../protocol/tokens';
import type { Token } from '../base/identity';
import type { RpcDeps } from './deps';
import type { Registry } from './registry';

export function tokenHandlers(registry: Registry, { tokens, clock }: RpcDeps): void {
  registry
    .on(TokensCreate, ({ user, scopes, expiresInMs }) => {
      const { token, secret } = tokens.create(user, scopes, expiresInMs === undefined ? undefined : clock.wall() + expiresInMs);
      return { token: secret, info: toInfo(token) };
    })
    .on(TokensList, () => ({ tokens: tokens.list().map(toInfo) }))
    .on(TokensRevoke, ({ id }) => ({ info: toInfo(tokens.revoke(id)) }));
}

function toInfo({ id, user, scopes, createdMs, expiresMs, revokedMs }: Token): TokenInfo {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return { id, user, scopes: [...scopes], createdAt: iso(createdMs), ...(expiresMs === undefined ? {} : { expiresAt: iso(expiresMs) }), ...(revokedMs === undefined ? {} : { revokedAt: iso(revokedMs) }) };
}
