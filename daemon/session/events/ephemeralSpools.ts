/**
 * Audio of ephemeral sessions in memory. It is acknowledged when it is taken, because no daemon
 * continues the session after this one.
 */
import { EarmarkError } from '../../../protocol/errors';
import { FRAME_SAMPLES, type Frame, type Source } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type { Spool, SpoolFactory } from '../../audio/spool';

/**
 * Audio of all ephemeral sessions together, in bytes: 140 minutes of one source. Clients that send
 * files are slowed down long before (`ephemeralBacklogMs`).
 */
const TOTAL_BYTES = 256 * 1024 * 1024;
const FRAME_BYTES = FRAME_SAMPLES * 2;

export class EphemeralSpools implements SpoolFactory {
  private readonly open_ = new Map<string, EphemeralSpool>();

  constructor(
    private readonly clock: Clock,
    private readonly totalBytes = TOTAL_BYTES,
  ) {}

  open(sessionId: string): Spool {
    const spool = new EphemeralSpool(
      this.clock,
      () => this.bytes < this.totalBytes,
      () => this.open_.delete(sessionId),
    );
    this.open_.set(sessionId, spool);
    return spool;
  }

  list(): readonly string[] {
    return [...this.open_.keys()];
  }

  remove(sessionId: string): number {
    this.open_.get(sessionId)?.remove();
    return 0;
  }

  private get bytes(): number {
    return [...this.open_.values()].reduce((sum, { frames }) => sum + frames, 0) * FRAME_BYTES;
  }
}

/** Uses memory for the sessions that `isEphemeral` names, and `disk` for all others. */
export function spoolsByKind(
  disk: SpoolFactory,
  memory: SpoolFactory,
  isEphemeral: (sessionId: string) => boolean,
): SpoolFactory {
  return {
    open: (id) => (isEphemeral(id) ? memory : disk).open(id),
    list: () => [...memory.list(), ...disk.list()],
    remove: (id) => (isEphemeral(id) ? memory : disk).remove(id),
  };
}

class EphemeralSpool implements Spool {
  private readonly kept = new Map<Source, Frame[]>();
  private readonly last = new Map<Source, number>();
  private readonly syncs = new Emitter<{ readonly source: Source; readonly seq: number }>();
  private timer: Disposable | undefined;
  private closed = false;
  readonly lost = [];
  readonly behind = false;
  readonly onDidSync = this.syncs.event;

  constructor(
    private readonly clock: Clock,
    private readonly hasRoom: () => boolean,
    private readonly gone: () => void,
  ) {}

  /** Number of frames in memory. */
  get frames(): number {
    return [...this.kept.values()].reduce((sum, { length }) => sum + length, 0);
  }

  append(...frames: readonly Frame[]): void {
    const source = frames[0]?.source;
    if (source === undefined) return;
    if (this.closed)
      throw new EarmarkError(
        'store.unwritable',
        'The session has ended. Its audio is no longer stored.',
      );
    if (!this.hasRoom())
      throw new EarmarkError(
        'store.unwritable',
        'Too much audio waits for recognition in memory; stop other dictations.',
      );
    const before = this.last.get(source) ?? -1;
    const kept = this.kept.get(source) ?? [];
    for (const frame of frames)
      // Copy: the caller reuses the samples after this call.
      if (frame.seq > before) kept.push({ ...frame, pcm: frame.pcm.slice() });
    this.kept.set(source, kept);
    this.last.set(source, Math.max(before, kept.at(-1)?.seq ?? -1));
    this.timer ??= this.clock.setTimeout(() => this.sync(), 0);
  }

  durableSeq(source: Source): number {
    return this.last.get(source) ?? -1;
  }

  sync(): void {
    this.timer?.dispose();
    this.timer = undefined;
    for (const [source, seq] of this.last) this.syncs.fire({ source, seq });
  }

  read(source: Source, fromSeq: number, limit: number): readonly Frame[] {
    const kept = this.kept.get(source) ?? [];
    const first = indexOf(kept, fromSeq);
    return kept.slice(first, first + limit).map((frame) => ({ ...frame, pcm: frame.pcm.slice() }));
  }

  release(source: Source, seq: number): void {
    const kept = this.kept.get(source);
    kept?.splice(0, indexOf(kept, seq));
  }

  range(source: Source): { readonly firstSeq: number; readonly lastSeq: number } | undefined {
    const kept = this.kept.get(source);
    const [first, last] = [kept?.[0], kept?.at(-1)];
    return first && last && { firstSeq: first.seq, lastSeq: last.seq };
  }

  remove(): void {
    this.dispose();
  }

  dispose(): void {
    if (this.closed) return;
    this.closed = true;
    this.timer?.dispose();
    this.kept.clear();
    this.syncs.dispose();
    this.gone();
  }
}

/** Index of the first frame that is not before `seq`. */
function indexOf(frames: readonly Frame[], seq: number): number {
  const found = frames.findIndex((frame) => frame.seq >= seq);
  return found < 0 ? frames.length : found;
}
