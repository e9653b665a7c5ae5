/**
 * Maintenance job: finishes sessions, recognises remaining audio of failed sessions, and removes
 * expired or deleted data. It runs at start and every half hour. Failed work is retried at growing
 * intervals.
 */
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { SessionOptions } from '../contract/options';

export interface MaintenanceSetup {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: Pick<
    SessionOptions,
    'maintenanceMs' | 'maintenanceRetryMs' | 'maintenanceTries'
  >;
  /** Unfinished sessions that are not being processed. */
  readonly left: () => Promise<readonly string[]>;
  /**
   * Resolves when the session is DONE.
   * @throws the error that prevents it
   */
  readonly finish: (sessionId: string) => Promise<void>;
  /** Deletes data that exceeds its retention time. */
  readonly expire: () => Promise<void>;
  /** Removes the words of deleted data from the search index. */
  readonly tidy: () => Promise<void>;
}

export class Maintenance implements Disposable {
  private readonly disposables = new DisposableStore();
  /** Tries of each unfinished session that waits or is being processed. */
  private readonly tries = new Map<string, number>();
  private readonly busy = new Set<string>();

  constructor(private readonly setup: MaintenanceSetup) {}

  /** Runs now and at intervals. */
  start(): void {
    const { clock, options } = this.setup;
    // Deferred, so that the first client is not delayed.
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
      // An unreadable store is read again in the next round.
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
    // An unreadable store is read again in the next round.
    const left = await this.setup.left().catch((): readonly string[] => []);
    if (this.busy.has(id)) return;
    if (left.includes(id)) void this.finish(id);
    else this.tries.delete(id);
  }
}
