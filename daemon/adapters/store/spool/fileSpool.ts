/**
 * The spool of one session: a folder of files of one megabyte. A frame is written on arrival and on
 * disk at most 200 ms later. A file is deleted when all its frames have final text.
 */
import {
  close,
  closeSync,
  fsync,
  fsyncSync,
  mkdirSync,
  open,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { EarmarkError } from '../../../../protocol/errors';
import type { Frame, Source } from '../../../audio/frame';
import type { Clock } from '../../../base/clock';
import type { Disposable } from '../../../base/disposable';
import { Emitter } from '../../../base/emitter';
import type { Logger } from '../../../base/logger';
import type { LostAudio, Spool } from '../../../audio/spool';
import { SpoolFile } from './spoolFile';

/** Appended frames are on disk at the latest after this time. */
const SYNC_MS = 200;
/** Or as soon as this number of bytes waits: 100 frames, 2 s of one source. */
const SYNC_BYTES = 64 * 1024;
/** Files whose bytes stay in memory after a read: one for each of two sources. */
const CACHED_FILES = 2;

export interface FileSpoolSetup {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Duration of one sync in milliseconds. */
  readonly onSynced?: ((ms: number) => void) | undefined;
  /** Encrypts new frames. */
  readonly key?: Buffer;
}

export class FileSpool implements Spool {
  private readonly files: SpoolFile[];
  private readonly syncs = new Emitter<{ readonly source: Source; readonly seq: number }>();
  private readonly durable = new Map<Source, number>();
  private readonly appended = new Map<Source, number>();
  private readonly releasedBefore = new Map<Source, number>();
  private cached: SpoolFile[] = [];
  private timer: Disposable | undefined;
  private syncing = false;
  private closed = false;
  /**
   * Number of files made, and of file names on disk, which needs a sync of the folder. Windows
   * cannot sync a folder and need not.
   */
  private readonly names = { made: 0, safe: 0 };

  readonly onDidSync = this.syncs.event;
  readonly lost: readonly LostAudio[];
  readonly behind = false;

  /** @throws EarmarkError store.unwritable */
  constructor(private readonly setup: FileSpoolSetup) {
    try {
      mkdirSync(setup.folder, { recursive: true, mode: 0o700 });
      const numbers = numbersOf(setup.folder);
      // Data of a killed daemon may still be only in the system's memory.
      for (const number of numbers.slice(-2))
        whereThere(() => syncPath(pathOf(setup.folder, number)));
      this.files = numbers.flatMap(
        (number) =>
          whereThere(() => SpoolFile.load(pathOf(setup.folder, number), number, setup.key)) ?? [],
      );
    } catch (cause) {
      throw unwritable(cause);
    }
    for (const file of this.files)
      for (const [source, seq] of file.last)
        this.appended.set(source, Math.max(seq, this.appended.get(source) ?? -1));
    for (const [source, seq] of this.appended) this.durable.set(source, seq);
    this.lost = [...this.appended.keys()].flatMap((source) => lostOf(this.files, source));
  }

  append(...frames: readonly Frame[]): void {
    if (this.closed)
      throw new EarmarkError(
        'store.unwritable',
        'The session has ended. Its audio is no longer stored.',
      );
    const source = frames[0]?.source;
    if (source === undefined) return;
    const appended = this.appended.get(source) ?? -1;
    let next = 0;
    while (next < frames.length && (frames[next] as Frame).seq <= appended) next++;
    while (next < frames.length) {
      let file: SpoolFile;
      try {
        file = this.writable();
        next += file.append(frames, next);
      } catch (cause) {
        throw unwritable(cause);
      }
      this.appended.set(source, (frames[next - 1] as Frame).seq);
      if (file.unsyncedBytes >= SYNC_BYTES) this.syncSoon();
      else this.timer ??= this.setup.clock.setTimeout(() => this.syncSoon(), SYNC_MS);
    }
  }

  durableSeq(source: Source): number {
    return this.durable.get(source) ?? -1;
  }

  range(source: Source): { readonly firstSeq: number; readonly lastSeq: number } | undefined {
    const firsts = this.files.flatMap((file) => file.first(source) ?? []);
    const lasts = this.files.flatMap((file) => file.lastFrame(source) ?? []);
    const firstSeq = Math.max(firsts[0] ?? Infinity, this.releasedBefore.get(source) ?? 0);
    const lastSeq = lasts.at(-1);
    return lastSeq === undefined || firstSeq > lastSeq ? undefined : { firstSeq, lastSeq };
  }

  sync(): void {
    if (this.closed) return;
    try {
      if (this.names.safe < this.names.made) syncPath(this.setup.folder, 'r');
      this.names.safe = this.names.made;
      for (const file of this.files) file.sync();
    } catch (cause) {
      throw unwritable(cause);
    }
    this.settle(new Map(this.appended));
  }

  read(source: Source, fromSeq: number, limit: number): readonly Frame[] {
    const frames: Frame[] = [];
    const from = Math.max(fromSeq, this.releasedBefore.get(source) ?? 0);
    for (const file of this.files) {
      if (frames.length >= limit) break;
      if ((file.lastFrame(source) ?? -1) < from) continue;
      this.touch(file);
      for (const frame of file.read(source, from, limit - frames.length)) frames.push(frame);
    }
    return frames;
  }

  release(source: Source, seq: number): void {
    this.releasedBefore.set(source, Math.max(seq, this.releasedBefore.get(source) ?? 0));
    // The newest file stays: its marks hold the last frame of every source.
    while (this.files.length > 1 && this.isReleased(this.files[0] as SpoolFile)) {
      const file = this.files.shift() as SpoolFile;
      this.cached = this.cached.filter((other) => other !== file);
      file.remove((error) =>
        this.setup.logger.warn('spool.removeFailed', {
          error: (error as NodeJS.ErrnoException).code ?? 'unknown',
        }),
      );
    }
  }

  remove(): void {
    this.end();
    this.quietly('spool.removeFailed', () =>
      rmSync(this.setup.folder, { recursive: true, force: true }),
    );
  }

  dispose(): void {
    this.quietly('spool.syncFailed', () => this.sync());
    this.end();
  }

  /** Closes files after their sync ends. */
  private end(): void {
    if (this.closed) return;
    this.closed = true;
    this.timer?.dispose();
    if (!this.syncing)
      for (const file of this.files) this.quietly('spool.closeFailed', () => file.close().forget());
    this.syncs.dispose();
  }

  /** Returns the file for the next frame. */
  private writable(): SpoolFile {
    const newest = this.files.at(-1);
    if (newest?.open && !newest.full) return newest;
    const number = (newest?.number ?? 0) + 1;
    const file = SpoolFile.create(
      pathOf(this.setup.folder, number),
      number,
      this.appended,
      this.setup.key,
    );
    if (process.platform !== 'win32') this.names.made++;
    this.files.push(file);
    return file;
  }

  private syncSoon(): void {
    this.timer?.dispose();
    this.timer = undefined;
    if (this.syncing || this.closed) return;
    this.syncing = true;
    const reached = new Map(this.appended);
    const begunMs = this.setup.clock.now();
    const dirty = this.files.filter((file) => file.unsyncedBytes > 0);
    const { made, safe } = this.names;
    let left = dirty.length + (safe < made ? 1 : 0);
    let failed = false;
    const done = (error: Error | null): void => {
      failed ||= error !== null;
      if (--left > 0) return;
      this.syncing = false;
      this.setup.onSynced?.(this.setup.clock.now() - begunMs);
      if (failed) this.setup.logger.error('spool.syncFailed');
      else this.settle(reached);
      if (this.closed)
        for (const file of this.files)
          this.quietly('spool.closeFailed', () => file.close().forget());
      else if (this.files.some((file) => file.unsyncedBytes > 0))
        this.timer ??= this.setup.clock.setTimeout(
          () => this.syncSoon(),
          this.waiting() >= SYNC_BYTES ? 0 : SYNC_MS,
        );
    };
    if (left === 0) this.syncing = false;
    for (const file of dirty) file.syncSoon(done);
    if (safe === made) return;
    syncFolderSoon(this.setup.folder, (error) => {
      if (!error) this.names.safe = Math.max(this.names.safe, made);
      // The folder was deleted with its session.
      done(this.closed ? null : error);
    });
  }

  private waiting(): number {
    return this.files.reduce((sum, file) => sum + file.unsyncedBytes, 0);
  }

  /** Closes full files that are on disk, and notifies callers that wait for the frames. */
  private settle(reached: ReadonlyMap<Source, number>): void {
    for (const file of this.files.slice(0, -1))
      if (file.open && file.unsyncedBytes === 0)
        this.quietly('spool.closeFailed', () => this.touch(file.close()));
    for (const [source, seq] of reached) {
      if (seq <= this.durableSeq(source)) continue;
      this.durable.set(source, seq);
      this.syncs.fire({ source, seq });
    }
  }

  /** Keeps the bytes of the most recently used files. */
  private touch(file: SpoolFile): void {
    if (file.open || this.cached[0] === file) return;
    this.cached = [file, ...this.cached.filter((other) => other !== file)];
    for (const old of this.cached.splice(CACHED_FILES)) old.forget();
  }

  private isReleased(file: SpoolFile): boolean {
    return (
      !file.open &&
      [...file.sources].every(
        (source) => (file.lastFrame(source) ?? -1) < (this.releasedBefore.get(source) ?? 0),
      )
    );
  }

  private quietly(event: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.setup.logger.warn(event, { error: (error as NodeJS.ErrnoException).code ?? 'unknown' });
    }
  }
}

