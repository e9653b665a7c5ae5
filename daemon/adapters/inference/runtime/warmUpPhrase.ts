/**
 * Warm-up phrase of every model: the first sentence of the demo recording, 2.7 s, 16 kHz mono
 * s16le.
 */
import { readFile } from 'node:fs/promises';

/**
 * @param path path of `warmUp.s16`
 * @throws the error of the file system
 */
export async function readWarmUp(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return Float32Array.from(
    { length: bytes.length >> 1 },
    (_, i) => bytes.readInt16LE(2 * i) / 32_768,
  );
}
