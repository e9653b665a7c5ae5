/** Level, echo of a small room, and noise. */
import type { Random } from './random';

function rms(pcm: Float32Array): number {
  let energy = 0;
  for (const x of pcm) energy += x * x;
  return Math.sqrt(energy / Math.max(1, pcm.length));
}

/** @param db RMS against full scale */
export function toLevel(pcm: Float32Array, db: number): Float32Array {
  const gain = 10 ** (db / 20) / Math.max(1e-6, rms(pcm));
  return pcm.map((x) => x * gain);
}

/** Delays in samples of a reverberator of parallel combs and serial all-passes (Schroeder 1962). */
const COMBS = [475, 593, 659, 701];
const ALL_PASSES = [80, 27];

/** Decay of 0.15 to 0.4 s, 12 to 20 dB below the voice. */
export function addRoom(pcm: Float32Array, random: Random): Float32Array {
  const decay = random.between(0.15, 0.4) * 16_000;
  let wet = new Float32Array(pcm.length);
  for (const delay of COMBS) {
    const feedback = 10 ** ((-3 * delay) / decay);
    const line = new Float32Array(pcm.length);
    for (let i = 0; i < pcm.length; i++) {
      line[i] = (pcm[i] as number) + feedback * (line[i - delay] ?? 0);
      wet[i] = (wet[i] as number) + (line[i - delay] ?? 0);
    }
  }
  for (const delay of ALL_PASSES) {
    const out = new Float32Array(wet.length);
    for (let i = 0; i < wet.length; i++)
      out[i] = -0.7 * (wet[i] as number) + (wet[i - delay] ?? 0) + 0.7 * (out[i - delay] ?? 0);
    wet = out;
  }
  const gain = (10 ** (-random.between(12, 20) / 20) * rms(pcm)) / Math.max(1e-6, rms(wet));
  return pcm.map((x, i) => x + gain * (wet[i] as number));
}

/** Noise that falls by 3 dB an octave (filter of Paul Kellet), so many dB below the speech. */
export function addNoise(pcm: Float32Array, belowDb: number, random: Random): Float32Array {
  const noise = new Float32Array(pcm.length);
  let [a, b, c] = [0, 0, 0];
  for (let i = 0; i < noise.length; i++) {
    const white = 2 * random.next() - 1;
    a = 0.99765 * a + white * 0.099046;
    b = 0.963 * b + white * 0.2965164;
    c = 0.57 * c + white * 1.0526913;
    noise[i] = a + b + c + white * 0.1848;
  }
  const gain = (10 ** (-belowDb / 20) * rms(pcm)) / Math.max(1e-6, rms(noise));
  return pcm.map((x, i) => x + gain * (noise[i] as number));
}
