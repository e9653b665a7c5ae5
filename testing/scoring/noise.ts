/**
 * Sounds without speech, from a fixed seed: what a recogniser must stay silent on. 16 kHz, signed
 * 16-bit.
 */
import { SAMPLE_RATE } from '../../daemon/audio/frame';

/** Park and Miller's generator, so that every run hears the same. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => ((state = (state * 16_807) % 2_147_483_647) / 2_147_483_647) * 2 - 1;
}

/** Amplitudes are such that the RMS is about −30 dBFS, a loud room. */
const makers = {
  silence: () => () => 0,
  white: (random: () => number) => () => random() * 0.055,
  /** Falls by 3 dB an octave; Paul Kellet's filter. */
  pink: (random: () => number) => {
    const b = [0, 0, 0];
    return () => {
      const white = random();
      b[0] = 0.99765 * (b[0] ?? 0) + white * 0.099046;
      b[1] = 0.963 * (b[1] ?? 0) + white * 0.2965164;
      b[2] = 0.57 * (b[2] ?? 0) + white * 1.0526913;
      return ((b[0] ?? 0) + (b[1] ?? 0) + (b[2] ?? 0) + white * 0.1848) * 0.018;
    };
  },
  /** A mains hum with its harmonics and some hiss. */
  hum: (random: () => number) => (i: number) =>
    [1, 0.5, 0.3, 0.2, 0.1].reduce(
      (sum, a, k) => sum + a * Math.sin((2 * Math.PI * 50 * (k + 1) * i) / SAMPLE_RATE),
      0,
    ) *
      0.03 +
    random() * 0.002,
  /** Typing: bursts of decaying noise, four to ten a second, with pauses. */
  keyboard: (random: () => number) => {
    let next = 0;
    let since = 1e9;
    let strength = 0;
    let typing = 0;
    return () => {
      if (--typing < -SAMPLE_RATE * 2) typing = SAMPLE_RATE * (3 + 2 * random());
      if (--next <= 0 && typing > 0) {
        next = SAMPLE_RATE * (0.175 + 0.075 * random());
        since = 0;
        strength = 0.25 + 0.15 * random();
      }
      return random() * strength * Math.exp(-since++ / 80) + random() * 0.001;
    };
  },
} as const;

export type NoiseKind = keyof typeof makers;
export const NOISE_KINDS = Object.keys(makers) as NoiseKind[];

export function makeNoise(kind: NoiseKind, seconds: number, seed = 7): Int16Array {
  const next: (i: number) => number = makers[kind](generator(seed));
  return Int16Array.from({ length: Math.round(seconds * SAMPLE_RATE) }, (_, i) =>
    Math.max(-32_768, Math.min(32_767, Math.round(next(i) * 32_767))),
  );
}
