/**
 * Voices of different sources that are one person: somebody in the room who also joined the call,
 * or speaks into both.
 */
import type { Source } from '../audio/frame';
import type { Embedding } from './contract';
import { dot } from './vectors';

export interface SourceVoice {
  readonly id: string;
  readonly source: Source;
  readonly centre: Embedding;
  /** How long it spoke. */
  readonly ms: number;
}

/**
 * Two centres at least this much alike are one person. Centres of 20 s and more of one voice lie at
 * 0.948–0.994 across recordings, those of different people at 0.885 at most, but two synthetic
 * voices at 0.932: with 0.92 a colleague on the call became "You". Who is missed is a speaker more,
 * which a person makes one by naming.
 */
const SAME_PERSON = 0.95;
/**
 * Of less speech nobody knows the voice well enough: of 10 s half of the pairs of one reader lie
 * below the limit.
 */
const LEAST_SPEECH_MS = 10_000;

/**
 *
 * @returns for a voice that is somebody's of an earlier source, the id of that one. Two voices of
 * one source stay two.
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
