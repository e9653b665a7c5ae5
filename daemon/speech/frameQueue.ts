/**
 * Queue of a source's frames between capture and segmentation. The spool stands before a short
 * queue. Frames that overflow the queue are read again from the spool. A frame is lost only if the
 * spool refused it.
 */
import { type Frame, type Source } from '../audio/frame';
import { BoundedQueue } from '../base/boundedQueue';
import type { Spool } from '../audio/spool';

/**
 * Frames of a batch: one second. Small enough for fairness between sources, large enough for fast
 * files.
 */
const BATCH = 50;

export interface FrameQueueSetup {
  readonly source: Source;
  readonly spool: Spool;
  readonly capacity: number;
  /** First frame to return. */
  readonly fromSeq: number;
  /** The spool refused a frame; the frame is only in the queue. */
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
  /** Next frame to return. */
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

  /** Last received frame. */
  get lastSeq(): number {
    return this.last;
  }

  /** First frame that was not returned yet. */
  get nextSeq(): number {
    return this.cursor;
  }

  /** Received frames that were not returned yet; holes count. */
  get backlog(): number {
    return this.last + 1 - this.cursor;
  }

  /** True while the queue has overflowed, so that frames come from the spool. */
  get behind(): boolean {
    return this.backlog > this.setup.capacity;
  }

  /**
   * Adds frames.
   * @param frames follow the last frame, with or without a hole between. The queue owns their
   * samples from now on
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
   * Returns the next frames in order; frames that the queue lacks come from the spool. Empty if no
   * frame waits.
   * @param before first frame to exclude
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
    // If the spool lacks the frames before the head, they are a hole.
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
