/**
 * Checks a ggml file of Whisper before whisper.cpp opens it: the binding's promise never settles
 * for a file that cannot be loaded. Reads the headers of all tensors and skips their data.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { EarmarkError } from '../../../../protocol/errors';

/** "ggml", read as a little-endian number. */
export const GGML_MAGIC = 0x67676d6c;
const HPARAMS = 11;
/** Elements and bytes of a block, by ggml's type number: f32, f16, q4_0, q4_1, q5_0, q5_1, q8_0. */
const TYPES: Readonly<Record<number, readonly [elements: number, bytes: number]>> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
};
const MAX_WORD_BYTES = 1_000;
/** Tensors of each encoder layer, of each decoder layer, and outside the layers. */
const ENCODER_LAYER = 15;
const DECODER_LAYER = 24;
const OTHERS = 11;

/** An open file. */
export interface FileBytes {
  read(
    into: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
}

/** A buffered reader: a vocabulary of a hundred thousand words would need as many reads. */
class Reader {
  private buffer = Buffer.alloc(0);
  private start = 0;
  position = 0;
  constructor(
    private readonly file: FileBytes,
    readonly size: number,
  ) {}

  /** @throws RangeError past the end */
  async take(bytes: number): Promise<Buffer> {
    if (bytes < 0 || this.position + bytes > this.size) throw new RangeError('cut');
    if (this.position < this.start || this.position + bytes > this.start + this.buffer.length) {
      const next = Buffer.alloc(Math.min(Math.max(bytes, 1 << 16), this.size - this.position));
      const { bytesRead } = await this.file.read(next, 0, next.length, this.position);
      this.buffer = next.subarray(0, bytesRead);
      this.start = this.position;
      if (bytesRead < bytes) throw new RangeError('cut');
    }
    const from = this.position - this.start;
    this.position += bytes;
    return this.buffer.subarray(from, from + bytes);
  }
  /** Returns the bytes if they are already in memory; else undefined. */
  ready(bytes: number): Buffer | undefined {
    const from = this.position - this.start;
    if (from < 0 || bytes < 0 || from + bytes > this.buffer.length) return undefined;
    this.position += bytes;
    return this.buffer.subarray(from, from + bytes);
  }
  async int(): Promise<number> {
    return (await this.take(4)).readInt32LE(0);
  }
  /** @throws RangeError past the end */
  skip(bytes: number): void {
    this.position += bytes;
    if (this.position > this.size) throw new RangeError('cut');
  }
}

export interface WhisperFileFacts {
  /** True if the model supports languages besides English. */
  readonly multilingual: boolean;
  readonly tensors: number;
}

/** @throws EarmarkError model.missing, model.corrupt, model.incompatible */
export async function checkWhisperFile(path: string | undefined): Promise<WhisperFileFacts> {
  if (path === undefined)
    throw new EarmarkError(
      'model.missing',
      'The model has no file; run `earmark models pull` to fetch it again.',
    );
  const name = basename(path);
  let file: FileHandle;
  let size: number;
  try {
    file = await open(path, 'r');
    size = (await file.stat()).size;
  } catch (cause) {
    throw new EarmarkError(
      'model.missing',
      `Could not read the model file ${name}; run \`earmark models pull\` to fetch it.`,
      { cause },
    );
  }
  try {
    return await checkWhisperBytes(file, size, name);
  } finally {
    await file.close();
  }
}

/**
 * @param size bytes of the file
 * @throws EarmarkError model.corrupt, model.incompatible
 */
export async function checkWhisperBytes(
  file: FileBytes,
  size: number,
  name: string,
): Promise<WhisperFileFacts> {
  try {
    return await walk(new Reader(file, size), name);
  } catch (cause) {
    if (cause instanceof EarmarkError) throw cause;
    throw new EarmarkError(
      'model.corrupt',
      `The model file ${name} is damaged or cut short. Run \`earmark models verify\`, ` +
        'then `earmark models pull` to fetch it again.',
      { cause },
    );
  }
}

async function walk(reader: Reader, name: string): Promise<WhisperFileFacts> {
  const other = (): EarmarkError =>
    new EarmarkError(
      'model.incompatible',
      `The model file ${name} is not a Whisper model in ggml format; run \`earmark ` +
        'models pull` to fetch the right one.',
    );
  if ((await reader.int()) !== GGML_MAGIC) throw other();
  const hparams: number[] = [];
  for (let i = 0; i < HPARAMS; i++) hparams.push(await reader.int());
  const [vocabulary = 0, , , , encoderLayers = 0, , , , decoderLayers = 0] = hparams;
  if (
    vocabulary < 51_864 ||
    vocabulary > 60_000 ||
    hparams.slice(1, 10).some((value) => value <= 0 || value > 10_000)
  )
    throw other();
  const mels = await reader.int();
  const bins = await reader.int();
  if (mels !== hparams[9] || bins <= 0 || bins > 4_096) throw other();
  reader.skip(mels * bins * 4);
  const words = await reader.int();
  if (words < 0 || words > vocabulary) throw other();
  for (let i = 0; i < words; i++) {
    // Nearly always in memory: an await for each would take as long as all the reads.
    const length = (reader.ready(4) ?? (await reader.take(4))).readInt32LE(0);
    if (length < 0 || length > MAX_WORD_BYTES) throw new RangeError('word');
    if (!reader.ready(length)) await reader.take(length);
  }
  let tensors = 0;
  while (reader.position < reader.size) {
    const dimensions = await reader.int();
    const length = await reader.int();
    const type = TYPES[await reader.int()];
    if (dimensions < 1 || dimensions > 4 || length < 1 || length > MAX_WORD_BYTES || !type)
      throw new RangeError('tensor');
    let elements = 1;
    for (let i = 0; i < dimensions; i++) elements *= await reader.int();
    await reader.take(length);
    if (elements <= 0 || elements % type[0] !== 0) throw new RangeError('tensor');
    reader.skip((elements / type[0]) * type[1]);
    tensors++;
  }
  if (tensors !== encoderLayers * ENCODER_LAYER + decoderLayers * DECODER_LAYER + OTHERS)
    throw new RangeError('tensors');
  return { multilingual: vocabulary >= 51_865, tensors };
}
