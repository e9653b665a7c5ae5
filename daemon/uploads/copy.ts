/**
 * Upload copy of a recording. Frames go to disk first, then to the client, so that all sent audio
 * is stored. If the disk refuses or the space for copies is used up, recording continues without a
 * copy.
 */
import { evenRuns } from '../audio/evenRuns';
import { FRAME_MS, FRAME_SAMPLES, type Frame } from '../audio/frame';
import { FrameChain } from '../audio/frameChain';
import type { Disposable } from '../base/disposable';
import type { Spool } from '../audio/spool';
import type { RecordedSource, SourceReceived } from './ports';

/** Maximum number of frames that wait for the disk, 30 s; beyond it the disk counts as refusing. */
const WAITING_MAX = 1_500;
/** Frames read and hashed before other work gets a turn. */
const BATCH = 200;

interface Line {
  chain: FrameChain;
  /** The spool was reopened and contains frames that are not hashed yet. */
  behind: boolean;
  next: number;
  waiting: Frame[];
  sink: ((frames: readonly Frame[]) => void) | undefined;
}

export class Copy implements Disposable {
  private readonly lines = new Map<RecordedSource, Line>();
  private readonly syncs: Disposable;
  private keeping = true;
  private closed = false;

  /** @param mayGrow returns false if the space is used up */
  constructor(
    readonly spool: Spool,
    sources: readonly RecordedSource[],
    private readonly mayGrow: () => boolean,
    private readonly onUnkept: (why: 'disk' | 'room') => void,
    private readonly nextTurn: () => Promise<void>,
  ) {
    for (const source of sources) {
      const next = (spool.range(source)?.lastSeq ?? -1) + 1;
      this.lines.set(source, {
        chain: new FrameChain(),
        behind: next > 0,
        next,
        waiting: [],
        sink: undefined,
      });
    }
    this.syncs = spool.onDidSync(({ source, seq }) => this.hand(source as RecordedSource, seq));
  }

  frames(source: RecordedSource): number {
    return this.lines.get(source)?.next ?? 0;
  }

  /**
   * Starts to record a source.
   * @param fromSeq first frame that the remote daemon lacks
   * @returns number of the next frame
   */
  record(
    source: RecordedSource,
    fromSeq: number,
    sink: (frames: readonly Frame[]) => void,
  ): number {
    const line = this.line(source);
    line.sink = sink;
    line.next = Math.max(line.next, fromSeq);
    return line.next;
  }

  /** @param frames consecutive, from the number that `record` returned; the copy keeps them */
  write(source: RecordedSource, frames: readonly Frame[]): void {
    const last = frames.at(-1);
    if (this.closed || !last) return;
    const line = this.line(source);
    line.next = last.seq + 1;
    this.take(source, line, frames);
  }

  /** The recorder ended. */
  end(source: RecordedSource): void {
    if (this.closed) return;
    const line = this.line(source);
    try {
      if (this.keeping) this.spool.sync();
    } catch {
      this.stopKeeping('disk');
    }
    this.hand(source, Infinity);
    line.sink = undefined;
  }

  /**
   * Returns at least one frame and at most `count`, up to the next break of the capture clock;
   * missing frames are silence.
   */
  read(
    source: RecordedSource,
    seq: number,
    count: number,
  ): { readonly captureMs: number; readonly pcm: Int16Array } {
    const stored = this.spool.read(source, seq, count).filter((frame) => frame.seq < seq + count);
    const [first] = stored;
    if (!first) return { captureMs: seq * FRAME_MS, pcm: new Int16Array(count * FRAME_SAMPLES) };
    const captureMs = Math.max(0, first.captureMs - (first.seq - seq) * FRAME_MS);
    const [run = []] = evenRuns(stored);
    const next = stored[run.length];
    const frames = (next ? next.seq : seq + count) - seq;
    const pcm = new Int16Array(frames * FRAME_SAMPLES);
    for (const frame of run) pcm.set(frame.pcm, (frame.seq - seq) * FRAME_SAMPLES);
    return { captureMs, pcm };
  }

  /** Length and hash of the recording; after a restart of the daemon, of its readable part. */
  async recorded(): Promise<readonly SourceReceived[]> {
    if (this.keeping) this.spool.sync();
    for (const [source, line] of this.lines) {
      while (line.behind) {
        const frames = this.spool.read(source, line.chain.frames, BATCH);
        for (const frame of frames) addTo(line.chain, frame);
        line.behind = frames.length > 0;
        await this.nextTurn();
      }
    }
    return [...this.lines].map(([source, { chain }]) => ({ source, ...chain.received }));
  }

  dispose(): void {
    this.closed = true;
    this.syncs.dispose();
    this.spool.dispose();
  }

  private line(source: RecordedSource): Line {
    const line = this.lines.get(source);
    if (!line) throw new Error(`There is no copy of the source ${source}.`);
    return line;
  }

  private take(source: RecordedSource, line: Line, frames: readonly Frame[]): void {
    if (frames.length === 0) return;
    if (!line.behind) for (const frame of frames) addTo(line.chain, frame);
    if (this.keeping && !this.mayGrow()) this.stopKeeping('room');
    try {
      if (this.keeping) this.spool.append(...frames);
    } catch {
      this.stopKeeping('disk');
    }
    line.waiting.push(...frames);
    if (this.keeping && line.waiting.length > WAITING_MAX) this.stopKeeping('disk');
    if (!this.keeping) this.hand(source, Infinity);
  }

  /** Sends the client the frames on disk. */
  private hand(source: RecordedSource, throughSeq: number): void {
    const line = this.lines.get(source);
    if (!line) return;
    const ready = line.waiting.findIndex((frame) => frame.seq > throughSeq);
    const frames = line.waiting.splice(0, ready < 0 ? line.waiting.length : ready);
    if (frames.length > 0) line.sink?.(frames);
  }

  private stopKeeping(why: 'disk' | 'room'): void {
    this.keeping = false;
    this.onUnkept(why);
  }
}

function addTo(chain: FrameChain, frame: Frame): void {
  if (frame.seq < chain.frames) return;
  chain.skipTo(frame.seq);
  chain.add(frame.pcm);
}
