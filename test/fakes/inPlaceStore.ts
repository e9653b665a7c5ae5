/**
 * The real store without its thread: a call is carried out at once, so that a simulated clock is
 * not overtaken by the disk.
 */
import type { LibsqlStore } from '../../daemon/adapters/store/libsqlStore';
import type { MeaningStore, SessionStore, VoiceStore } from '../../daemon/session/ports';

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
