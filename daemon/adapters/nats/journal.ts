/**
 * The store of a team server without a database. A write goes first into the journal of the
 * session, after the last entry that this server knows, then into the database on disk. A session
 * that is absent here is restored from its journal, if no living server holds it.
 */
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import type { Logger } from '../../base/logger';
import { KeyedMutex } from '../../base/keyedMutex';
import type { SessionRecord } from '../../session/contract/events';
import type { SessionStore } from '../../session/contract/store';
import type { Ownership } from '../../session/contract/ownership';
import type { ReplicatedSpools } from './replicatedSpools';
import type { SessionClaims } from './sessionClaims';
import { endIn, type Entry, messagesOf, SESSIONS, type SessionSubjects } from './sessionStream';
import type { TeamBus } from './teamBus';

export interface JournalSetup<S extends SessionStore> {
  readonly local: S;
  readonly spools: ReplicatedSpools;
  readonly bus: TeamBus;
  readonly subjects: SessionSubjects;
  readonly claims: SessionClaims;
  readonly logger: Logger;
}

const PUBLISH_MS = 3_000;
/** Wait before a refused write is repeated. */
const AGAIN_MS = 1_000;
const LOCAL_PAGE = 1_000;
/** JetStream: the last message of the subject is another one. */
const WRONG_SEQUENCE = 10071;

