/** Loudness of one source over the last minutes, one byte per 20 ms, by the capture clock. */
import { FRAME_MS, type Frame } from '../audio/frame';

/** Below this a frame counts as silence. */
export const FLOOR_DB = -90;
/** 0.4 dB a step: 255 steps reach 12 dB above full scale. */
const STEP_DB = 0.4;
/** Five minutes, 15 kB. The sources of a file can be further apart, those of a meeting cannot. */
const SLOTS = 15_000;
/** A gap of the capture clock up to this many frames is jitter, not silence. */
const JITTER = 2;
const NOISE_FRAMES = 1_000;

/** RMS of one frame in dBFS, not below FLOOR_DB. */
export function frameDb(pcm: Int16Array): number {
  let squares = 0;
  for (let i = 0; i < pcm.length; i++) squares += pcm[i]! * pcm[i]!;
  return squares === 0
    ? FLOOR_DB
    : Math.max(FLOOR_DB, 10 * Math.log10(squares / pcm.length / 1_073_741_824));
}

export class EnvelopeTrack {
  private readonly ring = new Uint8Array(SLOTS);
  /** First slot without audio yet. */
  private end = 0;
  private begin = 0;

  /** Session time up to which audio has arrived, milliseconds. */
  get endMs(): number {
    return this.end * FRAME_MS;
  }

  push(frame: Pick<Frame, 'captureMs' | 'pcm'>): void {
    const slot = Math.max(0, Math.round(frame.captureMs / FRAME_MS));
    const value = Math.round((frameDb(frame.pcm) - FLOOR_DB) / STEP_DB);
    if (slot < this.end - SLOTS) return;
    const hole = slot - this.end;
    if (this.end === this.begin || hole >= SLOTS) this.begin = this.end = slot;
    else for (let i = 0; i < hole; i++) this.set(this.end + i, hole <= JITTER ? value : 0);
    this.set(slot, value);
    this.end = Math.max(this.end, slot + 1);
    this.begin = Math.max(this.begin, this.end - SLOTS);
  }

  /**
   * Levels of `frames` frames from `fromMs` on (rounded to a frame), dBFS; FLOOR_DB where no audio
   * arrived.
   */
  slice(fromMs: number, frames: number): Float32Array {
    const from = Math.round(fromMs / FRAME_MS);
    const levels = new Float32Array(frames).fill(FLOOR_DB);
    for (let i = Math.max(0, this.begin - from); i < frames && from + i < this.end; i++)
      levels[i] = (this.ring[(from + i) % SLOTS] as number) * STEP_DB + FLOOR_DB;
    return levels;
  }

  /** Level of the room without speech: nine tenths of the 20 s before `toMs` are louder. */
  noiseDb(toMs: number): number {
    const receive = this.slice(toMs - NOISE_FRAMES * FRAME_MS, NOISE_FRAMES)
      .filter((v) => v > FLOOR_DB)
      .sort();
    return receive.length < NOISE_FRAMES / 20
      ? FLOOR_DB
      : (receive[Math.floor(receive.length / 10)] as number);
  }

  private set(slot: number, value: number): void {
    this.ring[slot % SLOTS] = value;
  }
}
