/**
 * Sessions that come to this server from another one of the team, and that leave it: at its end,
 * each as it is; what another one took; what nobody comes for.
 */
import { type Disposable, DisposableStore } from '../base/disposable';
import { Emitter } from '../base/emitter';
import { placeOf } from '../base/placeOf';
import type { KeyedMutex } from '../base/keyedMutex';
import type { Lease } from '../team/leases';
import type { Ownership } from '../team/ownership';
import type { SessionManagerDeps } from './deps';
import type { SessionRecord } from './events';
import { isOpen } from './record';
import type { Session } from './session';
import { within } from './wait';

export interface SessionHandoverSetup {
  readonly ownership: Ownership;
  readonly deps: Pick<SessionManagerDeps, 'store' | 'clock' | 'logger'>;
  /** One change of a session at a time. */
  readonly turns: KeyedMutex;
  readonly running: () => readonly string[];
  /** Takes it where it is open and not here. */
  readonly here: (sessionId: string) => Promise<Session | undefined>;
  readonly has: (sessionId: string) => boolean;
  readonly reopen: (record: SessionRecord) => Promise<Session>;
  /** Sessions that count towards their user's limit. */
  readonly place: (owner: string | undefined) => Promise<Lease | undefined>;
  readonly letGo: (sessionId: string) => void;
  /** Ends it here, without finishing it; resolves when nothing of it is open. */
  readonly takeOff: (sessionId: string) => Promise<void>;
  /** Deletes it. */
  readonly remove: (sessionId: string) => Promise<void>;
}

export class SessionHandover implements Disposable {
  private readonly disposables = new DisposableStore();
  private readonly moved = this.disposables.add(new Emitter<string>());
  /**
   * Sessions that are being started, or taken: where this server ends they are given up as well.
   */
  private readonly coming = new Set<Promise<unknown>>();
  readonly onDidMove = this.moved.event;

  constructor(private readonly setup: SessionHandoverSetup) {
    this.disposables.add(setup.ownership.onDidLose((id) => void this.giveUp(id)));
  }

  async whileComing<T>(work: Promise<T>): Promise<T> {
    this.coming.add(work);
    try {
      return await work;
    } finally {
      this.coming.delete(work);
    }
  }

  /**
   *
   * @returns undefined where it was over by the time. @throws EarmarkError rpc.timeout where
   * another server has it, rpc.draining
   */
  take(sessionId: string): Promise<Session | undefined> {
    return this.whileComing(this.takeOne(sessionId));
  }

  /**
   * One that nobody came for. What never began is no session; one that is over leaves nothing to be
   * done.
   */
  async finish(sessionId: string): Promise<void> {
    const { deps, here } = this.setup;
    const record = await deps.store.getSession(sessionId);
    const session = record && isOpen(record.state) ? await here(sessionId) : undefined;
    if (!session) return this.clearAway(sessionId);
    if (session.log.attachmentCount > 0) return;
    session.stop('orphaned');
    await session.whenEnded;
  }

  /** Sessions not released in time are free when this server's lease expires. */
  async giveUpAll(withinMs: number): Promise<void> {
    const { ownership, running, deps } = this.setup;
    const { clock, logger } = deps;
    ownership.drain();
    const begun = clock.now();
    let count = 0;
    const all = async (): Promise<void> => {
      await Promise.allSettled(this.coming);
      const sessionIds = running();
      count = sessionIds.length;
      await Promise.all(sessionIds.map((id) => this.giveUp(id)));
    };
    const late = await within(clock, all(), withinMs);
    logger.info('sessions.givenUp', {
      count,
      late: late === 'late',
      durationMs: Math.round(clock.now() - begun),
    });
  }

  dispose(): void {
    this.disposables.dispose();
  }

  private async takeOne(sessionId: string): Promise<Session | undefined> {
    const { ownership, deps, reopen, place, letGo } = this.setup;
    const begun = deps.clock.now();
    try {
      await ownership.take(sessionId);
    } catch (error) {
      deps.logger.warn('session.notTaken', {
        session: sessionId,
        error: placeOf(error),
        durationMs: Math.round(deps.clock.now() - begun),
      });
      throw error;
    }
    try {
      // Until then the other one wrote.
      const record = await deps.store.getSession(sessionId);
      if (record && isOpen(record.state)) {
        const session = await reopen(record);
        const placed = await place(record.owner).catch(() => undefined);
        if (placed) void session.whenEnded.then(() => placed.release());
        return session;
      }
    } catch (error) {
      letGo(sessionId);
      await ownership.giveUp(sessionId);
      throw error;
    }
    await ownership.giveUp(sessionId);
    return undefined;
  }

  private clearAway(sessionId: string): Promise<void> {
    const { ownership, deps, turns, has, remove } = this.setup;
    return turns.take(sessionId, async () => {
      if (has(sessionId)) return;
      await ownership.take(sessionId);
      const record = await deps.store.getSession(sessionId);
      if (record?.state === 'IDLE') await remove(sessionId);
      else if (record && isOpen(record.state)) await ownership.giveUp(sessionId);
      else ownership.over(sessionId);
    });
  }

  private async giveUp(sessionId: string): Promise<void> {
    const { ownership, takeOff, deps } = this.setup;
    try {
      await takeOff(sessionId);
      await ownership.giveUp(sessionId);
    } catch (error) {
      deps.logger.error('session.notGivenUp', { session: sessionId, error: placeOf(error) });
    }
    this.moved.fire(sessionId);
  }
}
