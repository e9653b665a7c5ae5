/**
 * The real store without its thread. Calls run at once, so the disk does not lag behind a simulated
 * clock.
 */
import type { LibsqlStore } from '../../daemon/adapters/store/libsqlStore';
import type { MeaningStore } from '../../daemon/session/contract/meanings';
import type { SessionStore } from '../../daemon/session/contract/store';
import type { VoiceStore } from '../../daemon/session/contract/voices';

export function inPlace(store: LibsqlStore): SessionStore & VoiceStore & MeaningStore {
  return new Proxy({} as SessionStore & VoiceStore & MeaningStore, {
    get: (_, name) =>
      name === 'then'
        ? undefined
        : (...args: unknown[]) =>
            new Promise((resolve) =>
              resolve(
                (Reflect.get(store, name) as (...given: unknown[]) => unknown).apply(store, args),
              ),
            ),
  });
}
