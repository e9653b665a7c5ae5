/**
 * Looks after sessions whose server is gone and whose client does not come back: after a grace time
 * one of the living servers finishes what was said and keeps it.
 */
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import { placeOf } from '../base/placeOf';
import type { Logger } from '../base/logger';

export interface OpenSession {
  /** Empty where the team has none. */
  readonly organisation: string;
  readonly sessionId: string;
}

export interface OrphansSetup {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Sessions of the whole team that are not over. */
  readonly open: () => Promise<readonly OpenSession[]>;
  /** A living server has it. */
  readonly held: (session: OpenSession) => Promise<boolean>;
  /** Takes it and finishes it; resolves when it is over. */
  readonly finish: (session: OpenSession) => Promise<void>;
  /** How long a session may be nobody's. */
  readonly graceMs?: number;
}

/**
 * A client keeps five minutes of audio while it looks for its server, and sends them to the next
 * one.
 */
const GRACE_MS = 10 * 60_000;
const LOOK_MS = 15_000;
/** Finished at once; more wait for the next look. */
const FINISHED_MAX = 4;

export class Orphans implements Disposable {
  private readonly disposables = new DisposableStore();
  /** Since when nobody has it. */
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
      // Who cannot be asked now is asked at the next look.
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
      // Another server was quicker, or the next look tries it again.
      logger.warn('orphans.notFinished', { session: session.sessionId, error: placeOf(error) });
    } finally {
      this.finishing.delete(key);
      this.since.delete(key);
    }
  }
}

const keyOf = ({ organisation, sessionId }: OpenSession): string => `${organisation} ${sessionId}`;
