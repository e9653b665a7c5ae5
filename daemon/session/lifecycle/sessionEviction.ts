/** Removes sessions: from memory when no client needs them, to another server, or for good. */
import { EarmarkError } from '../../../protocol/errors';
import type { Disposable } from '../../base/disposable';
import type { KeyedMutex } from '../../base/keyedMutex';
import type { EndedSessions } from '../history/endedSessions';
import type { SessionManagerDeps } from '../contract/deps';
import type { Voiceprints } from '../speakers/voiceprints';
import type { SessionQueries } from '../history/sessionQueries';
import type { SessionOptions } from '../contract/options';
import type { Session } from '../session';

/** Deleted words leave the search index and the log after this time; the promise is 5 s. */
const TIDY_MS = 1_000;
/** Delay before the next try while another program reads the database. */
const TIDY_RETRY_MS = 30_000;

export interface SessionEvictionSetup {
  readonly deps: Pick<SessionManagerDeps, 'store' | 'spools' | 'clock' | 'logger'>;
  readonly options: Pick<SessionOptions, 'unseenMs' | 'storeRetryMs'>;
  readonly endedSessions: EndedSessions;
  readonly queries: SessionQueries;
  readonly voices: Voiceprints;
  readonly turns: KeyedMutex;
  /** Sessions in memory; this class removes evicted sessions from it. */
  readonly live: Map<string, Session>;
}

export class SessionEviction implements Disposable {
  /** Timers of sessions that will be evicted. */
  private readonly timers = new Set<Disposable>();
  private disposed = false;
  /** True while a `tidy` of the store is due. */
  private tidying = false;

  constructor(private readonly setup: SessionEvictionSetup) {}

  /** The session has ended; it is evicted when no client is attached. */
  onEnded(session: Session): void {
    this.setup.voices.wait(session.id, session.voices);
    if (session.log.attachmentCount > 0) return;
    // A client that lost its connection may still come for the text.
    const wait = session.ephemeral ? this.setup.options.unseenMs : 0;
    this.later(wait, () => this.forget(session));
  }

  onDetached(session: Session): void {
    if (session.ended) this.forget(session);
  }

  /** Evicts an ended session without clients. An ephemeral session is deleted. */
  private forget(session: Session): void {
    if (this.setup.live.get(session.id) !== session || session.log.attachmentCount > 0) return;
    if (session.ephemeral) return this.removeLater(session.id);
    if (session.log.unwritten)
      return this.later(this.setup.options.storeRetryMs, () => this.forget(session));
    this.letGo(session.id);
  }

  forgetEphemeral(sessionId: string): void {
    this.removeLater(
      sessionId,
      async () =>
        (await this.setup.deps.store.getSession(sessionId))?.ephemeral === true &&
        !this.setup.live.has(sessionId) &&
        this.setup.endedSessions.attachmentCount(sessionId) === 0,
    );
  }

  private removeLater(
    sessionId: string,
    still: () => Promise<boolean> = () => Promise.resolve(true),
  ): void {
    this.setup.turns
      .take(sessionId, async () => {
        if (await still()) await this.remove(sessionId);
      })
      .catch((error: unknown) =>
        this.setup.deps.logger.warn('session.notRemoved', {
          session: sessionId,
          error: error instanceof EarmarkError ? error.code : 'unexpected',
        }),
      );
  }

  private later(ms: number, leave: () => void): void {
    if (this.disposed) return;
    const timer = this.setup.deps.clock.setTimeout(() => {
      this.timers.delete(timer);
      leave();
    }, ms);
    this.timers.add(timer);
  }

  /**
   * Deletes a session, including audio without text.
   * @throws EarmarkError session.notFound
   */
  async discard(sessionId: string, cause: string): Promise<void> {
    const session = this.setup.live.get(sessionId);
    if (session) await session.discard(cause);
    else await this.setup.queries.stored(sessionId);
  }

  async remove(sessionId: string): Promise<void> {
    this.setup.voices.drop(sessionId);
    this.letGo(sessionId);
    this.close(sessionId);
    this.setup.deps.spools.remove(sessionId);
    await this.setup.deps.store.deleteSession(sessionId);
    this.tidySoon(TIDY_MS);
  }

  /** Deletions in quick succession share one pass over the database. */
  private tidySoon(waitMs: number): void {
    if (this.tidying || this.disposed) return;
    this.tidying = true;
    this.later(waitMs, () => {
      this.tidying = false;
      this.setup.deps.store.tidy().catch((error: unknown) => {
        this.setup.deps.logger.warn('session.notTidied', {
          error: error instanceof EarmarkError ? error.code : 'unexpected',
        });
        this.tidySoon(TIDY_RETRY_MS);
      });
    });
  }

  close(sessionId: string): void {
    this.setup.endedSessions.drop(sessionId);
    this.setup.queries.closeAudio(sessionId);
  }

  /** The session is no longer in use; maintenance may process it. */
  letGo(sessionId: string): void {
    this.setup.live.get(sessionId)?.log.dispose();
    this.setup.live.delete(sessionId);
  }

  /**
   * Closes the session on this server without finishing it. Writes the pending events if possible.
   */
  async takeOff(sessionId: string): Promise<void> {
    const session = this.setup.live.get(sessionId);
    if (!session) return;
    // From here on, this server does not hold the session.
    this.setup.live.delete(sessionId);
    session.suspend();
    await session.log.settled();
    session.log.dispose();
  }

  dispose(): void {
    this.disposed = true;
    for (const timer of this.timers) timer.dispose();
    this.timers.clear();
  }
}
