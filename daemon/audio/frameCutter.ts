/** Cuts samples of any length into frames of 320 with sequence number and capture clock. */
import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE, type Frame, type Source } from './frame';

export interface FrameCutterOptions {
  readonly source: Source;
  /** Number of the first frame. */
  readonly firstSeq?: number;
  /** Capture clock of the first sample, ms since session start. */
  readonly startMs?: number;
  /** Receives all frames of one call, in order. */
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

  /** Sequence number of the next frame. */
  get nextSeq(): number {
    return this.seq;
  }
  /** Capture clock of the next sample. */
  get nextMs(): number {
    return this.clockMs + (this.filled * 1000) / SAMPLE_RATE;
  }

  /**
   * Emits every completed frame.
   * @param pcm owned by the cutter from now on: frames may be views of it
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

  /** Emits the rest as a last frame, padded with silence. @returns samples of silence added */
  flush(): number {
    if (this.filled === 0) return 0;
    const padding = FRAME_SAMPLES - this.filled;
    this.pending.fill(0, this.filled);
    this.options.onFrames([this.frame(this.pending.slice())]);
    return padding;
  }

  /**
   * Continues at `clockMs`, the capture clock of the next sample, after a pause or restart of the
   * recorder. Flushes the open frame. Ignores a clock before the end of the emitted frames, so
   * frames never overlap.
   */
  resumeAt(clockMs: number): void {
    this.flush();
    if (clockMs > this.clockMs) this.clockMs = clockMs;
  }

  /**
   * Moves the clock of the open frame by less than a frame, forwards or back, to correct drift of
   * the device's clock. Frame clocks still only increase.
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
