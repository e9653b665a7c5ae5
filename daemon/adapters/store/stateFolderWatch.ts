/**
 * Notices within a second that the state folder of a running daemon was removed or replaced, and
 * makes a new one: at the same path, or beside it if another daemon already uses that path.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import { LOCK_FILE, tryInstanceLock } from '../transport/instanceLock';
import { makePrivateFolder } from '../transport/socketPath';
import { DATABASE } from './encryption/encryptionMark';

const EVERY_MS = 1_000;

export interface StateFolderSetup {
  readonly home: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Lock of the folder; it is replaced with the folder. */
  readonly lock: Disposable;
  /** False while the database is locked, because it has no file then. */
  readonly hasDatabase: () => boolean;
  /** Stops writing to the old folder. Called once for each loss, and must not throw. */
  readonly onLost: () => void;
  /** Writes everything into the new folder. @throws if that fails; it is then repeated */
  readonly move: (folder: string) => Promise<void>;
  /** Called with a sentence for the user. */
  readonly onMoved: (sentence: string) => void;
  /** Repairs the files by which clients find the daemon. */
  readonly repair: () => Promise<void>;
}

export class StateFolderWatch implements Disposable {
  private folder: string;
  private lock: Disposable;
  private identity: string | undefined;
  private lost = false;
  private busy = false;
  private readonly timer: Disposable;

  constructor(private readonly setup: StateFolderSetup) {
    this.folder = setup.home;
    this.lock = setup.lock;
    this.identity = identityOf(this.folder);
    this.timer = setup.clock.setInterval(() => void this.look(), EVERY_MS);
  }

  /** Sentence for the user while no folder can be written. */
  get problem(): string | undefined {
    return this.lost
      ? 'The state folder was removed. Recordings continue in memory until a folder can be ' +
          'written; check the disk and its permissions.'
      : undefined;
  }

  dispose(): void {
    this.timer.dispose();
    this.lock.dispose();
  }

  private async look(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      if (this.isLost()) await this.replace();
      // Another daemon serves clients at the usual path after it took the lock.
      else if (this.folder === this.setup.home) await this.setup.repair();
    } catch (error) {
      this.setup.logger.error('stateFolder.notReplaced', {
        error: error instanceof EarmarkError ? error.code : codeOf(error),
      });
    } finally {
      this.busy = false;
    }
  }

  private isLost(): boolean {
    return (
      this.lost ||
      identityOf(this.folder) !== this.identity ||
      (this.setup.hasDatabase() && !existsSync(join(this.folder, DATABASE)))
    );
  }

  private async replace(): Promise<void> {
    const { home, clock, logger } = this.setup;
    if (!this.lost) {
      this.lost = true;
      logger.error('stateFolder.lost');
      this.setup.onLost();
    }
    makePrivateFolder(home);
    if (identityOf(this.folder) !== this.identity) {
      let lock = tryInstanceLock(home);
      this.folder = home;
      if (!lock) {
        const time = new Date(clock.wall()).toISOString().replace(/[:.]/g, '-');
        this.folder = `${home}-rescued-${time}`;
        makePrivateFolder(this.folder);
        lock = tryInstanceLock(this.folder);
      }
      if (!lock)
        throw new EarmarkError('store.unwritable', 'Another daemon uses the new state folder.');
      this.lock.dispose();
      this.lock = lock;
      this.identity = identityOf(this.folder);
    }
    await this.setup.move(this.folder);
    this.lost = false;
    logger.warn('stateFolder.replaced');
    this.setup.onMoved(
      `The state folder was removed. Earmark made a new one and continues in ${this.folder}. ` +
        'Sessions are complete; settings and models of the old folder are not.',
    );
    if (this.folder === home) await this.setup.repair();
  }
}

/**
 * Number of the lock file. The daemon holds it open, so no other file can get that number, even in
 * a folder that was made again.
 */
function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(join(folder, LOCK_FILE), { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException | undefined)?.code ?? 'unexpected';
