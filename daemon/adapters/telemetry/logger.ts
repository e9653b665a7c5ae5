/** The daemon's log: one JSON object a line in `logs/daemon.log`, by pino, never more than a few files of a few megabytes. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Disposable } from '../../base/disposable';
import type { LogFields, Logger } from '../../base/logger';

const FILE_MAX_BYTES = 4 * 1024 * 1024;
/** `daemon.log`, `daemon.1.log`, `daemon.2.log`. */
const FILES = 3;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export function createFileLogger(folder: string, level: LogLevel): Logger & Disposable {
  const file = new RotatingFile(folder, 'daemon');
  const root = pino({ level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' }, file);
  return Object.assign(wrap(root), { dispose: () => file.close() });
}

function wrap(target: pino.Logger): Logger {
  const at = (level: LogLevel) => (event: string, fields?: LogFields) => target[level](fields?.['session'] === undefined ? (fields ?? {}) : { ...fields, session: sessionMark(String(fields['session'])) }, event);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (component) => wrap(target.child({ component })) };
}

/** What stands in the log for a session: always the same, and no trace of the session once that is purged. */
function sessionMark(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 10);
}

/** Written at once, so that the last line before a crash is there. A disk that is full costs the log, not the daemon. */
class RotatingFile {
  private descriptor: number | undefined;
  private bytes = 0;

  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    this.open();
  }

  write(line: string): void {
    try {
      if (this.bytes > FILE_MAX_BYTES) this.rotate();
      if (this.descriptor !== undefined) this.bytes += writeSync(this.descriptor, line);
    } catch {
      // Nowhere left to say it.
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private open(): void {
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      this.descriptor = openSync(this.path(0), 'a', 0o600);
      this.bytes = fstatSync(this.descriptor).size;
    } catch {
      this.descriptor = undefined;
    }
  }

  private rotate(): void {
    this.close();
    rmSync(this.path(FILES - 1), { force: true });
    for (let i = FILES - 2; i >= 0; i--) {
      try {
        renameSync(this.path(i), this.path(i + 1));
      } catch {
        // That one was never written.
      }
    }
    this.open();
  }

  private path(index: number): string {
    return join(this.folder, index === 0 ? `${this.name}.log` : `${this.name}.${index}.log`);
  }
}
