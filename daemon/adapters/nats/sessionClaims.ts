/**
 * The sessions that one server runs: a lease for each, and a mark in the stream for unfinished
 * sessions. A lease lost with the network is claimed again; only another server's claim ends it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EarmarkError } from '../../../protocol/errors';
import { Emitter } from '../../base/emitter';
import type { Logger } from '../../base/logger';
import type { Lease } from '../../base/lease';
import type { Leases } from '../../team/leases';
import { SESSIONS, type SessionSubjects } from './sessionStream';
import type { TeamBus } from './teamBus';

export interface ClaimsSetup {
  readonly bus: TeamBus;
  readonly leases: Leases;
  readonly subjects: SessionSubjects;
  /** Name of this server. */
  readonly name: string;
  readonly logger: Logger;
}

/** A dead server's lease has expired by then. */
const CLAIM_MS = 9_000;
const CLAIM_PAUSE_MS = 200;
const REGAIN_MS = 500;
/** Time that a session waits for its mark; a stream without a leader does not answer. */
const MARK_WAIT_MS = 1_000;
const PUBLISH_MS = 3_000;

export class SessionClaims {
  /** Undefined while the owner of the lease is unknown. */
  private readonly held = new Map<string, Lease | undefined>();
  /** Marks not stored yet; `open` sessions still need an end, `over` sessions do not. */
  private readonly marking = new Map<string, 'open' | 'over'>();
  private readonly lost = new Emitter<string>();
  private draining = false;
  readonly onDidLose = this.lost.event;

  constructor(private readonly setup: ClaimsSetup) {}

  /** Name of this server. */
  get name(): string {
    return this.setup.name;
  }

  has(id: string): boolean {
    return this.held.has(id);
  }

  /**
   * Waits for a dead server's lease; its mark stays until this server's mark replaces it.
   * @throws EarmarkError rpc.timeout if a living server has it or NATS does not answer,
   * rpc.draining
   */
  async claim(id: string): Promise<void> {
    const { leases, subjects, name } = this.setup;
    const until = performance.now() + CLAIM_MS;
    for (;;) {
      // Another caller in this process was faster.
      if (this.held.has(id)) return;
      this.assertStaying();
      const lease = await leases.claim(subjects.lease(id), name);
      if (lease) {
        this.hold(id, lease);
        return this.markSoon(id);
      }
      if (performance.now() > until)
        throw new EarmarkError(
          'rpc.timeout',
          'Another server of the team has this session; try again in a moment.',
          { retryAfterMs: 1_000 },
        );
      await delay(CLAIM_PAUSE_MS);
    }
  }

  /**
   * Claims a new session, which no other server can have. If NATS does not answer (its nodes elect
   * a leader), the session starts anyway; lease and mark follow. The store then needs a fence of
   * its own. @throws EarmarkError rpc.draining
   */
  async begin(id: string): Promise<void> {
    const { leases, subjects, name } = this.setup;
    this.assertStaying();
    const lease = await leases.claim(subjects.lease(id), name).catch(() => undefined);
    if (lease) this.hold(id, lease);
    else {
      this.held.set(id, undefined);
      void this.regain(id);
    }
    await this.markSoon(id);
  }

  /** While the stream's nodes elect a leader it stores nothing; the mark follows later. */
  private async markSoon(id: string): Promise<void> {
    await Promise.race([this.markAgain(id), delay(MARK_WAIT_MS)]);
  }

  /** Retries until the mark is stored or the session belongs to another server. */
  private async markAgain(id: string): Promise<void> {
    const underWay = this.marking.has(id);
    this.marking.set(id, 'open');
    if (underWay) return;
    try {
      while (this.held.has(id)) {
        try {
          return await this.mark(id);
        } catch {
          // This timer does not keep the process alive.
          await delay(REGAIN_MS, undefined, { ref: false });
        }
      }
    } finally {
      // The session ended in the meantime; a session of another server has that server's mark.
      if (this.marking.get(id) === 'over') this.unmark(id);
      this.marking.delete(id);
    }
  }

  private assertStaying(): void {
    if (this.draining)
      throw new EarmarkError(
        'rpc.draining',
        'This server is making room for another one; connect again.',
        { retryAfterMs: 500 },
      );
  }

  private async mark(id: string): Promise<void> {
    const { bus, subjects, name } = this.setup;
    await bus.js.publish(subjects.open(id), name, { timeout: PUBLISH_MS });
  }

  private unmark(id: string): void {
    const { bus, subjects } = this.setup;
    void bus.jsm.streams.purge(SESSIONS, { filter: subjects.open(id) }).catch(() => undefined);
  }

  /** @throws EarmarkError store.unwritable if the session may be another server's */
  assertHeld(id: string): void {
    if (this.held.get(id) === undefined)
      throw new EarmarkError(
        'store.unwritable',
        'The server of this session is not known yet. The session waits.',
        { retryAfterMs: REGAIN_MS },
      );
  }

  /** Another server writes the session. */
  overtaken(id: string): void {
    if (!this.held.has(id)) return;
    this.release(id);
    this.setup.logger.error('session.lost', { session: id });
    this.lost.fire(id);
  }

  release(id: string): void {
    const lease = this.held.get(id);
    this.held.delete(id);
    void lease?.release();
  }

  /** Resolves when other servers can claim the session. */
  async giveUp(id: string): Promise<void> {
    const lease = this.held.get(id);
    this.held.delete(id);
    await lease?.release();
  }

  /** The session is finished. */
  over(id: string): void {
    if (this.marking.has(id)) this.marking.set(id, 'over');
    this.unmark(id);
    this.release(id);
  }

  drain(): void {
    this.draining = true;
  }

  private hold(id: string, lease: Lease): void {
    this.held.set(id, lease);
    lease.onDidLose(() => {
      if (this.held.get(id) !== lease) return;
      this.held.set(id, undefined);
      void this.regain(id);
    });
  }

  /** Retries until the owner is known. */
  private async regain(id: string): Promise<void> {
    const { leases, subjects, name } = this.setup;
    while (this.held.has(id) && this.held.get(id) === undefined) {
      try {
        const lease = await leases.claim(subjects.lease(id), name);
        if (!this.held.has(id)) return void lease?.release();
        if (lease) return this.hold(id, lease);
        // This server's own lease without an answer expires; another server's stays.
        const holder = await leases.holder(subjects.lease(id));
        if (holder !== undefined && holder !== name) return this.overtaken(id);
      } catch {
        // The owner is unknown now.
      }
      await delay(REGAIN_MS, undefined, { ref: false });
    }
  }
}
