/**
 * Names of the code in the form a recogniser would write: `AUTH_TOKEN_TTL` → "auth token TTL",
 * `index.ts` → "index.ts".
 */
import type { Pronouncer } from './pronounce';
import type { SpokenSymbol } from './symbols';

/** @returns an empty list for a name that is one word of the dictionary */
export function spokenPhrases(
  { name, style, words }: SpokenSymbol,
  pronouncer: Pronouncer,
): readonly string[] {
  const written = words.map((word) =>
    isLetters(word, name, style === 'constant') ? word.toUpperCase() : word,
  );
  if (style === 'file') {
    const base = written.slice(0, written.lastIndexOf('dot')).join(' ');
    const ending = written.at(-1) ?? '';
    return [`${base}.${ending.toLowerCase()}`, `${base} dot ${ending}`];
  }
  return written.length === 1 && pronouncer.knows(written[0] ?? '') ? [] : [written.join(' ')];
}

/** Spoken letter by letter. */
function isLetters(word: string, name: string, constant: boolean): boolean {
  if (word === 'dot') return false;
  return (
    !/[aeiouy]/.test(word) || (!constant && word.length > 1 && name.includes(word.toUpperCase()))
  );
}
