/**
 * The way of one source's frames from capture to segmentation: the spool stands before a short
 * queue. What leaves a full queue is read again from the spool; a frame is lost only where the
 * spool could not take it.
 */
import { type Frame, type Source } from '../audio/frame';
import { BoundedQueue } from '../base/boundedQueue';
import type { Spool } from './ports';

/**
 * Frames taken at once: a second. Few enough that others get their turn, many enough that a file
 * flows.
 */
const BATCH = 50;

export interface FrameQueueSetup {
  readonly source: Source;
  readonly spool: Spool;
  readonly capacity: number;
  /** First frame to hand out. */
  readonly fromSeq: number;
  /** The spool refused a frame; it is in the queue only. */
  readonly onUnspooled: (error: unknown) => void;
  /** A frame left the queue and is not in the spool. */
  readonly onLost: () => void;
}

interface Queued {
  readonly frame: Frame;
  readonly spooled: boolean;
}

export class FrameQueue {
  private readonly queue: BoundedQueue<Queued>;
  /** Next frame to hand out. */
  private cursor: number;
  private last: number;
  private lastSpooled: number;

  constructor(private readonly setup: FrameQueueSetup) {
    this.queue = new BoundedQueue(setup.capacity);
    this.cursor = setup.fromSeq;
    this.last = Math.max(
      setup.fromSeq - 1,
      setup.spool.range(setup.source)?.lastSeq ?? -1,
      setup.spool.durableSeq(setup.source),
    );
    this.lastSpooled = this.last;
  }

  /** Last frame that came in. */
  get lastSeq(): number {
    return this.last;
  }

  /** First frame that was not handed out. */
  get nextSeq(): number {
    return this.cursor;
  }

  /** Frames that came in and were not handed out; holes count. */
  get backlog(): number {
    return this.last + 1 - this.cursor;
  }

  /** True while frames must come from the spool: the queue could not hold them. */
  get behind(): boolean {
    return this.backlog > this.setup.capacity;
  }

  /**
   *
   * @param frames follow the last one; there may be a hole between them. Their samples are the
   * queue's from now on
   */
  push(frames: readonly Frame[]): void {
    const last = frames.at(-1);
    if (!last) return;
    let spooledThrough = last.seq;
    try {
      this.setup.spool.append(...frames);
    } catch (error) {
      spooledThrough = this.setup.spool.range(this.setup.source)?.lastSeq ?? -1;
      this.setup.onUnspooled(error);
    }
    this.lastSpooled = Math.max(this.lastSpooled, spooledThrough);
    this.last = last.seq;
    for (const frame of frames) {
      const left = this.queue.push({ frame, spooled: frame.seq <= spooledThrough });
      if (left && !left.spooled && left.frame.seq >= this.cursor) this.setup.onLost();
    }
  }

  /**
   * Next frames in order, from the spool where the queue does not have them. Empty when there are
   * none.
   * @param before stops there
   */
  take(before = Infinity): readonly Frame[] {
    for (
      let head = this.queue.peek();
      head && head.frame.seq < this.cursor;
      head = this.queue.peek()
    )
      this.queue.shift();
    const head = this.queue.peek()?.frame.seq ?? this.last + 1;
    const end = Math.min(before, head);
    if (this.cursor < end && this.cursor <= this.lastSpooled) {
      const frames = this.setup.spool
        .read(this.setup.source, this.cursor, Math.min(BATCH, end - this.cursor))
        .filter((frame) => frame.seq < end);
      const last = frames.at(-1);
      if (last) {
        this.cursor = last.seq + 1;
        return frames;
      }
    }
    // A gap before the head that the spool lacks is a hole.
    const frames: Frame[] = [];
    for (
      let next = this.queue.peek();
      next && next.frame.seq < before && frames.length < BATCH;
      next = this.queue.peek()
    ) {
      frames.push(next.frame);
      this.queue.shift();
    }
    const last = frames.at(-1);
    if (last) this.cursor = last.seq + 1;
    else if (this.cursor < end) this.cursor = end;
    return frames;
  }
}
