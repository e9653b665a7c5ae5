/**
 * Pronunciations of English words from the CMU pronouncing dictionary. The package's file (5 MB) is
 * searched as bytes and never evaluated: as an object its 135,000 entries take 60 MB.
 */
import { readFileSync } from 'node:fs';
import type { Pronunciations } from '../../dictation/pronounce';

const QUOTE = '"'.charCodeAt(0);
const NEWLINE = '\n'.charCodeAt(0);
/** Entries look like `  "word": "W ER1 D",`. */
const INDENT = 2;

/**
 * @returns the ARPAbet transcriptions of a lower-case word, most usual first; empty if the word is
 * absent
 */
export function openCmuDictionary(
  file = require.resolve('cmu-pronouncing-dictionary'),
): Pronunciations {
  const bytes = readFileSync(file);
  const sections = sectionsOf(bytes);
  const find = (key: string): string | undefined => {
    const section = sections.get(key.slice(0, 2));
    if (!section) return undefined;
    const within = bytes.subarray(section.from, section.to);
    const needle = `"${key}": "`;
    const at = within.indexOf(needle);
    if (at < 0) return undefined;
    const from = at + needle.length;
    return within.toString('latin1', from, within.indexOf(QUOTE, from));
  };
  return (word) => {
    if (!/^[a-z][a-z']*$/.test(word)) return [];
    return [word, `${word}(2)`, `${word}(3)`]
      .map(find)
      .filter((phonemes) => phonemes !== undefined);
  };
}

/** Byte ranges of entries with the same first two letters. */
function sectionsOf(bytes: Buffer): Map<string, { from: number; to: number }> {
  const sections = new Map<string, { from: number; to: number }>();
  for (let line = 0; line >= 0 && line < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, line);
    const to = end < 0 ? bytes.length : end;
    if (bytes[line + INDENT] === QUOTE) {
      // A key of one letter has its closing quote in the prefix.
      const prefix = bytes
        .toString('latin1', line + INDENT + 1, line + INDENT + 3)
        .replace('"', '');
      const section = sections.get(prefix);
      if (section) section.to = to + 1;
      else sections.set(prefix, { from: line, to: to + 1 });
    }
    if (end < 0) break;
    line = end + 1;
  }
  return sections;
}
