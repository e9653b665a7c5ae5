/**
 * End of the daemon: it is idle, a newer daemon takes over (`daemon/drain`), or it receives
 * `daemon/shutdown` or SIGTERM.
 */
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import type { Logger } from '../base/logger';
import type { Sessions } from '../session/contract/api';

export type EndReason = 'idle' | 'drain' | 'shutdown';

type State =
  | { readonly kind: 'running' }
  /** Refuses new sessions; running sessions are being finished. */
  | { readonly kind: 'ending'; readonly reason: EndReason }
  | { readonly kind: 'ended'; readonly reason: EndReason };

export interface LifecycleDeps {
  readonly sessions: Pick<Sessions, 'activeCount' | 'drain' | 'shutdown'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The daemon ends after this time without clients and sessions. Called at each check. */
  readonly idleMs: () => number;
  /** Current number of greeted clients. */
  readonly clients: () => number;
  readonly goodbye: (reason: EndReason) => void;
  /** Closes all resources and ends the process. Called once. */
  readonly end: (reason: EndReason) => void;
}

/** Time limit after SIGTERM to flush every session. */
const SHUTDOWN_MS = 10_000;
/** Delay that lets the response to the request leave first. */
const ANSWER_MS = 20;

export class Lifecycle implements Disposable {
  private state: State = { kind: 'running' };
  private idleSince: number;
  private readonly disposables = new DisposableStore();

  constructor(private readonly deps: LifecycleDeps) {
    const { clock, idleMs } = deps;
    this.idleSince = clock.now();
    this.disposables.add(
      clock.setInterval(() => this.checkIdle(), Math.max(50, Math.min(5_000, idleMs() / 4))),
    );
  }

  get draining(): boolean {
    return this.state.kind !== 'running';
  }

  /**
   * A client connected or disconnected: the idle time restarts. This also covers clients that stay
   * for less than the check interval.
   */
  needed(): void {
    this.idleSince = this.deps.clock.now();
  }

  /** @returns number of running sessions */
  drain(withinMs: number): number {
    return this.finish('drain', Math.min(withinMs, SHUTDOWN_MS));
  }

  shutdown(): void {
    this.finish('shutdown', SHUTDOWN_MS);
  }

  dispose(): void {
    this.disposables.dispose();
  }

  private checkIdle(): void {
    const { clock, clients, sessions, idleMs } = this.deps;
    if (this.state.kind !== 'running') return;
    if (clients() > 0 || sessions.activeCount > 0) this.needed();
    else if (clock.now() - this.idleSince >= idleMs()) this.finish('idle', SHUTDOWN_MS);
  }

  private finish(reason: EndReason, withinMs: number): number {
    const { sessions, clock, logger } = this.deps;
    const running = sessions.activeCount;
    if (this.state.kind !== 'running') return running;
    this.state = { kind: 'ending', reason };
    logger.info('daemon.ending', { reason, sessions: running });
    sessions.drain();
    const end = () => {
      if (this.state.kind === 'ended') return;
      this.state = { kind: 'ended', reason };
      this.deps.goodbye(reason);
      this.deps.end(reason);
    };
    clock.setTimeout(() => {
      // Unfinished audio stays in its spool; the next daemon continues it.
      sessions.shutdown(withinMs, reason).then(end, (error: unknown) => {
        logger.error('daemon.flushFailed', {
          error: error instanceof Error ? error.name : 'unknown',
        });
        end();
      });
      clock.setTimeout(end, withinMs + 500);
    }, ANSWER_MS);
    return running;
  }
}
