/** A person's change to a segment as revisions: one each for the words, the speaker and hiding. */
import type { Revision } from './revision';
import type { Segment } from './types';

export interface SegmentChange {
  readonly text?: string;
  readonly speaker?: string;
  readonly hidden?: boolean;
}

/** In the order of their application; empty when nothing changes. */
export function revisionsOf(segment: Segment, change: SegmentChange): readonly Revision[] {
  const revisions: Revision[] = [];
  let now = segment;
  const add = (op: Revision['op'], next: Segment): void => {
    now = { ...next, revision: now.revision + 1 };
    revisions.push({
      segmentId: segment.id,
      revision: now.revision,
      op,
      by: 'person',
      segment: now,
    });
  };
  if (change.text !== undefined && change.text !== now.text)
    add('edit', withoutWords({ ...now, text: change.text }));
  if (change.speaker !== undefined && change.speaker !== now.speaker)
    add('speaker', withSpeaker(now, change.speaker));
  if (change.hidden !== undefined && change.hidden !== (now.hidden ?? false))
    add('hide', withHidden(now, change.hidden));
  return revisions;
}

/** Nobody talks at the same time as themselves. */
export function withSpeaker(segment: Segment, speaker: string): Segment {
  const { alsoSpeaking, ...rest } = segment;
  const others = alsoSpeaking?.filter((name) => name !== speaker) ?? [];
  return { ...rest, speaker, ...(others.length > 0 && { alsoSpeaking: others }) };
}

/** The times of the spoken words do not hold for typed ones. */
function withoutWords(segment: Segment): Segment {
  const { words: _words, ...rest } = segment;
  return rest;
}

function withHidden(segment: Segment, hidden: boolean): Segment {
  const { hidden: _hidden, ...rest } = segment;
  return hidden ? { ...rest, hidden } : rest;
}
