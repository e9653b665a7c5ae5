/**
 * A store for sessions that begin while the database refuses writes. Such sessions stay in memory
 * and are stored before their first event. Their events wait in the session's own log
 * (`eventLog.ts`).
 */
import { isEarmarkError } from '../../../protocol/errors';
import type { SessionRecord } from '../contract/events';
import type { SessionStore } from '../contract/store';

/** Maximum number of sessions that wait in memory. */
const PENDING_MAX = 16;
const NOTHING = { lastSeq: 0, lastTime: 0, segments: 0 } as const;

export interface BufferedStore extends SessionStore {
  /** Reason why the store refuses writes; undefined while it accepts them. */
  readonly refusal: string | undefined;
}

export function bufferedStore(store: SessionStore): BufferedStore {
  const pending = new Map<string, SessionRecord>();
  let refusal: string | undefined;
  /** Remembers a refusal of the store until a write succeeds. */
  const watched = async <T>(write: Promise<T>): Promise<T> => {
    try {
      const result = await write;
      refusal = undefined;
      return result;
    } catch (error) {
      if (isEarmarkError(error, 'store.unwritable')) refusal = error.message;
      throw error;
    }
  };
  return {
    get refusal() {
      return refusal;
    },
    createSession: async (record) => {
      try {
        await watched(store.createSession(record));
      } catch (error) {
        if (!isEarmarkError(error, 'store.unwritable') || pending.size >= PENDING_MAX) throw error;
        pending.set(record.id, record);
      }
    },
    updateSession: async (id, change) => {
      const record = pending.get(id);
      if (!record) return watched(store.updateSession(id, change));
      const { stats: _stats, ...rest } = change;
      pending.set(id, { ...record, ...rest });
    },
    append: async (id, events, progress) => {
      const record = pending.get(id);
      if (record) {
        await watched(store.createSession(record));
        pending.delete(id);
      }
      await watched(store.append(id, events, progress));
    },
    progress: async (id) => (pending.has(id) ? [] : store.progress(id)),
    readEvents: async (id, afterSeq, limit) =>
      pending.has(id) ? [] : store.readEvents(id, afterSeq, limit),
    getSession: async (id) => pending.get(id) ?? store.getSession(id),
    findByKey: async (key) =>
      [...pending.values()].find((record) => record.key === key) ?? store.findByKey(key),
    counts: async (id) => (pending.has(id) ? NOTHING : store.counts(id)),
    stats: async (id) => (pending.has(id) ? {} : store.stats(id)),
    listSessions: async (filter) => {
      const own = [...pending.values()].filter(
        ({ owner }) =>
          filter.active !== false && (filter.owner === undefined || owner === filter.owner),
      );
      const listed = await store.listSessions(filter);
      return filter.offset === 0 ? [...own, ...listed].slice(0, filter.limit) : listed;
    },
    segments: async (id) => (pending.has(id) ? [] : store.segments(id)),
    speakers: async (id) => (pending.has(id) ? [] : store.speakers(id)),
    insights: async (id) => (pending.has(id) ? [] : store.insights(id)),
    search: (query) => store.search(query),
    deleteSession: async (id) => {
      if (!pending.delete(id)) await store.deleteSession(id);
    },
    purgeSession: async (id) =>
      pending.delete(id)
        ? { events: 0, segments: 0, insights: 0, setAside: 0, unread: 0 }
        : store.purgeSession(id),
    forget: (id, kinds) => store.forget(id, kinds),
    tidy: () => watched(store.tidy()),
    setting: (name) => store.setting(name),
    setSetting: (name, value) => watched(store.setSetting(name, value)),
    close: () => store.close(),
  };
}
