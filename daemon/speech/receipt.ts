/**
 * Receipt for the received audio of a source: a running digest, made if the client requests it.
 * Each final stores the current digest with the progress. After a crash, the frames in the spool
 * are added again.
 */
import type { Frame, Source } from '../audio/frame';
import { FrameChain, type Received } from '../audio/frameChain';
import type { Spool } from '../audio/spool';

/**
 * Interval of the digests that may be stored: one second of audio. A digest for every frame would
 * need 6 MB an hour.
 */
const MARK_FRAMES = 50;
/** Frames read from the spool at once. */
const BATCH = 100;

export class Receipt {
  private readonly chain: FrameChain;
  private readonly marks: Received[] = [];
  private behind: boolean;
  private kept: number;

  /** @param stored state at the end of the previous run of the daemon */
  constructor(
    private readonly source: Source,
    private readonly spool: Spool,
    stored: Received | undefined,
  ) {
    this.chain = new FrameChain(stored);
    this.kept = this.chain.frames;
    this.behind = (spool.range(source)?.lastSeq ?? -1) >= this.chain.frames;
  }

  /** First frame that must stay in the spool. */
  get neededFrom(): number {
    return this.kept;
  }

  /**
   * Adds consecutive frames that just arrived. Includes frames that became final before a crash and
   * left the spool.
   */
  add(frames: readonly Frame[]): void {
    this.catchUp();
    for (const frame of frames) this.take(frame);
  }

  /** Newest digest of frames with final text. */
  before(finalThrough: number): Received | undefined {
    return this.marks.findLast(({ frames }) => frames <= finalThrough + 1);
  }

  /** The digest is stored; its frames may leave the spool. */
  onStored({ frames }: Received): void {
    this.kept = Math.max(this.kept, frames);
    while (this.marks[0] && this.marks[0].frames <= this.kept) this.marks.shift();
  }

  /** Digest of all received frames. */
  whole(): Received {
    this.catchUp();
    return this.chain.received;
  }

  /** Reads the spool once after a crash. Takes about 10 ms for every minute that is not final. */
  private catchUp(): void {
    while (this.behind) {
      const frames = this.spool.read(this.source, this.chain.frames, BATCH);
      for (const frame of frames) this.take(frame);
      this.behind = frames.length > 0;
    }
  }

  private take(frame: Frame): void {
    if (frame.seq < this.chain.frames) return;
    this.chain.skipTo(frame.seq);
    this.chain.add(frame.pcm);
    if (this.chain.frames % MARK_FRAMES === 0) this.marks.push(this.chain.received);
  }
}
