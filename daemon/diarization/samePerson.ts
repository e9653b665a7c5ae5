/**
 * Finds voices on different sources that belong to one person: a person in the room who also joined
 * the call, or who speaks into both.
 */
import type { Source } from '../audio/frame';
import type { Embedding } from './contract';
import { dot } from './vectors';

export interface SourceVoice {
  readonly id: string;
  readonly source: Source;
  readonly centre: Embedding;
  /** Duration of its speech. */
  readonly ms: number;
}

/**
 * Minimum similarity of two centres of one person. Centres of 10 s of one LibriSpeech reader in two
 * recordings reach 0.72 in all 14 pairs. Those of different readers reach 0.52 at most in 1,067
 * pairs.
 */
const SAME_PERSON = 0.6;
/** Minimum speech in milliseconds. The centre of a voice with less speech is uncertain. */
const LEAST_SPEECH_MS = 10_000;

/**
 * @returns for a voice of a person on an earlier source, the id of that person's voice there. Two
 * voices of one source stay separate.
 */
export function samePersons(voices: readonly SourceVoice[]): ReadonlyMap<string, string> {
  const spoken = voices.filter(({ ms }) => ms >= LEAST_SPEECH_MS);
  const pairs = spoken
    .flatMap((a, i) =>
      spoken
        .slice(i + 1)
        .flatMap((b) =>
          a.source === b.source ? [] : [{ a, b, similarity: dot(a.centre, b.centre) }],
        ),
    )
    .filter(({ similarity }) => similarity >= SAME_PERSON);
  const same = new Map<string, string>();
  const first = new Set<string>();
  for (const { a, b } of pairs.sort((x, y) => y.similarity - x.similarity)) {
    const taken =
      same.has(a.id) ||
      same.has(b.id) ||
      first.has(b.id) ||
      [...same].some(
        ([other, of]) => of === a.id && voices.find(({ id }) => id === other)?.source === b.source,
      );
    if (taken) continue;
    same.set(b.id, a.id);
    first.add(a.id);
  }
  return same;
}
