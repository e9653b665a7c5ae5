/** Samples: bytes to numbers, floats to 16 bits. */

/** Turns s16le bytes of any length into samples; an odd byte waits for the next chunk. */
export class SampleReader {
  private left: number | undefined;

  /** @returns samples of this chunk, owned by the caller */
  push(chunk: Uint8Array): Int16Array {
    const carried = this.left === undefined ? 0 : 1;
    const bytes = chunk.length + carried;
    const samples = new Int16Array(bytes >> 1);
    const view = new Uint8Array(samples.buffer);
    const whole = view.length - carried;
    if (this.left !== undefined && view.length > 0) view[0] = this.left;
    if (view.length > 0)
      view.set(whole === chunk.length ? chunk : chunk.subarray(0, whole), carried);
    if (bytes & 1) this.left = chunk.length > 0 ? chunk[chunk.length - 1] : this.left;
    else this.left = undefined;
    return samples;
  }

  /** Pending bytes: 0 or 1. */
  get pendingBytes(): number {
    return this.left === undefined ? 0 : 1;
  }
}

/** Divisor with which a decoder turned 16-bit samples into floats. */
export interface FullScale {
  readonly negative: number;
  readonly positive: number;
}
export const FULL_SCALE: FullScale = { negative: 32_768, positive: 32_768 };

/**
 * Converts floats of −1…1 to 16 bits, rounded and limited. With the decoder's own scale, 16-bit
 * samples are restored exactly.
 */
export function toInt16(
  samples: Float32Array,
  { negative, positive }: FullScale = FULL_SCALE,
): Int16Array {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < out.length; i++) {
    const x = samples[i]!;
    const v = Math.round(x < 0 ? x * negative : x * positive);
    out[i] = v > 32_767 ? 32_767 : v < -32_768 ? -32_768 : v; // NaN becomes 0 in an Int16Array
  }
  return out;
}

/**
 * Converts 16 bits to floats of −1…1, as recognisers need.
 * @param out array of equal length
 */
export function toFloat32(
  samples: Int16Array,
  out: Float32Array = new Float32Array(samples.length),
): Float32Array {
  for (let i = 0; i < out.length; i++) out[i] = samples[i]! / 32_768;
  return out;
}

/** Concatenates the parts. */
export function joinSamples(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Stretches audio to another length; the pitch changes too. Interpolates with a cubic curve
 * (Catmull, Rom 1974), which is enough for small factors.
 * @param factor factor of the length, above 0
 */
export function stretched(samples: Float32Array, factor: number): Float32Array {
  const out = new Float32Array(Math.round(samples.length * factor));
  const last = samples.length - 1;
  for (let i = 0; i < out.length; i++) {
    const place = Math.min(i / factor, last);
    const from = Math.floor(place);
    const t = place - from;
    const [a, b, c, d] = [
      samples[Math.max(0, from - 1)]!,
      samples[from]!,
      samples[Math.min(last, from + 1)]!,
      samples[Math.min(last, from + 2)]!,
    ];
    out[i] = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  }
  return out;
}
