/**
 * `--symbols FILE`: names of the code that are likely to be spoken, one in each line, nearest
 * first.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { openCmuDictionary } from '../adapters/dictionary/cmuDictionary';
import { Pronouncer } from '../dictation/pronounce';
import { SymbolSpeller } from '../dictation/respell';
import { UsageError } from './output/failure';

/** The list of a large workspace has a tenth of this size. */
const MAX_BYTES = 16_000_000;

/**
 * @returns undefined without a file
 * @throws UsageError if the file cannot be read or is too large
 */
export async function readSymbols(file: string | undefined): Promise<SymbolSpeller | undefined> {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `Could not read the list of symbols ${basename(file)}; check its name and ` + 'permissions.',
      { cause: error },
    );
  }
  if (text.length > MAX_BYTES)
    throw new UsageError(
      `The list of symbols ${basename(file)} is too large; leave out unlikely names.`,
    );
  const names = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return new SymbolSpeller(names, new Pronouncer(openCmuDictionary()));
}
