/**
 * Moves sessions between the servers of a team. It takes sessions over, gives all sessions up at
 * shutdown, reacts to takeovers by other servers, and finishes orphans.
 */
import { type Disposable, DisposableStore } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import { placeOf } from '../../base/placeOf';
import type { KeyedMutex } from '../../base/keyedMutex';
import type { Lease } from '../../base/lease';
import type { Ownership } from '../contract/ownership';
import type { SessionManagerDeps } from '../contract/deps';
import type { SessionRecord } from '../contract/events';
import { isOpen } from '../contract/record';
import type { Session } from '../session';
import { within } from '../../base/wait';

export interface SessionHandoverSetup {
  readonly ownership: Ownership;
  readonly deps: Pick<SessionManagerDeps, 'store' | 'clock' | 'logger'>;
  /** Serialises changes of a session. */
  readonly turns: KeyedMutex;
  readonly running: () => readonly string[];
  /** Takes a session over if it is open and not on this server. */
  readonly here: (sessionId: string) => Promise<Session | undefined>;
  readonly has: (sessionId: string) => boolean;
  readonly reopen: (record: SessionRecord) => Promise<Session>;
  /** Reserves a session within the limit of its user. */
  readonly place: (owner: string | undefined) => Promise<Lease | undefined>;
  readonly letGo: (sessionId: string) => void;
  /** Closes a session on this server without finishing it; resolves when nothing of it is open. */
  readonly takeOff: (sessionId: string) => Promise<void>;
  /** Deletes a session. */
  readonly remove: (sessionId: string) => Promise<void>;
}

export class SessionHandover implements Disposable {
  private readonly disposables = new DisposableStore();
  private readonly moved = this.disposables.add(new Emitter<string>());
  /** Sessions that are starting or being taken over. At shutdown they are given up as well. */
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
   * Takes a session over.
   * @returns undefined if it has ended meanwhile
   * @throws EarmarkError rpc.timeout if another server owns it, rpc.draining
   */
  take(sessionId: string): Promise<Session | undefined> {
    return this.whileComing(this.takeOne(sessionId));
  }

  /**
   * Finishes an orphaned session. A session that never began is deleted; an ended session needs
   * nothing.
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

  /**
   * Gives all sessions up. Sessions that are not released in time become free when this server's
   * lease expires.
   */
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
      // Read after the takeover, because the other server wrote until then.
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
