/**
 * What the others call somebody who has no name yet goes into the session as a suggestion; it goes
 * when it is no longer plain.
 */
import type { SpeakerName } from '../insights/types';
import type { Speaker } from '../transcript/types';
import type { SessionProjection } from './sessionProjection';
import type { DurableEventBody } from './events';

/** @returns events for the speakers whose suggestion differs from what the conversation says now */
export function calledEvents(
  projection: SessionProjection,
  names: readonly SpeakerName[],
): readonly DurableEventBody[] {
  const taken = new Set([...projection.speakers.values()].map(({ name }) => name));
  return [...projection.speakers.values()].flatMap((speaker): DurableEventBody[] => {
    const { called: before, ...rest } = speaker;
    // A person or a voice knows better; a name that another speaker has would make the two one.
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

/** A newly distinguished speaker, with the current suggestion while the label stays. */
export function stillCalled(speaker: Speaker, before: Speaker | undefined): Speaker {
  return before?.called &&
    before.name === speaker.name &&
    !speaker.named &&
    !speaker.recognised &&
    !speaker.called
    ? { ...speaker, called: before.called }
    : speaker;
}
