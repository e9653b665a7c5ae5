/**
 * Upload copy of a recording. Frames go to disk first, then to the client, so that all sent audio
 * is stored. If the disk refuses or the space for copies is used up, recording continues without a
 * copy.
 */
import { FRAME_MS, FRAME_SAMPLES, type Frame } from '../audio/frame';
import { FrameChain } from '../audio/frameChain';
import type { Disposable } from '../base/disposable';
import type { Spool } from '../session/ports';
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
  readonly rest: Int16Array;
  restLength: number;
  sink: ((seq: number, pcm: Int16Array) => void) | undefined;
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
        rest: new Int16Array(FRAME_SAMPLES),
        restLength: 0,
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
    sink: (seq: number, pcm: Int16Array) => void,
  ): number {
    const line = this.line(source);
    line.sink = sink;
    line.restLength = 0;
    line.next = Math.max(line.next, fromSeq);
    return line.next;
  }

  write(source: RecordedSource, pcm: Int16Array): void {
    if (this.closed) return;
    const line = this.line(source);
    const frames: Frame[] = [];
    for (let at = 0; at < pcm.length;) {
      const part = pcm.subarray(at, at + FRAME_SAMPLES - line.restLength);
      line.rest.set(part, line.restLength);
      line.restLength += part.length;
      at += part.length;
      if (line.restLength === FRAME_SAMPLES) frames.push(this.cut(source, line));
    }
    this.take(source, line, frames);
  }

  /** The recorder ended; the last frame is filled with silence. */
  end(source: RecordedSource): void {
    if (this.closed) return;
    const line = this.line(source);
    if (line.restLength > 0) {
      line.rest.fill(0, line.restLength);
      this.take(source, line, [this.cut(source, line)]);
    }
    try {
      if (this.keeping) this.spool.sync();
    } catch {
      this.stopKeeping('disk');
    }
    this.hand(source, Infinity);
    line.sink = undefined;
  }

  /** Returns exactly `count` frames; missing frames are silence. */
  read(source: RecordedSource, seq: number, count: number): Int16Array {
    const pcm = new Int16Array(count * FRAME_SAMPLES);
    for (const frame of this.spool.read(source, seq, count)) {
      const at = frame.seq - seq;
      if (at < count) pcm.set(frame.pcm, at * FRAME_SAMPLES);
    }
    return pcm;
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

  private cut(source: RecordedSource, line: Line): Frame {
    const frame = {
      source,
      seq: line.next,
      captureMs: line.next * FRAME_MS,
      pcm: line.rest.slice(),
    };
    line.next++;
    line.restLength = 0;
    return frame;
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
    const [first] = frames;
    if (!first || !line.sink) return;
    const pcm = new Int16Array(frames.length * FRAME_SAMPLES);
    frames.forEach((frame, i) => pcm.set(frame.pcm, i * FRAME_SAMPLES));
    line.sink(first.seq, pcm);
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