/** @param S store type with further methods, which stay available */
export async function journalled<S extends SessionStore>(
  setup: JournalSetup<S>,
): Promise<{ readonly store: S; readonly ownership: Ownership }> {
  const journal = new Journal(setup);
  await journal.forgetCopies();
  const { local, claims } = setup;
  /**
   * Each message of a session names its predecessor; the database applies them in the same order.
   */
  const turns = new KeyedMutex();
  const own: Partial<SessionStore> = {
    createSession: (record) =>
      turns.take(record.id, async () => {
        await journal.begin(record);
        await local.createSession(record);
      }),
    updateSession: (id, change) =>
      turns.take(id, async () => {
        await journal.write(id, { change });
        await local.updateSession(id, change);
      }),
    append: (id, events, progress = []) =>
      turns.take(id, async () => {
        // An entry with only progress has no number of its own and may be stored twice.
        await journal.write(id, { events, progress }, events[0] && `${id}.${events[0].seq}`);
        await local.append(id, events, progress);
        const end = endIn(events);
        if (end === undefined) return;
        if (end === 'DONE') setup.spools.over(id);
        claims.over(id);
      }),
    getSession: async (id) =>
      (await local.getSession(id)) ??
      ((await journal.restore(id)) ? local.getSession(id) : undefined),
    deleteSession: (id) =>
      turns.take(id, async () => {
        await journal.drop(id);
        await local.deleteSession(id);
      }),
    purgeSession: (id) =>
      turns.take(id, async () => {
        await journal.drop(id);
        return local.purgeSession(id);
      }),
    close: () => turns.afterAll(() => local.close()),
  };
  const store = new Proxy(local, {
    get: (target, name) => {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const ownership: Ownership = {
    take: async (id) => {
      await claims.claim(id);
      // The local copy may be older than another server's writes.
      if (!(await journal.isCurrent(id))) await journal.make(id);
    },
    giveUp: async (id) => {
      await journal.forget(id);
      await claims.giveUp(id);
    },
    over: (id) => claims.over(id),
    drain: () => claims.drain(),
    onDidLose: claims.onDidLose,
  };
  return { store, ownership };
}

class Journal {
  /** Last message number known to this server, by session. */
  private readonly seen = new Map<string, number>();
  private readonly restoring = new Map<string, Promise<boolean>>();

  constructor(private readonly setup: JournalSetup<SessionStore>) {}

  /** Removes local copies of an earlier process, which may be older than the journal. */
  async forgetCopies(): Promise<void> {
    const { local, spools } = this.setup;
    for (const { id } of await local.listSessions({ limit: LOCAL_PAGE, offset: 0, active: true })) {
      if (await this.last(id)) await local.deleteSession(id);
    }
    for (const id of spools.list()) if (await this.last(id)) spools.forget(id);
  }

  /** Forgets a session that another server continues. */
  async forget(id: string): Promise<void> {
    this.seen.delete(id);
    this.setup.spools.forget(id);
    await this.setup.local.deleteSession(id);
  }

  async begin(record: SessionRecord): Promise<void> {
    await this.setup.claims.claim(record.id);
    if (!this.seen.has(record.id)) this.seen.set(record.id, 0);
    await this.write(record.id, { record }, `${record.id}.record`);
  }

  /** @throws EarmarkError store.unwritable; the session's log keeps the entry and retries */
  async write(id: string, entry: Entry, msgID?: string): Promise<void> {
    const { bus, subjects, claims } = this.setup;
    // An ended session is revised.
    if (!claims.has(id)) await claims.claim(id);
    claims.assertHeld(id);
    const last = this.seen.get(id) ?? (await this.last(id)) ?? 0;
    try {
      const { seq } = await bus.js.publish(subjects.events(id), JSON.stringify(entry), {
        expect: { lastSubjectSequence: last },
        timeout: PUBLISH_MS,
        ...(msgID === undefined ? {} : { msgID: `${claims.name}.${msgID}` }),
      });
      this.seen.set(id, seq);
    } catch (cause) {
      if ((cause as { code?: unknown }).code !== WRONG_SEQUENCE) {
        // The entry may be stored although its answer was lost. While this server holds the lease,
        // the last message is its own.
        this.seen.delete(id);
        throw new EarmarkError(
          'store.unwritable',
          "The team's servers do not accept new text now. It waits on this server.",
          { retryAfterMs: AGAIN_MS, cause },
        );
      }
      claims.overtaken(id);
      throw new EarmarkError('store.unwritable', 'Another server has taken over this session.', {
        cause,
      });
    }
  }

  async drop(id: string): Promise<void> {
    const { bus, subjects, claims } = this.setup;
    claims.release(id);
    this.seen.delete(id);
    await bus.jsm.streams.purge(SESSIONS, { filter: subjects.all(id) }).catch((cause: unknown) => {
      throw new EarmarkError(
        'store.unwritable',
        "The team's servers cannot delete now; try again in a moment.",
        { retryAfterMs: AGAIN_MS, cause },
      );
    });
  }

  async isCurrent(id: string): Promise<boolean> {
    const seen = this.seen.get(id);
    return (
      seen !== undefined &&
      seen === (await this.last(id)) &&
      (await this.setup.local.getSession(id)) !== undefined
    );
  }

  /**
   * Restores a session of another server that has ended or whose server died.
   * @returns false if there is no such session
   */
  restore(id: string): Promise<boolean> {
    const running =
      this.restoring.get(id) ?? this.restoreOnce(id).finally(() => this.restoring.delete(id));
    this.restoring.set(id, running);
    return running;
  }

  private async restoreOnce(id: string): Promise<boolean> {
    const { claims } = this.setup;
    if (!(await this.last(id))) return false;
    await claims.claim(id);
    const state = await this.make(id);
    if (state === 'DONE' || state === 'FAILED') claims.over(id);
    return true;
  }

  /**
   * Rebuilds database and spool from the journal and stream.
   * @returns the state of the session
   */
  async make(id: string): Promise<SessionRecord['state'] | undefined> {
    const { local, spools, bus, subjects, claims, logger } = this.setup;
    const begun = performance.now();
    try {
      await local.deleteSession(id);
      let last = 0;
      for await (const { seq, data } of messagesOf(bus, subjects.events(id))) {
        const entry = JSON.parse(Buffer.from(data).toString('utf8')) as Entry;
        if ('record' in entry) await local.createSession(entry.record);
        else if ('change' in entry) await local.updateSession(id, entry.change);
        else await local.append(id, entry.events, entry.progress).catch(refusedAgain);
        last = seq;
      }
      const record = await local.getSession(id);
      await spools.restore(id, record?.sources.map(({ source }) => source) ?? []);
      this.seen.set(id, last);
      logger.info('session.taken', {
        session: id,
        durationMs: Math.round(performance.now() - begun),
      });
      return record?.state;
    } catch (error) {
      await local.deleteSession(id).catch(() => undefined);
      claims.release(id);
      throw isEarmarkError(error)
        ? error
        : new EarmarkError(
            'store.unwritable',
            'Could not take over the session; try again in a moment.',
            { retryAfterMs: AGAIN_MS, cause: error },
          );
    }
  }

  /** Number of the last message of its journal; undefined without a journal. */
  private async last(id: string): Promise<number | undefined> {
    return (
      await this.setup.bus.jsm.streams.getMessage(SESSIONS, {
        last_by_subj: this.setup.subjects.events(id),
      })
    )?.seq;
  }
}

/**
 * Ignores entries that the database also refused at the first write; the writer received that
 * error.
 */
function refusedAgain(error: unknown): void {
  if (!isEarmarkError(error, 'internal')) throw error;
}
