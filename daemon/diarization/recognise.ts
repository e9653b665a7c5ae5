/** Voices of a session beside the kept voices of named people: who was heard before. */
import type { Embedding } from './contract';
import type { SourceVoice } from './samePerson';
import { dot } from './vectors';

/** A named person's voice, as it was in one session. */
export interface NamedVoice {
  readonly name: string;
  readonly centre: Embedding;
}

export interface Recognised {
  readonly name: string;
  /** Cosine to the nearest kept voice of that name. */
  readonly similarity: number;
  /** Likely enough to name the speaker; less is a suggestion. */
  readonly sure: boolean;
}

/**
 * Similarity from which a name is suggested. Two readers stay below 0.83, one reader above 0.90
 * (docs/decisions/0032-voiceprint-thresholds.md).
 */
const SUGGESTED = 0.9;
/** Similarity from which a name is set: a wrong name is worse than a question. */
const SURE = 0.945;
/**
 * Of less speech nobody knows the voice well enough: of 5 s a fifth of the pairs lie below the
 * limit.
 */
export const LEAST_SPEECH_MS = 10_000;
/** Who is nearly as like another kept person is neither. */
const LEAST_LEAD = 0.02;

/** @returns by the voice's id; a person is at most one voice of a source, the likest */
export function recogniseVoices(
  voices: readonly SourceVoice[],
  kept: readonly NamedVoice[],
): ReadonlyMap<string, Recognised> {
  const pairs = voices
    .filter(({ ms }) => ms >= LEAST_SPEECH_MS)
    .flatMap((voice) => {
      const byName = new Map<string, number>();
      for (const { name, centre } of kept)
        byName.set(name, Math.max(byName.get(name) ?? -1, dot(voice.centre, centre)));
      const [best, second] = [...byName].sort((a, b) => b[1] - a[1]);
      return best && best[1] >= SUGGESTED && best[1] - (second?.[1] ?? -1) >= LEAST_LEAD
        ? [{ voice, name: best[0], similarity: best[1] }]
        : [];
    });
  const found = new Map<string, Recognised>();
  const taken = new Set<string>();
  for (const { voice, name, similarity } of pairs.sort((a, b) => b.similarity - a.similarity)) {
    const place = `${voice.source} ${name}`;
    if (taken.has(place)) continue;
    taken.add(place);
    found.set(voice.id, { name, similarity, sure: similarity >= SURE });
  }
  return found;
}
