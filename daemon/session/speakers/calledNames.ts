/**
 * Suggests names for unnamed speakers from the way that others address them. A suggestion is
 * withdrawn when the evidence becomes ambiguous.
 */
import type { SpeakerName } from '../../insights/types';
import type { Speaker } from '../../transcript/types';
import type { SessionProjection } from '../events/sessionProjection';
import type { DurableEventBody } from '../contract/events';

/** @returns events for speakers whose suggested name has changed */
export function calledEvents(
  projection: SessionProjection,
  names: readonly SpeakerName[],
): readonly DurableEventBody[] {
  const taken = new Set([...projection.speakers.values()].map(({ name }) => name));
  return [...projection.speakers.values()].flatMap((speaker): DurableEventBody[] => {
    const { called: before, ...rest } = speaker;
    // A name from a person or a voiceprint takes precedence. A name of another speaker would merge
    // the two.
    const answered =
      speaker.named || speaker.recognised || speaker.turns?.length === 0
        ? undefined
        : names.find((one) => one.speaker === speaker.name && !taken.has(one.name));
    if (answered?.name === before?.name) return [];
    return [
      {
        kind: 'speaker',
        speaker: answered
          ? { ...rest, called: { name: answered.name, segmentId: answered.segmentId } }
          : rest,
      },
    ];
  });
}

/**
 * A newly distinguished speaker; it keeps the current suggestion while its label stays the same.
 */
export function stillCalled(speaker: Speaker, before: Speaker | undefined): Speaker {
  return before?.called &&
    before.name === speaker.name &&
    !speaker.named &&
    !speaker.recognised &&
    !speaker.called
    ? { ...speaker, called: before.called }
    : speaker;
}
