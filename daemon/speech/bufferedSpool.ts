/**
 * Spools that continue when the disk refuses to write. Refused frames stay in memory, bounded and
 * in order. They are written as soon as the disk accepts them. Frames in memory are never
 * acknowledged.
 */
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import { FRAME_MS, type Frame, type Source } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { Emitter } from '../base/emitter';
import type { Logger } from '../base/logger';
import type { LostAudio, Spool, SpoolFactory } from '../audio/spool';

export interface BufferedSpoolsSetup {
  readonly spools: SpoolFactory;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Maximum audio of a source in memory; beyond it the spool refuses as the disk does. */
  readonly memoryMs?: number;
}

/** 19 MB for each source. */
const MEMORY_MS = 10 * 60_000;
/** Delay between two tries of a disk that refuses. */
const RETRY_MS = 500;
const SOURCES: readonly Source[] = ['mic', 'system', 'file'];
/** Maximum number of frames in a write. */
const BATCH = 100;

export class BufferedSpools implements SpoolFactory {
  private readonly open_ = new Set<BufferedSpool>();

  constructor(private readonly setup: BufferedSpoolsSetup) {}

  /** True while some audio is only in memory. */
  get behind(): boolean {
    return [...this.open_].some((spool) => spool.behind);
  }

  /**
   * @throws EarmarkError store.unwritable if the disk has unreadable audio of the session: the next
   * frame number is then unknown
   */
  open(sessionId: string): Spool {
    const open = (): Spool => this.setup.spools.open(sessionId);
    let disk: Spool | undefined;
    try {
      disk = open();
    } catch (error) {
      if (!isEarmarkError(error, 'store.unwritable') || this.mayHave(sessionId)) throw error;
      this.setup.logger.warn('spool.inMemory');
    }
    const spool = new BufferedSpool(disk, open, this.setup, () => this.open_.delete(spool));
    this.open_.add(spool);
    return spool;
  }

  /**
   * The disk of all spools was removed: readable frames without final text go into memory, unsynced,
   * until `moved`.
   */
  lost(): void {
    for (const spool of this.open_) spool.loseDisk();
  }

  /** The disk exists again: frames are written to it. */
  moved(): void {
    for (const spool of this.open_) spool.sync();
  }

  private mayHave(sessionId: string): boolean {
    try {
      return this.setup.spools.list().includes(sessionId);
    } catch {
      return true;
    }
  }

  list(): readonly string[] {
    return this.setup.spools.list();
  }

  remove(sessionId: string): number {
    return this.setup.spools.remove(sessionId);
  }
}

class BufferedSpool implements Spool {
  private readonly waiting = new Map<Source, Frame[]>();
  private readonly released = new Map<Source, number>();
  /** Frames up to here were on a disk that was removed, and have final text. */
  private readonly settledThrough = new Map<Source, number>();
  /** True while the disk was removed and is not replaced. */
  private isLost = false;
  private readonly syncs = new Emitter<{ readonly source: Source; readonly seq: number }>();
  private retry: Disposable | undefined;
  private closed = false;
  /** Last error of the disk. */
  private refusal = new EarmarkError(
    'store.unwritable',
    'Earmark cannot write to the disk; free some space.',
  );
  readonly onDidSync = this.syncs.event;

  /** @param disk undefined while it cannot be opened */
  constructor(
    private disk: Spool | undefined,
    private readonly openDisk: () => Spool,
    private readonly setup: BufferedSpoolsSetup,
    private readonly gone: () => void,
  ) {
    if (disk) this.follow(disk);
  }

  /** Takes unreleased frames into memory and leaves the disk. */
  loseDisk(): void {
    const { disk } = this;
    if (!disk) return;
    for (const source of SOURCES) {
      const range = disk.range(source);
      const last = range?.lastSeq ?? disk.durableSeq(source);
      if (last < 0) continue;
      const frames = range ? readable(disk, source, range.firstSeq) : [];
      // Earlier frames have final text.
      this.settledThrough.set(source, (frames[0]?.seq ?? last + 1) - 1);
      const kept = [...frames, ...(this.waiting.get(source) ?? [])];
      if (kept.length > 0) this.waiting.set(source, kept);
    }
    this.disk = undefined;
    this.isLost = true;
    disk.dispose();
    this.setup.logger.warn('spool.diskLost');
    this.retryLater();
  }

  get lost(): readonly LostAudio[] {
    return this.disk?.lost ?? [];
  }

  get behind(): boolean {
    return this.waiting.size > 0 || this.isLost;
  }

