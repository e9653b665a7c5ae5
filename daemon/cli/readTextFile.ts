/** Reads a transcript as text, from a file or from standard input. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { EarmarkError } from '../../protocol/errors';
import { decodeText } from '../insights/conversation/textBytes';
import { megabytes } from './output/output';

/** A transcript of a day of speech has about a megabyte. */
const INPUT_MAX_BYTES = 64_000_000;

/**
 * @param file `-` for standard input
 * @throws EarmarkError analysis.badInput
 */
export async function readTextFile(file: string): Promise<string> {
  const name = file === '-' ? 'Standard input' : basename(file);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > INPUT_MAX_BYTES)
        throw new EarmarkError(
          'analysis.badInput',
          `${name} is larger than ${megabytes(INPUT_MAX_BYTES)}; analyse it in parts.`,
        );
    }
  } catch (error) {
    if (error instanceof EarmarkError) throw error;
    throw new EarmarkError(
      'analysis.badInput',
      `Could not read ${name}; check its name and permissions.`,
      { cause: error },
    );
  }
  const text = decodeText(Buffer.concat(chunks));
  if (text === undefined)
    throw new EarmarkError(
      'analysis.badInput',
      `${name} is not text; give a transcript as text, subtitles (SRT, VTT) or JSON.`,
    );
  return text;
}
