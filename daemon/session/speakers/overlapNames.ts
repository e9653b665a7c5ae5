/** Names of speakers who talk at the same time as the speaker of a segment. */
import type { Turn } from '../../diarization/contract';
import { overlappingSpeakers } from '../../diarization/splitting';
import type { Segment } from '../../transcript/types';

/**
 * @param voice of the segment
 * @param names by voice
 * @returns an empty object if nobody else talks
 */
export function alsoSpeaking(
  turns: readonly Turn[],
  segment: Pick<Segment, 'source' | 'startMs' | 'endMs'>,
  voice: string | undefined,
  names: ReadonlyMap<string | undefined, string>,
): Pick<Segment, 'alsoSpeaking'> {
  if (voice === undefined) return {};
  const found = overlappingSpeakers(turns, segment, voice).flatMap((id) => names.get(id) ?? []);
  const others = [...new Set(found)].filter((name) => name !== names.get(voice));
  return others.length > 0 ? { alsoSpeaking: others } : {};
}

export function withoutOthers({ alsoSpeaking: _, ...segment }: Segment): Segment {
  return segment;
}

export function sameNames(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
