/**
 * Tests whether the microphone captured the loudspeakers. It compares the loudness of both over a
 * stretch of time: an echo follows the system's audio a little later and softer by a constant
 * amount. Other speech does not follow it.
 */
import { FRAME_MS } from '../audio/frame';
import { FLOOR_DB } from './echoEnvelope';

/**
 * Range of the lag from the loudspeakers' capture to the microphone's. The clocks of two recorders
 * may differ, so the lag can be negative.
 */
const MIN_LAG_MS = -100;
const MAX_LAG_MS = 400;
/** Frames this far below the loudest frame of the stretch are ignored, dB. */
const RANGE_DB = 25;
/** Decay of a room per frame, dB (60 dB in 0.6 s). */
const DECAY_DB = 2;
/** Audio begins this far above the room's noise, dB. */
const OVER_NOISE_DB = 6;
/**
 * A frame louder than the echo by this much belongs to another voice, if the difference lasts for
 * OWN_FRAMES.
 */
const OWN_DB = 7;
const OWN_FRAMES = 3;

/** How the loudspeakers reach the microphone. */
export interface EchoPath {
  readonly lagMs: number;
  /** Level of the microphone relative to the system, negative where the echo is softer, dB. */
  readonly gainDb: number;
}

export interface EchoCorrelation extends EchoPath {
  /** Correlation of both envelopes in dB at the best lag, −1…1. */
  readonly correlation: number;
  /**
   * Width of the middle half of the differences of level: small for an echo, large for two voices.
   */
  readonly spreadDb: number;
  /** Audio in the microphone, and the part of it that the loudspeakers do not explain. */
  readonly audioMs: number;
  readonly ownMs: number;
  /** Own speech while the loudspeakers play. */
  readonly bothMs: number;
  /** Class of each frame: quiet, explained by the loudspeakers, own, or own over them. */
  readonly frames: readonly FrameKind[];
}

export type FrameKind = 'quiet' | 'echo' | 'own' | 'both';

/** Frames of the system that `similarity` needs before and after the microphone's stretch. */
export const BEFORE = MAX_LAG_MS / FRAME_MS;
export const AFTER = -MIN_LAG_MS / FRAME_MS;

/**
 * @param mic level of each frame, dBFS
 * @param system level of each frame, dBFS, from BEFORE frames earlier to AFTER frames later
 * @param noiseDb level of the microphone's room without speech
 * @param known the estimate of this room; with it the level of the echo is not estimated from a
 * stretch that may contain two voices
 * @returns undefined where one of them was silent
 */
export function correlateSpeech(
  mic: Float32Array,
  system: Float32Array,
  noiseDb = FLOOR_DB,
  known?: EchoPath,
): EchoCorrelation | undefined {
  const micPeak = peak(mic);
  const systemPeak = peak(system);
  if (mic.length < 5 || micPeak < FLOOR_DB + RANGE_DB || systemPeak < FLOOR_DB + RANGE_DB)
    return undefined;
  const quietDb = Math.max(micPeak - RANGE_DB, Math.min(noiseDb, micPeak - 20) + OVER_NOISE_DB);
  const x = mic.map((v) => Math.max(v, micPeak - RANGE_DB));
  const y = system.map((v) => Math.max(v, systemPeak - RANGE_DB));
  let lag = 0;
  let correlation = -1;
  for (let k = -AFTER; k <= BEFORE; k++) {
    const r = correlate(x, y, BEFORE - k);
    if (r > correlation) [lag, correlation] = [k, r];
  }
  const differences: number[] = [];
  for (let i = 0; i < mic.length; i++) {
    const level = system[i + BEFORE - lag] as number;
    if (level > systemPeak - 15) differences.push((mic[i] as number) - level);
  }
  if (differences.length < 5) return undefined;
  differences.sort((a, b) => a - b);
  const at = (share: number): number =>
    differences[Math.floor(share * (differences.length - 1))] as number;
  const gainDb = at(0.4);
  const frames = kinds(
    mic,
    system,
    known ?? { lagMs: lag * FRAME_MS, gainDb },
    quietDb,
    noiseDb + OVER_NOISE_DB,
  );
  const count = (kind: FrameKind): number => frames.filter((k) => k === kind).length * FRAME_MS;
  const bothMs = count('both');
  const ownMs = count('own') + bothMs;
  return {
    lagMs: lag * FRAME_MS,
    gainDb,
    correlation,
    spreadDb: at(0.75) - at(0.25),
    audioMs: count('echo') + ownMs,
    ownMs,
    bothMs,
    frames,
  };
}

function kinds(
  mic: Float32Array,
  system: Float32Array,
  { lagMs, gainDb }: EchoPath,
  quietDb: number,
  audibleDb: number,
): FrameKind[] {
  const lag = Math.round(lagMs / FRAME_MS);
  // The frames of both recorders may be cut at different times, and the capture clocks drift: the
  // loudest neighbour counts.
  const near = (j: number): number =>
    Math.max(system[j - 1] ?? FLOOR_DB, system[j] ?? FLOOR_DB, system[j + 1] ?? FLOOR_DB);
  let tail = FLOOR_DB;
  for (let j = 0; j < BEFORE - lag; j++) tail = Math.max(near(j), tail - DECAY_DB);
  const result = Array.from(mic, (level, i): FrameKind => {
    const now = near(i + BEFORE - lag);
    tail = Math.max(now, tail - DECAY_DB);
    if (level < quietDb) return 'quiet';
    if (level <= tail + gainDb + OWN_DB) return 'echo';
    return now + gainDb > audibleDb ? 'both' : 'own';
  });
  for (let from = 0; from < result.length;) {
    let to = from;
    while (to < result.length && isOwn(result[to]) === isOwn(result[from])) to++;
    if (isOwn(result[from]) && to - from < OWN_FRAMES) result.fill('echo', from, to);
    from = to;
  }
  return result;
}

export function isOwn(kind: FrameKind | undefined): boolean {
  return kind === 'own' || kind === 'both';
}

/** Pearson's r of x and as much of y from `offset` on. */
function correlate(x: Float32Array, y: Float32Array, offset: number): number {
  let sx = 0,
    sy = 0,
    sxx = 0,
    syy = 0,
    sxy = 0;
  const n = x.length;
  for (let i = 0; i < n; i++) {
    const a = x[i] as number;
    const b = y[i + offset] as number;
    sx += a;
    sy += b;
    sxx += a * a;
    syy += b * b;
    sxy += a * b;
  }
  const scale = Math.sqrt((sxx - (sx * sx) / n) * (syy - (sy * sy) / n));
  return scale > 1e-6 ? (sxy - (sx * sy) / n) / scale : 0;
}

function peak(levels: Float32Array): number {
  let most = FLOOR_DB;
  for (const v of levels) if (v > most) most = v;
  return most;
}
