/** `tokens/*`: access tokens for network users. */
import { TokensCreate, TokensList, TokensRevoke, type TokenInfo } from '../../../protocol/tokens';
import { nameOf, type AccessToken } from '../../base/identity';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';

export function tokenHandlers(registry: Registry, { tokens, clock }: RpcDeps): void {
  registry
    .on(TokensCreate, async ({ user, scopes, expiresInMs }, { peer }) => {
      const { token, secret } = await tokens.create(
        user,
        scopes,
        nameOf(peer.identity),
        expiresInMs === undefined ? undefined : clock.wall() + expiresInMs,
      );
      return { token: secret, info: toInfo(token) };
    })
    .on(TokensList, async () => ({ tokens: (await tokens.list()).map(toInfo) }))
    .on(TokensRevoke, async ({ id }, { peer }) => ({
      info: toInfo(await tokens.revoke(id, nameOf(peer.identity))),
    }));
}

function toInfo({ id, user, scopes, createdMs, expiresMs, revokedMs }: AccessToken): TokenInfo {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    id,
    user,
    scopes: [...scopes],
    createdAt: iso(createdMs),
    ...(expiresMs === undefined ? {} : { expiresAt: iso(expiresMs) }),
    ...(revokedMs === undefined ? {} : { revokedAt: iso(revokedMs) }),
  };
}
