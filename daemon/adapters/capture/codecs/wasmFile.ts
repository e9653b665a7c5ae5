/** WASM files of codecs: beside the bundle, or in their package when run from the sources. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** File in dist/ → file of the package; scripts/build.mjs copies the same. */
const PACKAGED = {
  'mp3.wasm': 'minimp3-wasm/dist/decoder.opt.wasm',
  'vorbis.wasm': 'ogv/dist/ogv-decoder-audio-vorbis-wasm.wasm',
} as const;

export async function wasmFile(name: keyof typeof PACKAGED): Promise<Uint8Array<ArrayBuffer>> {
  const path =
    extname(__filename) === '.ts'
      ? join(__dirname, '../../../../node_modules', PACKAGED[name])
      : join(__dirname, name);
  return new Uint8Array(await readFile(path));
}
