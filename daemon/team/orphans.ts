/**
 * Finishes orphaned sessions: their server is gone and their client does not return. After a grace
 * time, a living server finishes and stores them.
 */
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import { placeOf } from '../base/placeOf';
import type { Logger } from '../base/logger';

export interface OpenSession {
  /** Empty if the team has no organisations. */
  readonly organisation: string;
  readonly sessionId: string;
}

export interface OrphansSetup {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Open sessions of the whole team. */
  readonly open: () => Promise<readonly OpenSession[]>;
  /** Returns true if a living server owns the session. */
  readonly held: (session: OpenSession) => Promise<boolean>;
  /** Takes the session over and finishes it; resolves when it has ended. */
  readonly finish: (session: OpenSession) => Promise<void>;
  /** Maximum time of a session without a server. */
  readonly graceMs?: number;
}

/**
 * A client buffers five minutes of audio while it searches for its server, and sends them to the
 * next server.
 */
const GRACE_MS = 10 * 60_000;
const LOOK_MS = 15_000;
/** Maximum number of sessions finished in parallel; more wait for the next round. */
const FINISHED_MAX = 4;

export class Orphans implements Disposable {
  private readonly disposables = new DisposableStore();
  /** Times since when sessions have no server. */
  private readonly since = new Map<string, number>();
  private readonly finishing = new Set<string>();
  private looking = false;

  constructor(private readonly setup: OrphansSetup) {
    this.disposables.add(
      setup.clock.setInterval(() => void this.look(), Math.min(LOOK_MS, this.graceMs / 4)),
    );
  }

  dispose(): void {
    this.disposables.dispose();
  }

  private get graceMs(): number {
    return this.setup.graceMs ?? GRACE_MS;
  }

  private async look(): Promise<void> {
    const { clock, logger, open, held } = this.setup;
    if (this.looking) return;
    this.looking = true;
    try {
      const sessions = await open();
      const there = new Set(sessions.map(keyOf));
      for (const key of this.since.keys()) if (!there.has(key)) this.since.delete(key);
      for (const session of sessions) {
        const key = keyOf(session);
        if (this.finishing.has(key)) continue;
        if (await held(session)) this.since.delete(key);
        else if (!this.since.has(key)) this.since.set(key, clock.now());
        else if (
          clock.now() - (this.since.get(key) ?? 0) >= this.graceMs &&
          this.finishing.size < FINISHED_MAX
        )
          void this.finish(session, key);
      }
    } catch (error) {
      // A failed lookup is repeated in the next round.
      logger.warn('orphans.notSeen', { error: placeOf(error) });
    } finally {
      this.looking = false;
    }
  }

  private async finish(session: OpenSession, key: string): Promise<void> {
    const { logger, finish } = this.setup;
    this.finishing.add(key);
    try {
      await finish(session);
      logger.info('orphans.finished', { session: session.sessionId });
    } catch (error) {
      // Another server was faster, or the next round tries again.
      logger.warn('orphans.notFinished', { session: session.sessionId, error: placeOf(error) });
    } finally {
      this.finishing.delete(key);
      this.since.delete(key);
    }
  }
}

const keyOf = ({ organisation, sessionId }: OpenSession): string => `${organisation} ${sessionId}`;
