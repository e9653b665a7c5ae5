/** How sessions leave: from memory when nobody needs them there, to another server, or for good. */
import { EarmarkError } from '../../protocol/errors';
import type { Disposable } from '../base/disposable';
import type { KeyedMutex } from '../base/keyedMutex';
import type { EndedSessions } from './endedSessions';
import type { SessionManagerDeps } from './deps';
import type { Voiceprints } from './voiceprints';
import type { SessionQueries } from './sessionQueries';
import type { SessionOptions } from './options';
import type { Session } from './session';

export interface SessionEvictionSetup {
  readonly deps: Pick<SessionManagerDeps, 'store' | 'spools' | 'clock' | 'logger'>;
  readonly options: Pick<SessionOptions, 'unseenMs' | 'storeRetryMs'>;
  readonly archive: EndedSessions;
  readonly library: SessionQueries;
  readonly voices: Voiceprints;
  readonly turns: KeyedMutex;
  /** Sessions in memory; those that leave are taken out. */
  readonly live: Map<string, Session>;
}

export class SessionEviction implements Disposable {
  /** Of those that are to leave soon. */
  private readonly timers = new Set<Disposable>();
  private disposed = false;

  constructor(private readonly setup: SessionEvictionSetup) {}

  /** It is over; it leaves when nobody is attached to it any more. */
  onEnded(session: Session): void {
    this.setup.voices.wait(session.id, session.voices);
    if (session.log.attachmentCount > 0) return;
    // A client that lost its daemon or its network just now may still come for the words.
    const wait = session.ephemeral ? this.setup.options.unseenMs : 0;
    this.later(wait, () => this.forget(session));
  }

  onDetached(session: Session): void {
    if (session.ended) this.forget(session);
  }

  /**
   * An ended session that nobody is attached to needs no memory; an ephemeral one goes altogether.
   */
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
        this.setup.archive.attachmentCount(sessionId) === 0,
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

  /** Discards audio that is not yet text. @throws EarmarkError session.notFound */
  async discard(sessionId: string, cause: string): Promise<void> {
    const session = this.setup.live.get(sessionId);
    if (session) await session.discard(cause);
    else await this.setup.library.stored(sessionId);
  }

  async remove(sessionId: string): Promise<void> {
    this.setup.voices.drop(sessionId);
    this.letGo(sessionId);
    this.close(sessionId);
    this.setup.deps.spools.remove(sessionId);
    await this.setup.deps.store.deleteSession(sessionId);
  }

  close(sessionId: string): void {
    this.setup.archive.drop(sessionId);
    this.setup.library.closeAudio(sessionId);
  }

  /** Nobody works on it: maintenance may. */
  letGo(sessionId: string): void {
    this.setup.live.get(sessionId)?.log.dispose();
    this.setup.live.delete(sessionId);
  }

  /** Ends it here as it is; what was said so far is written, where it can be. */
  async takeOff(sessionId: string): Promise<void> {
    const session = this.setup.live.get(sessionId);
    if (!session) return;
    // From now on this server does not have the session.
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
