/**
 * libSQL's 8-bit vectors for SQLite without them: `vector8('[…]')` and `vector_distance_cos(a, b)`
 * in libSQL's own format, so that both read each other's data. Format: a byte for each value,
 * padded to a multiple of four; a step and the least value as 32-bit floats, little-endian; 0, the
 * number of padding bytes, 4. A value is least + step × byte.
 */

const TYPE_8_BIT = 4;

/** @throws if the text is no list of numbers */
export function vector8(json: string): Uint8Array {
  const values = Float32Array.from(JSON.parse(json) as number[]);
  if (values.length === 0 || !values.every(Number.isFinite))
    throw new Error('vector8 takes a list of numbers.');
  const least = Math.min(...values);
  const step = Math.fround((Math.max(...values) - least) / 255);
  const filling = -values.length & 3;
  const bytes = new Uint8Array(values.length + filling + 11);
  values.forEach(
    (value, i) =>
      (bytes[i] = step === 0 ? 0 : Math.min(255, Math.floor((value - least) / step + 0.5))),
  );
  const view = new DataView(bytes.buffer, values.length + filling);
  view.setFloat32(0, step, true);
  view.setFloat32(4, least, true);
  bytes.set([0, filling, TYPE_8_BIT], values.length + filling + 8);
  return bytes;
}

/** One minus the cosine. @throws if the vectors differ in length or format */
export function cosineDistance(one: Uint8Array, other: Uint8Array): number {
  const [a, b] = [read(one), read(other)];
  if (a.length !== b.length) throw new Error('The vectors have different lengths.');
  let [dot, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a.least + a.step * (one[i] ?? 0), b.least + b.step * (other[i] ?? 0)];
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return 1 - dot / Math.sqrt(lengthA * lengthB);
}

function read(bytes: Uint8Array): {
  readonly length: number;
  readonly step: number;
  readonly least: number;
} {
  if (bytes.length < 12 || bytes.at(-1) !== TYPE_8_BIT)
    throw new Error('This is not a vector of 8 bits.');
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 11);
  return {
    length: bytes.length - 11 - (bytes.at(-2) ?? 0),
    step: view.getFloat32(0, true),
    least: view.getFloat32(4, true),
  };
}
