/**
 * The store of a server of a team whose database has what is final: who runs a session has its
 * lease, and the database refuses whoever had it before. Audio that is not final comes out of the
 * stream.
 */
import { isEarmarkError } from '../../../protocol/errors';
import type { Logger } from '../../base/logger';
import { KeyedMutex } from '../../base/keyedMutex';
import type { SessionStore } from '../../session/ports';
import type { FencedStore, Ownership } from '../../team/ownership';
import type { ReplicatedSpools } from './replicatedSpools';
import type { SessionClaims } from './sessionClaims';
import { endIn } from './sessionStream';

export interface ClaimedSetup {
  readonly database: FencedStore;
  readonly spools: ReplicatedSpools;
  readonly claims: SessionClaims;
  readonly logger: Logger;
}

export function claimedStore({ database, spools, claims, logger }: ClaimedSetup): {
  readonly store: SessionStore;
  readonly ownership: Ownership;
} {
  /**
   * What the database refuses because another server took the session over ends it here. That tells
   * whose it is also while nobody answers for the lease.
   */
  const guarded = async (id: string, write: () => Promise<void>): Promise<void> => {
    try {
      await write();
    } catch (error) {
      if (isEarmarkError(error, 'store.unwritable') && error.details?.['overtaken'] === true)
        claims.overtaken(id);
      throw error;
    }
  };
  const leave = (id: string): void => {
    database.leave(id);
    claims.over(id);
  };
  /** What is written while a lease is claimed waits for it. */
  const turns = new KeyedMutex();
  const own: Partial<SessionStore> = {
    createSession: (record) =>
      turns.take(record.id, async () => {
        await claims.begin(record.id);
        await database.createSession(record);
      }),
    updateSession: (id, change) =>
      turns.take(id, () => guarded(id, () => database.updateSession(id, change))),
    append: (id, events, progress) =>
      turns.take(id, () =>
        guarded(id, async () => {
          await database.append(id, events, progress);
          const end = endIn(events);
          if (end === undefined) return;
          // The audio of one that failed stays, so that it can be tried again.
          if (end === 'DONE') spools.over(id);
          leave(id);
        }),
      ),
    deleteSession: (id) =>
      turns.take(id, async () => {
        leave(id);
        await database.deleteSession(id);
      }),
    purgeSession: (id) =>
      turns.take(id, async () => {
        leave(id);
        return database.purgeSession(id);
      }),
    close: () => turns.afterAll(() => database.close()),
  };
  const store = new Proxy<SessionStore>(database, {
    get: (target, name) => {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const ownership: Ownership = {
    take: async (id) => {
      if (claims.has(id)) return;
      const begun = performance.now();
      await claims.claim(id);
      try {
        await database.takeOver(id);
        await spools.restore(
          id,
          (await database.getSession(id))?.sources.map(({ source }) => source) ?? [],
        );
      } catch (error) {
        claims.release(id);
        throw error;
      }
      logger.info('session.taken', {
        session: id,
        durationMs: Math.round(performance.now() - begun),
      });
    },
    giveUp: async (id) => {
      spools.forget(id);
      database.leave(id);
      await claims.giveUp(id);
    },
    over: leave,
    drain: () => claims.drain(),
    onDidLose: claims.onDidLose,
  };
  return { store, ownership };
}
