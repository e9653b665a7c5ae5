/** Cuts samples of any length into frames of 320 with sequence number and capture clock. */
import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE, type Frame, type Source } from './frame';

export interface FrameCutterOptions {
  readonly source: Source;
  /** Number of the first frame. */
  readonly firstSeq?: number;
  /** Capture clock of the first sample, ms since session start. */
  readonly startMs?: number;
  /** All that one call made, in order. */
  readonly onFrames: (frames: readonly Frame[]) => void;
}

export class FrameCutter {
  private readonly pending = new Int16Array(FRAME_SAMPLES);
  private filled = 0;
  private seq: number;
  private clockMs: number;

  constructor(private readonly options: FrameCutterOptions) {
    this.seq = options.firstSeq ?? 0;
    this.clockMs = options.startMs ?? 0;
  }

  /** Number of the frame that comes next. */
  get nextSeq(): number {
    return this.seq;
  }
  /** Capture clock of the sample that comes next. */
  get nextMs(): number {
    return this.clockMs + (this.filled * 1000) / SAMPLE_RATE;
  }
  get pendingSamples(): number {
    return this.filled;
  }

  /**
   * Emits every frame that these samples complete.
   * @param pcm the cutter's from now on: frames may be views of it
   */
  push(pcm: Int16Array): void {
    const frames: Frame[] = [];
    for (let at = 0; at < pcm.length;) {
      const take = Math.min(FRAME_SAMPLES - this.filled, pcm.length - at);
      const part = pcm.subarray(at, at + take);
      at += take;
      if (take === FRAME_SAMPLES) frames.push(this.frame(part));
      else {
        this.pending.set(part, this.filled);
        this.filled += take;
        if (this.filled === FRAME_SAMPLES) frames.push(this.frame(this.pending.slice()));
      }
    }
    if (frames.length > 0) this.options.onFrames(frames);
  }

  /** Emits what waits as a last frame, padded with silence. @returns samples of silence added. */
  flush(): number {
    if (this.filled === 0) return 0;
    const padding = FRAME_SAMPLES - this.filled;
    this.pending.fill(0, this.filled);
    this.options.onFrames([this.frame(this.pending.slice())]);
    return padding;
  }

  /**
   * The next sample was captured at `clockMs`: what came before stands still (the recorder was
   * paused or started anew). Flushes the open frame; a clock before the end of what was emitted is
   * ignored, so frames never overlap.
   */
  resumeAt(clockMs: number): void {
    this.flush();
    if (clockMs > this.clockMs) this.clockMs = clockMs;
  }

  /**
   * Moves the clock of the frame that is open by less than a frame, forwards or back: the device's
   * clock runs a little faster or slower than ours. Clocks of frames still only grow.
   */
  slew(ms: number): void {
    this.clockMs += Math.max(1 - FRAME_MS, Math.min(FRAME_MS - 1, ms));
  }

  private frame(pcm: Int16Array): Frame {
    const frame: Frame = {
      source: this.options.source,
      seq: this.seq,
      captureMs: this.clockMs,
      pcm,
    };
    this.seq++;
    this.clockMs += FRAME_MS;
    this.filled = 0;
    return frame;
  }
}
