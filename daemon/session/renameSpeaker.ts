/** A person names a speaker: every segment and insight follows. The name of another speaker makes the two one. */
import { EarmarkError } from '../../protocol/errors';
import type { Book } from './book';
import type { DurableEventBody } from './events';

/** @throws EarmarkError speaker.notFound */
export function renameSpeaker(book: Book, speakerId: string, name: string): readonly DurableEventBody[] {
  const speaker = book.speakers.get(speakerId);
  if (!speaker) throw new EarmarkError('speaker.notFound', 'This speaker is no longer there; open the session again.');
  if (speaker.name === name && speaker.named) return [];
  const events: DurableEventBody[] = [{ kind: 'speaker', speaker: { ...speaker, name, named: true } }];
  for (const segment of book.transcript.ordered()) {
    if (segment.speaker !== speaker.name || segment.speaker === name) continue;
    const revision = segment.revision + 1;
    events.push({ kind: 'revision', revision: { segmentId: segment.id, revision, op: 'speaker', by: 'person', segment: { ...segment, speaker: name, revision } } });
  }
  for (const insight of book.insights.values()) {
    if (insight.owner === speaker.name && insight.owner !== name) events.push({ kind: insight.kind, op: 'update', insight: { ...insight, owner: name } });
  }
  return events;
}
