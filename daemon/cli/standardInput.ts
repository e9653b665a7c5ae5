/** A recording from standard input, as a file that can be read twice. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EarmarkError } from '../../protocol/errors';
import { megabytes } from './output/output';

/** Its name in messages, titles and exports. */
export const STANDARD_INPUT = 'standard input';

export const isStandardInput = (file: string): boolean => file === '-' || file === '/dev/stdin';

/** Largest recording on standard input, bytes: the size that the lengths of a WAV file can name. */
const INPUT_MAX_BYTES = 4_294_967_296;

class TooLarge extends Error {}

/**
 * Copies standard input into a private folder, which `dispose` removes. Nothing is kept of an input
 * that ends in an error.
 * @throws EarmarkError audio.unreadable
 */
export async function standardInputFile(
  signal: AbortSignal,
  input: NodeJS.ReadableStream = process.stdin,
  { maxBytes = INPUT_MAX_BYTES, parent = tmpdir() } = {},
): Promise<{ readonly file: string; dispose(): Promise<void> }> {
  const folder = await mkdtemp(join(parent, 'earmark-input-'));
  const file = join(folder, STANDARD_INPUT);
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    await pipeline(input, bounded(maxBytes), createWriteStream(file, { mode: 0o600 }), { signal });
  } catch (cause) {
    await dispose();
    throw new EarmarkError(
      'audio.unreadable',
      cause instanceof TooLarge
        ? `Standard input is larger than ${megabytes(maxBytes)}; transcribe it in parts, or save it ` +
            'into a file first.'
        : (cause as NodeJS.ErrnoException).code === 'ENOSPC'
          ? `There is no space left in ${parent} for standard input; free some, or save the ` +
            'recording into a file first.'
          : 'Standard input could not be read; save the recording into a file first.',
      { cause },
    );
  }
  return { file, dispose };
}

/** Passes chunks on until they exceed `maxBytes` together. */
const bounded = (maxBytes: number) =>
  async function* (chunks: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer | string> {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += Buffer.byteLength(chunk);
      if (bytes > maxBytes) throw new TooLarge();
      yield chunk;
    }
  };
