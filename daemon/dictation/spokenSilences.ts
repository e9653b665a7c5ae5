/** Silences between words, as evidence that a command was meant. */
import type { Segment } from '../transcript/types';
import { splitWords } from '../transcript/words';

/** A recognised phrase. */
export interface SpokenPhrase {
  readonly text: string;
  /** Words of the text, by index, that begin after a silence. Empty if word times are unknown. */
  readonly silences: readonly number[];
}

/** Within a clause, words follow each other faster; a speaker who dictates a mark pauses, ms. */
const SILENCE_MS = 250;

/** Only times of the recogniser itself count; estimated times have no silences. */
export function spokenPhrase({ text, words = [] }: Pick<Segment, 'text' | 'words'>): SpokenPhrase {
  const trimmed = text.trim();
  const timed =
    words.every(({ timing }) => timing === 'model') &&
    words.map((word) => word.text.trim()).join(' ') === trimmed;
  const silences = timed
    ? words.flatMap(({ startMs }, i) => {
        const before = words[i - 1];
        return before !== undefined && startMs - before.endMs >= SILENCE_MS ? [i] : [];
      })
    : [];
  return { text: trimmed, silences };
}

/** Indices of the words after a silence, counted as `splitWords` counts over all phrases. */
export function silentWords(
  phrases: readonly SpokenPhrase[],
  starts: readonly number[],
): ReadonlySet<number> {
  return new Set(
    phrases.flatMap(({ text, silences }, p) => {
      const parts = text.split(/\s+/u);
      return silences.map(
        (at) => (starts[p] ?? 0) + splitWords(parts.slice(0, at).join(' ')).words.length,
      );
    }),
  );
}
