/**
 * The sessions that one server runs: a lease each, and a mark in the stream that says which
 * sessions somebody has to finish. A lease that was lost while the network was away is claimed
 * again; only another server's claim ends it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EarmarkError } from '../../../protocol/errors';
import { Emitter } from '../../base/emitter';
import type { Logger } from '../../base/logger';
import type { Lease, Leases } from '../../team/leases';
import { SESSIONS, type SessionSubjects } from './sessionStream';
import type { TeamBus } from './teamBus';

export interface ClaimsSetup {
  readonly bus: TeamBus;
  readonly leases: Leases;
  readonly subjects: SessionSubjects;
  /** Of this server. */
  readonly name: string;
  readonly logger: Logger;
}

/** A lease of a server that died is free by then. */
const CLAIM_MS = 9_000;
const CLAIM_PAUSE_MS = 200;
const REGAIN_MS = 500;
/** A session waits so long for its mark; a stream without a leader does not answer. */
const MARK_WAIT_MS = 1_000;
const PUBLISH_MS = 3_000;

export class SessionClaims {
  /** Undefined while it is not known whether it is still this server's. */
  private readonly held = new Map<string, Lease | undefined>();
  /** Marks that are not in yet, and whether anybody has to finish their sessions still. */
  private readonly marking = new Map<string, 'open' | 'over'>();
  private readonly lost = new Emitter<string>();
  private draining = false;
  readonly onDidLose = this.lost.event;

  constructor(private readonly setup: ClaimsSetup) {}

  /** Of this server. */
  get name(): string {
    return this.setup.name;
  }

  has(id: string): boolean {
    return this.held.has(id);
  }

  /**
   * Waits for the lease of a server that died; its mark stands until this server's takes its place.
   * @throws EarmarkError rpc.timeout where a living server has it or nobody answers, rpc.draining
   */
  async claim(id: string): Promise<void> {
    const { leases, subjects, name } = this.setup;
    const until = performance.now() + CLAIM_MS;
    for (;;) {
      // Somebody else here was quicker.
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
   * Of a session that is new, so nobody else can have it: where NATS does not answer, as while its
   * nodes choose a leader, it begins all the same, and lease and mark follow. Who keeps it has to
   * have a fence of its own. @throws EarmarkError rpc.draining
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

  /** While the stream's nodes choose a leader it takes nothing: the mark follows. */
  private async markSoon(id: string): Promise<void> {
    await Promise.race([this.markAgain(id), delay(MARK_WAIT_MS)]);
  }

  /** Until it is in, or the session is not this server's any more. */
  private async markAgain(id: string): Promise<void> {
    const underWay = this.marking.has(id);
    this.marking.set(id, 'open');
    if (underWay) return;
    try {
      while (this.held.has(id)) {
        try {
          return await this.mark(id);
        } catch {
          // A process that ends does not wait for it.
          await delay(REGAIN_MS, undefined, { ref: false });
        }
      }
    } finally {
      // It was over meanwhile; one that went to another server has that one's mark.
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

  /** @throws EarmarkError store.unwritable where it may be another server's */
  assertHeld(id: string): void {
    if (this.held.get(id) === undefined)
      throw new EarmarkError(
        'store.unwritable',
        'The server of this session is not known yet. The session waits.',
        { retryAfterMs: REGAIN_MS },
      );
  }

  /** Another server writes it. */
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

  /** Resolves when others can claim it. */
  async giveUp(id: string): Promise<void> {
    const lease = this.held.get(id);
    this.held.delete(id);
    await lease?.release();
  }

  /** Nobody has to finish it any more. */
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

  /** Until it is known who has it. */
  private async regain(id: string): Promise<void> {
    const { leases, subjects, name } = this.setup;
    while (this.held.has(id) && this.held.get(id) === undefined) {
      try {
        const lease = await leases.claim(subjects.lease(id), name);
        if (!this.held.has(id)) return void lease?.release();
        if (lease) return this.hold(id, lease);
        // An own one whose answer was lost runs out; another server's stays.
        const holder = await leases.holder(subjects.lease(id));
        if (holder !== undefined && holder !== name) return this.overtaken(id);
      } catch {
        // Nobody can say so now.
      }
      await delay(REGAIN_MS, undefined, { ref: false });
    }
  }
}
