/**
 * What a daemon can prove to have received of a source whose client asks for it: a running digest.
 * Where it stood at the last final goes into the store with the progress; what the spool holds
 * behind that is added again after a crash.
 */
import type { Frame, Source } from '../audio/frame';
import { FrameChain, type Received } from '../audio/frameChain';
import type { Spool } from './ports';

/** A digest that may be stored every second of audio: one for every frame would be 6 MB an hour. */
const MARK_FRAMES = 50;
/** Frames read from the spool at once. */
const BATCH = 100;

export class Receipt {
  private readonly chain: FrameChain;
  private readonly marks: Received[] = [];
  private behind: boolean;
  private kept: number;

  /** @param stored where an earlier run of the daemon got to */
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
   * Frames that just came in, one behind the other; also those whose words were final before a
   * crash took them from the spool.
   */
  add(frames: readonly Frame[]): void {
    this.catchUp();
    for (const frame of frames) this.take(frame);
  }

  /** The newest digest of frames whose words are final. */
  before(finalThrough: number): Received | undefined {
    return this.marks.findLast(({ frames }) => frames <= finalThrough + 1);
  }

  /** It is in the store; what it covers may leave the spool. */
  onStored({ frames }: Received): void {
    this.kept = Math.max(this.kept, frames);
    while (this.marks[0] && this.marks[0].frames <= this.kept) this.marks.shift();
  }

  /** Of everything that came in. */
  whole(): Received {
    this.catchUp();
    return this.chain.received;
  }

  /** Once after a crash, about 10 ms for every minute that was not final. */
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
