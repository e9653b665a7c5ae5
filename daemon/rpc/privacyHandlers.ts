/** `privacy/*`: retention times and the encryption key. */
import {
  PrivacyRetention,
  PrivacyRotateKey,
  PrivacyStorage,
  PrivacyUnlock,
} from '../../protocol/privacy';
import { defined } from '../base/defined';
import type { RpcDeps } from './deps';
import type { Registry } from './registry';

/** Maximum number of sessions that are counted. */
const COUNTED = 1_000;

export function privacyHandlers(registry: Registry, { sessions, vault, models }: RpcDeps): void {
  registry
    .on(PrivacyRetention, async ({ set }) => {
      if (set) await sessions.setRetention(defined(set));
      return { retention: await sessions.retention() };
    })
    .on(PrivacyStorage, async () => {
      const kept = vault.locked ? [] : await sessions.list({ limit: COUNTED, offset: 0 });
      const oldest = kept.at(-1)?.record.startedAt;
      const installed = (await models.list()).filter(({ status }) => status.state === 'installed');
      return {
        ...vault.usage(),
        modelBytes: installed.reduce((sum, { bytes }) => sum + bytes, 0),
        encrypted: vault.encrypted,
        sessions: kept.length,
        ...(oldest === undefined ? {} : { oldest }),
      };
    })
    .on(PrivacyUnlock, async ({ key }) => {
      if (await vault.unlock(key)) await sessions.recover();
      return { encrypted: vault.encrypted };
    })
    .on(PrivacyRotateKey, ({ key }) => {
      vault.rotate(key);
      return {};
    });
}
