/** `config.json` without a disk. */
import type { SettingsFile } from '../../daemon/config/liveSettings';

export class MemorySettingsFile implements SettingsFile {
  last: string | undefined;
  /** Error of reading or writing. */
  failure: Error | undefined;

  constructor(public text?: string) {}

  read(): string | undefined {
    if (this.failure) throw this.failure;
    return this.text;
  }

  write(text: string): void {
    if (this.failure) throw this.failure;
    this.text = text;
  }

  readLast(): string | undefined {
    return this.last;
  }

  writeLast(text: string): void {
    this.last = text;
  }
}
