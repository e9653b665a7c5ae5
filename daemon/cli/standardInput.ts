/** A recording from standard input, as a file that can be read twice. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EarmarkError } from '../../protocol/errors';

/** Its name in messages, titles and exports. */
export const STANDARD_INPUT = 'standard input';

export const isStandardInput = (file: string): boolean => file === '-' || file === '/dev/stdin';

/** @throws EarmarkError audio.unreadable */
export async function standardInputFile(
  signal: AbortSignal,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<{ readonly file: string; dispose(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'earmark-input-'));
  const file = join(folder, STANDARD_INPUT);
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    await pipeline(input, createWriteStream(file, { mode: 0o600 }), { signal });
  } catch (cause) {
    await dispose();
    throw new EarmarkError(
      'audio.unreadable',
      'Standard input could not be read; save the recording into a file first.',
      { cause },
    );
  }
  return { file, dispose };
}