  append(...frames: readonly Frame[]): void {
    const source = frames[0]?.source;
    if (source === undefined) return;
    if (this.disk && !this.waiting.has(source)) {
      try {
        return this.disk.append(...frames);
      } catch (refused) {
        if (this.closed || !isEarmarkError(refused, 'store.unwritable')) throw refused;
        this.refusal = refused;
        this.setup.logger.warn('spool.inMemory');
      }
    }
    const kept = this.waiting.get(source) ?? [];
    const taken = Math.max(this.disk?.range(source)?.lastSeq ?? -1, kept.at(-1)?.seq ?? -1);
    // Copy: the caller reuses the samples after this call.
    const fresh = frames
      .filter(({ seq }) => seq > taken)
      .map((frame) => ({ ...frame, pcm: frame.pcm.slice() }));
    const room = (this.setup.memoryMs ?? MEMORY_MS) / FRAME_MS - kept.length;
    kept.push(...fresh.slice(0, Math.max(0, room)));
    if (kept.length > 0) this.waiting.set(source, kept);
    this.retryLater();
    if (fresh.length > room) throw this.refusal;
  }

  durableSeq(source: Source): number {
    return Math.max(this.disk?.durableSeq(source) ?? -1, this.settledThrough.get(source) ?? -1);
  }

  range(source: Source): { readonly firstSeq: number; readonly lastSeq: number } | undefined {
    const onDisk = this.disk?.range(source);
    const kept = this.waiting.get(source);
    const [first, last] = [kept?.[0]?.seq, kept?.at(-1)?.seq];
    if (first === undefined || last === undefined) return onDisk;
    return { firstSeq: onDisk?.firstSeq ?? first, lastSeq: last };
  }

  sync(): void {
    this.drain();
    this.disk?.sync();
    if (this.behind) throw this.refusal;
  }

  read(source: Source, fromSeq: number, limit: number): readonly Frame[] {
    const onDisk = this.disk?.read(source, fromSeq, limit) ?? [];
    const next = Math.max(fromSeq, (onDisk.at(-1)?.seq ?? -1) + 1);
    const kept = this.waiting.get(source)?.filter(({ seq }) => seq >= next) ?? [];
    return kept.length === 0
      ? onDisk
      : [
          ...onDisk,
          ...kept
            .slice(0, Math.max(0, limit - onDisk.length))
            .map((frame) => ({ ...frame, pcm: frame.pcm.slice() })),
        ];
  }

  release(source: Source, seq: number): void {
    this.released.set(source, seq);
    this.disk?.release(source, seq);
    const kept = this.waiting.get(source)?.filter((frame) => frame.seq >= seq);
    if (kept) this.keep(source, kept);
  }

  remove(): void {
    this.waiting.clear();
    this.end();
    this.disk?.remove();
  }

  dispose(): void {
    this.drain();
    const lost = [...this.waiting.values()].reduce((sum, { length }) => sum + length, 0);
    if (lost > 0) this.setup.logger.error('spool.notWritten', { frames: lost });
    this.waiting.clear();
    this.end();
    this.disk?.dispose();
  }

  /** A removed disk syncs nothing any more. */
  private follow(disk: Spool): void {
    disk.onDidSync((synced) => {
      if (this.disk === disk) this.syncs.fire(synced);
    });
  }

  private tryDisk(): void {
    if (this.disk) return;
    try {
      this.disk = this.openDisk();
      this.isLost = false;
      this.follow(this.disk);
      for (const [source, seq] of this.released) this.disk.release(source, seq);
    } catch (error) {
      if (!isEarmarkError(error, 'store.unwritable')) throw error;
      this.refusal = error;
    }
  }

  /** Writes the waiting frames in order until the disk refuses. */
  private drain(): void {
    this.tryDisk();
    const { disk } = this;
    if (!disk) return;
    for (const [source, kept] of [...this.waiting]) {
      let done = 0;
      try {
        for (; done < kept.length; done += BATCH) disk.append(...kept.slice(done, done + BATCH));
      } catch (error) {
        if (!isEarmarkError(error, 'store.unwritable')) throw error;
        this.refusal = error;
      }
      const through = disk.range(source)?.lastSeq ?? -1;
      this.keep(source, done >= kept.length ? [] : kept.filter(({ seq }) => seq > through));
    }
    if (!this.behind) this.setup.logger.info('spool.onDiskAgain');
  }

  private keep(source: Source, frames: Frame[]): void {
    if (frames.length > 0) this.waiting.set(source, frames);
    else this.waiting.delete(source);
  }

  private retryLater(): void {
    if (this.closed) return;
    this.retry ??= this.setup.clock.setTimeout(() => {
      this.retry = undefined;
      if (this.behind) this.drain();
      if (this.behind) this.retryLater();
    }, RETRY_MS);
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    this.retry?.dispose();
    this.syncs.dispose();
    this.gone();
  }
}

/** Frames of a removed disk that are still in memory; older ones may be gone. */
function readable(disk: Spool, source: Source, firstSeq: number): Frame[] {
  const frames: Frame[] = [];
  const last = disk.range(source)?.lastSeq ?? -1;
  for (let seq = firstSeq; seq <= last;) {
    let read: readonly Frame[];
    try {
      read = disk.read(source, seq, BATCH);
    } catch {
      // A file of 1 MB that was closed before the removal.
      seq += BATCH;
      continue;
    }
    for (const frame of read) frames.push({ ...frame, pcm: frame.pcm.slice() });
    seq = (read.at(-1)?.seq ?? seq + BATCH - 1) + 1;
  }
  return frames;
}
