/** `privacy/*`: retention times and the encryption key. */
import {
  PrivacyRetention,
  PrivacyRotateKey,
  PrivacyStorage,
  PrivacyUnlock,
} from '../../../protocol/privacy';
import { EarmarkError } from '../../../protocol/errors';
import { defined } from '../../base/defined';
import { type Identity, may, ownerSeen } from '../../base/identity';
import type { RpcDeps } from '../deps';
import type { Registry } from '../registry';

/** Maximum number of sessions that are counted. */
const COUNTED = 1_000;

export function privacyHandlers(registry: Registry, { sessions, vault, models }: RpcDeps): void {
  const disk = async (): Promise<
    ReturnType<RpcDeps['vault']['usage']> & { modelBytes: number }
  > => {
    const installed = (await models.list()).filter(({ status }) => status.state === 'installed');
    return {
      ...vault.usage(),
      modelBytes: installed.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  };
  registry
    .on(PrivacyRetention, async ({ set }, { peer: { identity } }) => {
      const fixed = !may(identity, 'admin');
      if (set && fixed)
        throw new EarmarkError(
          'rpc.forbidden',
          'Only an administrator of the remote daemon can change how long data is stored; you ' +
            'can delete your own meetings.',
          { details: { scope: 'admin' } },
        );
      if (set) await sessions.setRetention(defined(set));
      return { retention: await sessions.retention(), ...(fixed ? { fixed } : {}) };
    })
    .on(PrivacyStorage, async (_params, { peer: { identity } }) => {
      const kept = vault.locked
        ? []
        : await sessions.list({
            limit: COUNTED,
            offset: 0,
            ...defined({ owner: ownerSeen(identity) }),
          });
      const oldest = kept.at(-1)?.record.startedAt;
      return {
        ...(isOfMachine(identity) ? { disk: await disk() } : {}),
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

/** Administers the whole machine, not an organisation on it. */
function isOfMachine(identity: Identity): boolean {
  return (
    may(identity, 'admin') && (identity.kind === 'local' || identity.organisation === undefined)
  );
}
