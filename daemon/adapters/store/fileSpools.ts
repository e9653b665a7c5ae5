/** All spools: one folder a session inside the state folder. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import type { Logger } from '../../base/logger';
import type { Spool, SpoolFactory } from '../../session/ports';
import { FileSpool } from './fileSpool';

export interface FileSpoolsSetup {
  /** Folder of all spools; made when it is not there. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ID = /^[\w-]{1,100}$/;

export class FileSpools implements SpoolFactory {
  constructor(private readonly setup: FileSpoolsSetup) {}

  open(sessionId: string): Spool {
    return new FileSpool({ folder: this.folderOf(sessionId), clock: this.setup.clock, logger: this.setup.logger });
  }

  list(): readonly string[] {
    mkdirSync(this.setup.folder, { recursive: true, mode: 0o700 });
    return readdirSync(this.setup.folder).filter((name) => ID.test(name));
  }

  remove(sessionId: string): number {
    const folder = this.folderOf(sessionId);
    if (!existsSync(folder)) return 0;
    try {
      const files = readdirSync(folder).length;
      rmSync(folder, { recursive: true, force: true });
      return files;
    } catch (error) {
      this.setup.logger.warn('spool.removeFailed', { error: (error as NodeJS.ErrnoException).code ?? 'unknown' });
      return 0;
    }
  }

  private folderOf(sessionId: string): string {
    if (!ID.test(sessionId)) throw new EarmarkError('internal', 'A session id may have letters, digits, - and _ only.');
    return join(this.setup.folder, sessionId);
  }
}
