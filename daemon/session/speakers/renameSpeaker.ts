/**
 * Renames a speaker in every segment and insight. If another speaker has the name, the two are
 * merged.
 */
import { withSpeaker } from '../../transcript/revise';
import type { Speaker } from '../../transcript/types';
import type { SessionProjection } from '../events/sessionProjection';
import type { DurableEventBody } from '../contract/events';
import { speakerGone } from '../contract/errors';

/**
 * Plans a rename.
 * @param given without it, the name that a voiceprint gave or suggested is removed
 * @throws EarmarkError speaker.notFound
 */
export function renameSpeaker(
  projection: SessionProjection,
  speakerId: string,
  given: string | undefined,
): readonly DurableEventBody[] {
  const found = projection.speakers.get(speakerId);
  if (!found) throw speakerGone();
  const { recognised, called: _, ...speaker } = found;
  if (given === undefined && !recognised) return [];
  const name = given ?? (recognised?.name === found.name ? numbered(projection) : found.name);
  if (given !== undefined && speaker.name === name && speaker.named) return [];
  const now: Speaker =
    given === undefined ? { ...speaker, name } : { ...speaker, name, named: true };
  const events: DurableEventBody[] = [{ kind: 'speaker', speaker: now }];
  for (const segment of projection.transcript.ordered()) {
    if (speaker.name === name) break;
    const also = segment.alsoSpeaking?.includes(speaker.name) ?? false;
    if (segment.speaker !== speaker.name && !also) continue;
    const named = {
      ...segment,
      ...(segment.alsoSpeaking && {
        alsoSpeaking: segment.alsoSpeaking.map((one) => (one === speaker.name ? name : one)),
      }),
    };
    const revision = segment.revision + 1;
    events.push({
      kind: 'revision',
      revision: {
        segmentId: segment.id,
        revision,
        op: 'speaker',
        by: 'person',
        segment: {
          ...withSpeaker(named, segment.speaker === speaker.name ? name : segment.speaker),
          revision,
        },
      },
    });
  }
  for (const insight of projection.insights.values()) {
    if (insight.owner === speaker.name && insight.owner !== name)
      events.push({ kind: insight.kind, op: 'update', insight: { ...insight, owner: name } });
  }
  return events;
}

/** Returns a `Speaker N` that no known speaker with segments has. */
function numbered(projection: SessionProjection): string {
  const numbers = [
    ...[...projection.speakers.values()]
      .filter(({ turns }) => turns?.length !== 0)
      .map(({ name }) => name),
    ...projection.transcript.packed().map(({ speaker }) => speaker),
  ].map((name) => Number(/^Speaker (\d+)$/.exec(name)?.[1] ?? 0));
  return `Speaker ${Math.max(0, ...numbers) + 1}`;
}