/**
 * Gaps at damaged places: between records of a file, and at the end of a file if the marks of the
 * next file show a later frame. A gap without damage comes from the client.
 */
function lostOf(files: readonly SpoolFile[], source: Source): LostAudio[] {
  const lost: LostAudio[] = [];
  let last: number | undefined;
  for (const file of files) {
    const mark = file.marks.get(source);
    if (mark !== undefined && last !== undefined && mark > last)
      lost.push({ source, firstSeq: last + 1, lastSeq: mark });
    for (const { before = mark ?? last ?? -1, after } of file.breaks(source))
      if (after > before + 1) lost.push({ source, firstSeq: before + 1, lastSeq: after - 1 });
    last = file.lastFrame(source) ?? mark ?? last;
  }
  return lost;
}

const NAME = /^(\d{6})\.spool$/;

function pathOf(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(6, '0')}.spool`);
}

/** Paths, oldest first. */
export function spoolFilesIn(folder: string): readonly string[] {
  return numbersOf(folder).map((number) => pathOf(folder, number));
}

function numbersOf(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Runs the work; undefined if the file is gone, because a file with final text may be deleted at
 * any time.
 */
function whereThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

function syncPath(path: string, flags = 'r+'): void {
  const fd = openSync(path, flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Syncs the folder in the background. */
function syncFolderSoon(path: string, done: (error: Error | null) => void): void {
  open(path, 'r', (failure, fd) => {
    if (failure) return done(failure);
    fsync(fd, (error) => close(fd, () => done(error)));
  });
}

function unwritable(cause: unknown): EarmarkError {
  const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
  return new EarmarkError(
    'store.unwritable',
    full
      ? 'The disk is full, so Earmark cannot store audio; free some space.'
      : 'Earmark cannot write audio to the state folder; check its permissions and the ' + 'disk.',
    { cause },
  );
}
