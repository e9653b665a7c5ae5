/**
 * The job that looks after what was left: sessions that are not finished, or failed with audio that
 * is not text, and what is older than it may be kept or was deleted. It runs at start and every
 * half hour; what fails is tried again, ever later.
 */
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import type { Logger } from '../base/logger';
import type { SessionOptions } from './options';

export interface MaintenanceSetup {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: Pick<
    SessionOptions,
    'maintenanceMs' | 'maintenanceRetryMs' | 'maintenanceTries'
  >;
  /** Sessions that nobody finishes. */
  readonly left: () => Promise<readonly string[]>;
  /** Resolves when the session is DONE. @throws what keeps it from that */
  readonly finish: (sessionId: string) => Promise<void>;
  /** Forgets what is older than it may be kept. */
  readonly expire: () => Promise<void>;
  /** The words of what was deleted go for good. */
  readonly tidy: () => Promise<void>;
}

export class Maintenance implements Disposable {
  private readonly disposables = new DisposableStore();
  /** Tries of each session that is not finished; it waits or is being worked on. */
  private readonly tries = new Map<string, number>();
  private readonly busy = new Set<string>();

  constructor(private readonly setup: MaintenanceSetup) {}

  /** Runs now, and from now on. */
  start(): void {
    const { clock, options } = this.setup;
    // Not in the way of the first client.
    this.disposables.add(clock.setTimeout(() => void this.run(), 0));
    this.disposables.add(clock.setInterval(() => void this.run(), options.maintenanceMs));
  }

  dispose(): void {
    this.disposables.dispose();
  }

  private async run(): Promise<void> {
    const { logger } = this.setup;
    try {
      await this.setup.expire();
      await this.setup.tidy();
    } catch (error) {
      logger.warn('maintenance.expireFailed', {
        error: error instanceof Error ? error.name : 'unknown',
      });
    }
    try {
      for (const id of await this.setup.left()) if (!this.busy.has(id)) void this.finish(id);
    } catch (error) {
      // A store that cannot be read now is read at the next turn.
      logger.warn('maintenance.failed', { error: error instanceof Error ? error.name : 'unknown' });
    }
  }

  private async finish(id: string): Promise<void> {
    const { clock, logger, options } = this.setup;
    const tries = (this.tries.get(id) ?? 0) + 1;
    if (tries > options.maintenanceTries) return;
    this.tries.set(id, tries);
    this.busy.add(id);
    try {
      await this.setup.finish(id);
      this.tries.delete(id);
      this.busy.delete(id);
      logger.info('maintenance.finished', { session: id, tries });
    } catch (error) {
      logger.warn('maintenance.notFinished', {
        session: id,
        tries,
        error: error instanceof Error ? error.name : 'unknown',
      });
      const wait = Math.min(options.maintenanceMs, options.maintenanceRetryMs * 2 ** (tries - 1));
      this.disposables.add(clock.setTimeout(() => void this.again(id), wait));
    }
  }

  private async again(id: string): Promise<void> {
    this.busy.delete(id);
    // A store that cannot be read now is read at the next turn.
    const left = await this.setup.left().catch((): readonly string[] => []);
    if (this.busy.has(id)) return;
    if (left.includes(id)) void this.finish(id);
    else this.tries.delete(id);
  }
}
