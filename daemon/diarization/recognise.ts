/** Compares the voices of a session with stored voiceprints and names known speakers. */
import type { Embedding } from './contract';
import type { SourceVoice } from './samePerson';
import { dot } from './vectors';

/** The voice of a named person in one session. */
export interface NamedVoice {
  readonly name: string;
  readonly centre: Embedding;
}

export interface Recognised {
  readonly name: string;
  /** Cosine to the most similar voiceprint of that name. */
  readonly similarity: number;
  /** True if the match is reliable enough to name the speaker. Otherwise it is a suggestion. */
  readonly sure: boolean;
}

/**
 * Minimum similarity for a suggested name. Centres of 10 s of different LibriSpeech readers exceed
 * it in 0.3 % of 1,067 pairs. All 14 pairs of one reader in two recordings reach 0.72.
 */
const SUGGESTED = 0.45;
/**
 * Minimum similarity to set a name. No pair of different readers exceeds it. A wrong name is worse
 * than a question.
 */
const SURE = 0.55;
/** Minimum speech in milliseconds. The centre of a voice with less speech is uncertain. */
export const LEAST_SPEECH_MS = 10_000;
/** Minimum lead over the second most similar person. With a smaller lead, neither is named. */
const LEAST_LEAD = 0.05;

/**
 * @returns matches by voice id. Each person matches at most one voice of a source, the most
 * similar.
 */
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
