/**
 * The store of a team server whose database holds all final text. The server of a session holds its
 * lease; the database refuses writes of the former holder. Audio without final text comes from the
 * stream.
 */
import { isEarmarkError } from '../../../protocol/errors';
import type { Logger } from '../../base/logger';
import { KeyedMutex } from '../../base/keyedMutex';
import type { SessionStore } from '../../session/contract/store';
import type { FencedStore } from '../../team/ownership';
import type { Ownership } from '../../session/contract/ownership';
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
   * Ends a session here when the database refuses a write because another server has taken it over.
   * This also works while the lease service does not answer.
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
  /** Writes wait while a lease is being claimed. */
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
          // The audio of a failed session stays for another try.
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
