/**
 * Debug dump: writes the audio of every session as WAV files beside the spool, if the settings
 * enable it: `debug-audio/SESSION-SOURCE.wav`. Bounded in size; off if the store is encrypted.
 */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Frame, FRAME_SAMPLES, type Source } from '../../../audio/frame';
import type { Logger } from '../../../base/logger';
import type { Spool, SpoolFactory } from '../../../audio/spool';
import { WAV_HEADER_BYTES, wavHeader } from '../../../audio/wavHeader';

export interface AudioDumpSetup {
  /** State folder. */
  readonly home: string;
  readonly logger: Logger;
  /** Current settings: on or off, and the size limit of all files. */
  readonly setting: () => { readonly on: boolean; readonly maxBytes: number };
  /** True if the store is encrypted; the dump would be unencrypted. */
  readonly encrypted: () => boolean;
}

const FOLDER = 'debug-audio';

interface DumpFile {
  readonly fd: number;
  bytes: number;
  nextSeq: number;
}

export class AudioDump {
  private readonly folder: string;
  private readonly files = new Map<string, DumpFile>();
  /** Bytes of all files, computed when the first is opened. */
  private used: number | undefined;
  private state: 'off' | 'on' | 'full' | 'failed' = 'off';

  constructor(private readonly setup: AudioDumpSetup) {
    this.folder = join(setup.home, FOLDER);
    this.follow();
  }

  /** Applies changed settings; logs a warning if the dump is on. */
  follow(): void {
    const { on } = this.setup.setting();
    if (on === (this.state !== 'off')) return;
    this.state = on ? 'on' : 'off';
    this.used = undefined;
    if (on) this.setup.logger.warn('dump.on');
    else {
      this.setup.logger.warn('dump.off');
      this.closeAll();
    }
  }

  /** A sentence for the user while the dump is on. */
  get sentence(): string | undefined {
    if (this.state === 'off') return undefined;
    if (this.setup.encrypted())
      return (
        '"debug.audioDump" is on, but Earmark writes no unencrypted audio beside ' +
        'encrypted sessions. Turn it off.'
      );
    if (this.state === 'full')
      return (
        `"debug.audioDump" is on, but ${this.folder} has reached its size limit. ` +
        'Delete it, or turn the setting off.'
      );
    if (this.state === 'failed')
      return (
        `"debug.audioDump" is on, but Earmark cannot write to ${this.folder}. Turn it ` + 'off.'
      );
    return (
      '"debug.audioDump" is on: Earmark writes the audio of every session ' +
      `unencrypted into ${this.folder}. Turn it off when you have found the fault.`
    );
  }

  /** Returns the same spools, whose frames are also written to the dump. */
  watch(spools: SpoolFactory): SpoolFactory {
    return {
      open: (id) => this.watchSpool(id, spools.open(id)),
      list: () => spools.list(),
      remove: (id) => spools.remove(id) + this.remove(id),
    };
  }

  closeAll(): void {
    for (const id of [...this.files.keys()]) this.close(id);
  }

  private watchSpool(id: string, spool: Spool): Spool {
    return new Proxy(spool, {
      get: (target, name) => {
        if (name === 'append') {
          return (...frames: readonly Frame[]): void => {
            // Includes frames that the spool refuses: debugging must not depend on the spool.
            if (this.state === 'on') this.write(id, frames);
            target.append(...frames);
          };
        }
        if (name === 'dispose' || name === 'remove') {
          return (): void => {
            for (const key of [...this.files.keys()]) if (key.startsWith(`${id}-`)) this.close(key);
            target[name]();
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  private write(id: string, frames: readonly Frame[]): void {
    const [first] = frames;
    const { maxBytes } = this.setup.setting();
    if (!first || this.setup.encrypted()) return;
    try {
      const file = this.file(id, first.source, first.seq);
      const bytes = WAV_HEADER_BYTES + frames.length * FRAME_SAMPLES * 2;
      if ((this.used ?? 0) + bytes > maxBytes) {
        this.state = 'full';
        this.setup.logger.warn('dump.full');
        return this.closeAll();
      }
      for (const { seq, pcm } of frames) {
        if (seq < file.nextSeq) continue;
        writeSync(file.fd, pcm, 0, pcm.byteLength, WAV_HEADER_BYTES + file.bytes);
        file.bytes += pcm.byteLength;
        this.used = (this.used ?? 0) + pcm.byteLength;
        file.nextSeq = seq + 1;
      }
      writeSync(file.fd, wavHeader(file.bytes), 0, WAV_HEADER_BYTES, 0);
    } catch (error) {
      this.state = 'failed';
      this.setup.logger.error('dump.failed', {
        error: (error as NodeJS.ErrnoException).code ?? 'unknown',
      });
      this.closeAll();
    }
  }

  private file(id: string, source: Source, seq: number): DumpFile {
    const key = `${id}-${source}`;
    const known = this.files.get(key);
    if (known) return known;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.used ??= readdirSync(this.folder).reduce(
      (sum, name) => sum + statSync(join(this.folder, name)).size,
      0,
    );
    // A resumed session continues its file.
    const path = join(this.folder, `${key}.wav`);
    const fd = openSync(path, 'a+', 0o600);
    const before = statSync(path).size;
    closeSync(fd);
    const file: DumpFile = {
      fd: openSync(path, 'r+'),
      bytes: Math.max(0, before - WAV_HEADER_BYTES),
      nextSeq: seq,
    };
    this.used += before === 0 ? WAV_HEADER_BYTES : 0;
    this.files.set(key, file);
    return file;
  }

  private close(key: string): void {
    const file = this.files.get(key);
    this.files.delete(key);
    if (file) closeSync(file.fd);
  }

  private remove(id: string): number {
    let gone = 0;
    try {
      for (const name of readdirSync(this.folder)) {
        if (!name.startsWith(`${id}-`)) continue;
        this.close(name.slice(0, -'.wav'.length));
        rmSync(join(this.folder, name), { force: true });
        gone++;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.setup.logger.warn('dump.removeFailed', {
          error: (error as NodeJS.ErrnoException).code ?? 'unknown',
        });
    }
    if (gone > 0) this.used = undefined;
    return gone;
  }
}
