/** All spools: one folder for each session in the state folder. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../base/clock';
import type { Logger } from '../../../base/logger';
import { noSuchSession } from '../../../session/contract/errors';
import type { Spool, SpoolFactory } from '../../../audio/spool';
import { FileSpool, spoolFilesIn } from './fileSpool';
import { frameAt, records, SEALED_RECORD_BYTES, writeFrame, writeMark } from './spoolRecord';

export interface FileSpoolsSetup {
  /** Folder of all spools; created if absent. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onSynced?: ((ms: number) => void) | undefined;
  /** Encrypts the audio. */
  readonly key?: Buffer;
}

const ID = /^[\w-]{1,100}$/;

export class FileSpools implements SpoolFactory {
  constructor(private readonly setup: FileSpoolsSetup) {}

  open(sessionId: string): Spool {
    const { clock, logger, onSynced, key } = this.setup;
    return new FileSpool({
      folder: this.folderOf(sessionId),
      clock,
      logger,
      onSynced,
      ...(key ? { key } : {}),
    });
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
      this.setup.logger.warn('spool.removeFailed', {
        error: (error as NodeJS.ErrnoException).code ?? 'unknown',
      });
      return 0;
    }
  }

  /** Encrypts existing unencrypted audio. Call only while no spool is open. */
  encryptAll(): void {
    const { key } = this.setup;
    if (!key) return;
    for (const id of this.list()) {
      for (const path of spoolFilesIn(this.folderOf(id))) {
        const clear = readFileSync(path);
        const parts: Buffer[] = [];
        for (const record of records(clear)) {
          const into = Buffer.alloc(SEALED_RECORD_BYTES);
          const { source, seq, at } = record;
          parts.push(
            into.subarray(
              0,
              record.kind === 'mark'
                ? writeMark(into, 0, source, seq)
                : writeFrame(into, 0, frameAt(clear, at, source, seq, key), key),
            ),
          );
        }
        writeFileSync(`${path}.new`, Buffer.concat(parts), { mode: 0o600, flush: true });
        renameSync(`${path}.new`, path);
      }
    }
  }

  private folderOf(sessionId: string): string {
    if (!ID.test(sessionId)) throw noSuchSession();
    return join(this.setup.folder, sessionId);
  }
}
