/**
 * The store of a server that shares its sessions: what is written goes into the journal of the session first, at the
 * place that this server saw last, then into the database on disk. A session that is not there is made from its journal,
 * when no living server has it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import type { Logger } from '../../base/logger';
import type { SessionStore } from '../../session/ports';
import type { Lease, Leases } from '../../team/leases';
import type { ReplicatedSpools } from './replicatedSpools';
import { type Entry, SESSIONS, allOf, eventsOf, messagesOf } from './sessionStream';
import type { TeamBus } from './teamBus';

export interface JournalSetup<S extends SessionStore> {
  readonly local: S;
  readonly spools: ReplicatedSpools;
  readonly bus: TeamBus;
  readonly leases: Leases;
  /** Of this server. */
  readonly name: string;
  readonly logger: Logger;
}

const PUBLISH_MS = 3_000;
/** A lease of a server that died is free by then. */
const CLAIM_MS = 9_000;
const CLAIM_PAUSE_MS = 200;
const LOCAL_PAGE = 1_000;
/** JetStream: another message is the last one of the subject. */
const WRONG_SEQUENCE = 10071;

interface Held {
  readonly lease: Lease;
  /** Number of the last message of its journal. */
  last: number;
}

/** @returns the store in an object: on its own it would be asked whether it is a promise. `S` keeps what else it can */
export async function journalled<S extends SessionStore>(setup: JournalSetup<S>): Promise<{ readonly store: S }> {
  const journal = new Journal(setup);
  await journal.forgetCopies();
  const { local } = setup;
  const own: Partial<SessionStore> = {
    createSession: async (record) => {
      await journal.begin(record.id, { record });
      await local.createSession(record);
    },
    updateSession: async (id, change) => {
      await journal.write(id, { change });
      await local.updateSession(id, change);
    },
    append: async (id, events, progress = []) => {
      await journal.write(id, { events, progress }, `${id}.${events[0]?.seq ?? 0}`);
      await local.append(id, events, progress);
      if (events.some((event) => event.kind === 'state' && (event.to === 'DONE' || event.to === 'FAILED'))) journal.over(id);
    },
    getSession: async (id) => (await local.getSession(id)) ?? ((await journal.restore(id)) ? local.getSession(id) : undefined),
    deleteSession: async (id) => {
      await journal.drop(id);
      await local.deleteSession(id);
    },
    purgeSession: async (id) => {
      await journal.drop(id);
      return local.purgeSession(id);
    },
  };
  const store = new Proxy(local, {
    get: (target, name) => {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { store };
}

class Journal {
  private readonly held = new Map<string, Held>();
  /** Another server has these now, or may have. */
  private readonly lost = new Set<string>();
  private readonly restoring = new Map<string, Promise<boolean>>();

  constructor(private readonly setup: JournalSetup<SessionStore>) {}

  /** What a former life left on disk may be older than what the team knows. */
  async forgetCopies(): Promise<void> {
    const { local, spools } = this.setup;
    for (const { id } of await local.listSessions({ limit: LOCAL_PAGE, offset: 0, active: true })) {
      if (await this.last(id)) await local.deleteSession(id);
    }
    for (const id of spools.list()) if (await this.last(id)) spools.forget(id);
  }

  async begin(id: string, entry: Entry): Promise<void> {
    if (!this.held.has(id)) this.hold(id, await this.claim(id), 0);
    await this.write(id, entry, `${id}.record`);
  }

  /** @throws EarmarkError store.unwritable; the session's log keeps what it has and tries again */
  async write(id: string, entry: Entry, msgID?: string): Promise<void> {
    if (this.lost.has(id)) throw taken();
    const held = this.held.get(id) ?? (await this.resume(id));
    try {
      const { seq } = await this.setup.bus.js.publish(eventsOf(id), JSON.stringify(entry), { expect: { lastSubjectSequence: held.last }, timeout: PUBLISH_MS, ...(msgID === undefined ? {} : { msgID }) });
      held.last = seq;
    } catch (cause) {
      const code = (cause as { code?: unknown }).code;
      throw code === WRONG_SEQUENCE ? taken(cause) : new EarmarkError('store.unwritable', 'The servers of the team do not take what was said; it waits.', { cause });
    }
  }

  /** It stays in the journal, for whoever is asked for it. */
  over(id: string): void {
    const held = this.held.get(id);
    this.held.delete(id);
    void held?.lease.release();
  }

  async drop(id: string): Promise<void> {
    this.over(id);
    await this.setup.bus.jsm.streams.purge(SESSIONS, { filter: allOf(id) }).catch((cause: unknown) => {
      throw new EarmarkError('store.unwritable', 'The servers of the team do not delete now; try again in a moment.', { cause });
    });
  }

  /** @returns false where there is no such session */
  restore(id: string): Promise<boolean> {
    const running = this.restoring.get(id) ?? this.make(id).finally(() => this.restoring.delete(id));
    this.restoring.set(id, running);
    return running;
  }

  private async make(id: string): Promise<boolean> {
    const { local, spools, bus, logger } = this.setup;
    if (!(await this.last(id))) return false;
    const begun = performance.now();
    const lease = await this.claim(id);
    try {
      let last = 0;
      for await (const { seq, data } of messagesOf(bus, eventsOf(id))) {
        const entry = JSON.parse(Buffer.from(data).toString('utf8')) as Entry;
        if ('record' in entry) await local.createSession(entry.record);
        else if ('change' in entry) await local.updateSession(id, entry.change);
        else await local.append(id, entry.events, entry.progress);
        last = seq;
      }
      const record = await local.getSession(id);
      await spools.restore(id, record?.sources.map(({ source }) => source) ?? []);
      this.hold(id, lease, last);
      logger.info('session.taken', { session: id, durationMs: Math.round(performance.now() - begun) });
      return true;
    } catch (error) {
      await local.deleteSession(id).catch(() => undefined);
      await lease.release();
      throw isEarmarkError(error) ? error : new EarmarkError('store.unwritable', 'The session could not be taken over; try again in a moment.', { cause: error });
    }
  }

  /** A session that was over is revised: it is held again, from where its journal stands. */
  private async resume(id: string): Promise<Held> {
    return this.hold(id, await this.claim(id), (await this.last(id)) ?? 0);
  }

  private hold(id: string, lease: Lease, last: number): Held {
    const held: Held = { lease, last };
    this.held.set(id, held);
    this.lost.delete(id);
    lease.onDidLose(() => this.held.get(id) === held && this.lose(id));
    return held;
  }

  private lose(id: string): void {
    this.held.delete(id);
    this.lost.add(id);
    this.setup.logger.error('session.lost', { session: id });
  }

  /** @throws EarmarkError rpc.timeout where a living server has it */
  private async claim(id: string): Promise<Lease> {
    const until = performance.now() + CLAIM_MS;
    for (;;) {
      const lease = await this.setup.leases.claim(`session.${id}`, this.setup.name);
      if (lease) return lease;
      if (performance.now() > until) throw new EarmarkError('rpc.timeout', 'Another server of the team has this session; try again in a moment.', { retryAfterMs: 2_000 });
      await delay(CLAIM_PAUSE_MS);
    }
  }

  /** Number of the last message of its journal; undefined where there is none. */
  private async last(id: string): Promise<number | undefined> {
    return (await this.setup.bus.jsm.streams.getMessage(SESSIONS, { last_by_subj: eventsOf(id) }))?.seq;
  }
}

function taken(cause?: unknown): EarmarkError {
  return new EarmarkError('store.unwritable', 'Another server goes on with this session.', { cause });
}
