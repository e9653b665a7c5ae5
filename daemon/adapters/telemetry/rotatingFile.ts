/** A log file limited to a few megabytes: `name.log`, `name.1.log`, `name.2.log`. */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../../base/disposable';

const FILE_MAX_BYTES = 4 * 1024 * 1024;
const FILES = 3;

/**
 * Writes immediately, so that the last line before a crash is on disk. A full disk loses log lines
 * only.
 */
export class RotatingFile implements Disposable {
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
      // The failure cannot be logged.
    }
  }

  dispose(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  /** Opens the file again after its folder was removed. */
  reopen(): void {
    this.dispose();
    this.open();
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
    this.dispose();
    rmSync(this.path(FILES - 1), { force: true });
    for (let i = FILES - 2; i >= 0; i--) {
      try {
        renameSync(this.path(i), this.path(i + 1));
      } catch {
        // The file never existed.
      }
    }
    this.open();
  }

  private path(index: number): string {
    return join(this.folder, index === 0 ? `${this.name}.log` : `${this.name}.${index}.log`);
  }
}
