/**
 * Frames that audio like talk, for tests of echo removal: syllables of uneven loudness with pauses,
 * from a seed.
 */
import { FRAME_MS, FRAME_SAMPLES, type Frame } from '../../../daemon/audio/frame';
import { FLOOR_DB } from '../../../daemon/echo/echoEnvelope';

/** dBFS by frame. */
export function talk(frames: number, seed: number, loudDb = -20): Float32Array {
  let state = seed * 7_919 + 1;
  const random = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  for (let i = 0; i < 10; i++) random();
  const levels = new Float32Array(frames);
  for (let i = 0; i < frames;) {
    const length = 4 + Math.floor(random() * 10);
    const level = random() < 0.25 ? -70 : loudDb - random() * 12;
    for (let k = 0; k < length && i < frames; k++, i++)
      levels[i] = level - Math.abs(k - length / 2) * random();
  }
  return levels;
}

export function silence(frames: number): Float32Array {
  return new Float32Array(frames).fill(FLOOR_DB);
}

export function join(...parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** What a microphone hears of two sounds: their energies add up, over a room of −65 dBFS. */
export function mixed(
  own: Float32Array,
  system: Float32Array,
  echo?: { readonly lag: number; readonly gainDb: number },
): Float32Array {
  const energy = (db: number): number => 10 ** (db / 10);
  return own.map(
    (db, i) =>
      10 *
      Math.log10(
        energy(db) +
          energy(-65) +
          (echo ? energy((system[i - echo.lag] ?? FLOOR_DB) + echo.gainDb) : 0),
      ),
  );
}

/** Frames of that loudness: a square wave. */
export function framesAt(source: Frame['source'], levels: Float32Array): Frame[] {
  return Array.from(levels, (db, seq) => {
    const amplitude = db <= FLOOR_DB ? 0 : Math.round(10 ** (db / 20) * 32_767);
    return {
      source,
      seq,
      captureMs: seq * FRAME_MS,
      pcm: Int16Array.from({ length: FRAME_SAMPLES }, (_, i) =>
        i % 2 === 0 ? amplitude : -amplitude,
      ),
    };
  });
}
