/**
 * Spools in memory. `crash` discards unsynced data, like a power failure. A full disk can be
 * simulated.
 */
import { EarmarkError } from '../../protocol/errors';
import type { Frame, Source } from '../../daemon/audio/frame';
import type { Clock } from '../../daemon/base/clock';
import type { Disposable } from '../../daemon/base/disposable';
import { Emitter } from '../../daemon/base/emitter';
import type { Spool, SpoolFactory } from '../../daemon/audio/spool';

interface Disk {
  readonly frames: Map<Source, Frame[]>;
  readonly last: Map<Source, number>;
}

export class MemorySpools implements SpoolFactory {
  private readonly disks = new Map<string, Disk>();
  private readonly open_ = new Set<MemorySpool>();
  /** Error of every append while set. */
  refuse: EarmarkError | undefined;
  /** Error of every open while set. */
  refuseOpen: EarmarkError | undefined;
  /**
   * While set, nothing is stored, even when forced, as if the machines that store it did not
   * answer.
   */
  waits = false;

  constructor(public clock: Clock) {}

  open(sessionId: string): Spool {
    if (this.refuseOpen) throw this.refuseOpen;
    const disk = this.disks.get(sessionId) ?? { frames: new Map(), last: new Map() };
    this.disks.set(sessionId, disk);
    const spool = new MemorySpool(this, disk, this.clock, () => this.disks.delete(sessionId));
    this.open_.add(spool);
    return spool;
  }

  list(): readonly string[] {
    return [...this.disks.keys()];
  }

  remove(sessionId: string): number {
    return this.disks.delete(sessionId) ? 1 : 0;
  }

  /** Simulates a power failure: unsynced data and open spools are lost. */
  crash(): void {
    for (const spool of this.open_) spool.crash();
    this.open_.clear();
  }
}

class MemorySpool implements Spool {
  private readonly syncs = new Emitter<{ readonly source: Source; readonly seq: number }>();
  private readonly fresh: Frame[] = [];
  private readonly appended: Map<Source, number>;
  private timer: Disposable | undefined;
  private closed = false;
  private crashed = false;
  readonly onDidSync = this.syncs.event;
  readonly lost = [];
  readonly behind = false;

  constructor(
    private readonly factory: MemorySpools,
    private readonly disk: Disk,
    private readonly clock: Clock,
    private readonly gone: () => void,
  ) {
    this.appended = new Map(disk.last);
  }

  append(...frames: readonly Frame[]): void {
    if (this.closed) throw new EarmarkError('store.unwritable', 'The session has ended.');
    if (this.factory.refuse) throw this.factory.refuse;
    for (const frame of frames) {
      if (frame.seq <= (this.appended.get(frame.source) ?? -1)) continue;
      this.fresh.push({ ...frame, pcm: frame.pcm.slice() });
      this.appended.set(frame.source, frame.seq);
    }
    this.timer ??= this.clock.setTimeout(() => this.sync(), 200);
  }

  durableSeq(source: Source): number {
    return this.disk.last.get(source) ?? -1;
  }

  range(source: Source): { readonly firstSeq: number; readonly lastSeq: number } | undefined {
    const all = this.all(source);
    const first = all[0];
    const last = all.at(-1);
    return first && last && { firstSeq: first.seq, lastSeq: last.seq };
  }

  sync(): void {
    this.timer?.dispose();
    this.timer = undefined;
    if (this.closed) return;
    if (this.factory.waits)
      return void (this.timer = this.clock.setTimeout(() => this.sync(), 200));
    for (const frame of this.fresh.splice(0)) {
      const frames = this.disk.frames.get(frame.source) ?? [];
      frames.push(frame);
      this.disk.frames.set(frame.source, frames);
    }
    for (const [source, seq] of this.appended) {
      if (seq <= this.durableSeq(source)) continue;
      this.disk.last.set(source, seq);
      this.syncs.fire({ source, seq });
    }
  }

  read(source: Source, fromSeq: number, limit: number): readonly Frame[] {
    return this.all(source)
      .filter(({ seq }) => seq >= fromSeq)
      .slice(0, limit);
  }

  release(source: Source, seq: number): void {
    if (this.closed) return;
    this.disk.frames.set(
      source,
      (this.disk.frames.get(source) ?? []).filter((frame) => frame.seq >= seq),
    );
    for (let i = this.fresh.length - 1; i >= 0; i--) {
      const frame = this.fresh[i];
      if (frame?.source === source && frame.seq < seq) this.fresh.splice(i, 1);
    }
  }

  remove(): void {
    if (!this.crashed) this.gone();
    this.forget();
  }

  dispose(): void {
    this.sync();
    this.forget();
  }

  crash(): void {
    this.crashed = true;
    this.forget();
  }

  private forget(): void {
    this.closed = true;
    this.timer?.dispose();
    this.syncs.dispose();
  }

  private all(source: Source): readonly Frame[] {
    return [
      ...(this.disk.frames.get(source) ?? []),
      ...this.fresh.filter((frame) => frame.source === source),
    ];
  }
}
