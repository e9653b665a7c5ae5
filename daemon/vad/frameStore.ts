/**
 * Frames of a source that a phrase may still need, addressed by sample position since the first
 * frame.
 */
import { FRAME_MS, FRAME_SAMPLES, type Frame, SAMPLE_RATE } from '../audio/frame';
import { toFloat32 } from '../audio/pcm';
import { framePool } from '../audio/pools';

interface Stored {
  readonly seq: number;
  readonly captureMs: number;
  readonly pcm: Float32Array;
}

/** Number of frames dropped together, so that the array is not moved for each frame. */
const DROP_STEP = 64;

export class FrameStore {
  private frames: Stored[] = [];
  private closed = false;
  /** Index of the first stored frame; the first received frame has index 0. */
  private base = 0;

  /** Position after the last sample. */
  get end(): number {
    return (this.base + this.frames.length) * FRAME_SAMPLES;
  }

  append(frame: Frame): void {
    if (this.closed) return;
    this.frames.push({
      seq: frame.seq,
      captureMs: frame.captureMs,
      pcm: toFloat32(frame.pcm, framePool.take()),
    });
  }

  appendSilence(seq: number, captureMs: number): void {
    if (this.closed) return;
    this.frames.push({ seq, captureMs, pcm: framePool.take().fill(0) });
  }

  /** Returns a copy of the samples in `from … to`, without samples that are no longer stored. */
  slice(from: number, to: number): Float32Array {
    const first = Math.max(from, this.base * FRAME_SAMPLES);
    const out = new Float32Array(Math.max(0, Math.min(to, this.end) - first));
    for (let at = first; at < first + out.length;) {
      const inFrame = at % FRAME_SAMPLES;
      const take = Math.min(FRAME_SAMPLES - inFrame, first + out.length - at);
      out.set(
        this.at(at)?.pcm.subarray(inFrame, inFrame + take) ?? new Float32Array(take),
        at - first,
      );
      at += take;
    }
    return out;
  }

  /**
   * Returns the end of the quietest frame in `from … to`. Neighbours count half; the later of two
   * equal frames wins.
   */
  quietest(from: number, to: number): number {
    const first = Math.max(this.base, Math.ceil(from / FRAME_SAMPLES));
    const last = Math.min(this.base + this.frames.length, Math.floor(to / FRAME_SAMPLES)) - 1;
    const energies = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
      meanSquare(this.frames[first + i - this.base]?.pcm),
    );
    // A neighbour outside the range may not have arrived yet, so the edge frame replaces it.
    const energy = (index: number): number =>
      energies[Math.min(Math.max(index, first), last) - first] ?? 0;
    let best = last;
    let least = Infinity;
    for (let i = first; i <= last; i++) {
      const e = energy(i) + (energy(i - 1) + energy(i + 1)) / 2;
      if (e > least) continue;
      least = e;
      best = i;
    }
    return (best + 1) * FRAME_SAMPLES;
  }

  /** Capture time in milliseconds of a position. */
  timeOf(position: number): number {
    const frame = this.at(position);
    if (frame) return frame.captureMs + ((position % FRAME_SAMPLES) * 1000) / SAMPLE_RATE;
    const last = this.frames.at(-1);
    return last
      ? last.captureMs + FRAME_MS + ((position - this.end) * 1000) / SAMPLE_RATE
      : (position * 1000) / SAMPLE_RATE;
  }

  /**
   * Sequence number of the frame at a position; one past the last frame if the position is after
   * all.
   */
  seqOf(position: number): number {
    const frame = this.at(position);
    if (frame) return frame.seq;
    return (this.frames.at(-1)?.seq ?? -1) + 1;
  }

  /** Drops frames that lie wholly before `position`. */
  dropBefore(position: number): void {
    const gone = Math.min(this.frames.length - 1, Math.floor(position / FRAME_SAMPLES) - this.base);
    if (gone < DROP_STEP) return;
    for (let i = 0; i < gone; i++) framePool.give((this.frames[i] as Stored).pcm);
    this.frames = this.frames.slice(gone);
    this.base += gone;
  }

  /** Releases every frame; later frames are ignored. */
  close(): void {
    this.closed = true;
    for (const { pcm } of this.frames) framePool.give(pcm);
    this.frames = [];
  }

  private at(position: number): Stored | undefined {
    return this.frames[Math.floor(position / FRAME_SAMPLES) - this.base];
  }
}

function meanSquare(pcm: Float32Array | undefined): number {
  let sum = 0;
  for (const x of pcm ?? []) sum += x * x;
  return sum / FRAME_SAMPLES;
}
