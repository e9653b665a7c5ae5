/** `privacy/*`: how long what is kept may be kept, and its key. */
import { PrivacyRetention, PrivacyRotateKey, PrivacyUnlock } from '../../protocol/privacy';
import { defined } from './convert';
import type { RpcDeps } from './deps';
import type { Registry } from './registry';

export function privacyHandlers(registry: Registry, { sessions, vault }: RpcDeps): void {
  registry
    .on(PrivacyRetention, ({ set }) => {
      if (set) sessions.retention = defined(set);
      return { retention: sessions.retention };
    })
    .on(PrivacyUnlock, ({ key }) => {
      if (vault.unlock(key)) sessions.recover();
      return { encrypted: vault.encrypted };
    })
    .on(PrivacyRotateKey, ({ key }) => {
      vault.rotate(key);
      return {};
    });
}
