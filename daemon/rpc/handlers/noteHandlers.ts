/** `notes/*`: the client with the lease on a session's note applies the planned edits. */
import { EarmarkError } from '../../../protocol/errors';
import {
  NOTE_MAX_LENGTH,
  NotesLease,
  NotesName,
  NotesPlan,
  NotesRelease,
} from '../../../protocol/notes';
import { noteFileName } from '../../notes/fileName';
import { planNote } from '../../notes/planNote';
import type { SessionDocument, Sessions } from '../../session/contract/api';
import type { RpcDeps } from '../deps';
import type { NoteLeases } from '../noteLeases';
import type { Registry } from '../registry';

export function noteHandlers(registry: Registry, { sessions }: RpcDeps, leases: NoteLeases): void {
  registry
    .on(NotesLease, async ({ sessionId }, client) => {
      const { lastSeq } = await sessions.get(sessionId);
      return { granted: leases.take(sessionId, client, lastSeq) };
    })
    .on(NotesRelease, ({ sessionId }, client) => {
      leases.release(sessionId, client);
      return {};
    })
    .on(NotesPlan, async ({ sessionId, text, fillers, template, look }, client) => {
      if (!leases.holds(sessionId, client))
        throw new EarmarkError(
          'note.leaseLost',
          'Another window is writing this note; request the lease first.',
        );
      if (text.length > NOTE_MAX_LENGTH)
        throw new EarmarkError(
          'note.tooLarge',
          'The note is too long to update; move parts of it to another file.',
        );
      const document = await sessions.get(sessionId);
      leases.planned(sessionId, client, document.lastSeq);
      const { edits, ticked } = planNote(text, { ...noteDocument(document), fillers, template });
      if (look !== true) await passOnTicks(sessions, document, ticked);
      return { edits: edits.map((e) => ({ ...e })), seq: document.lastSeq };
    })
    .on(NotesName, async ({ sessionId }) => {
      const { record } = await sessions.get(sessionId);
      return { fileName: noteFileName(record.title, record.startedAt) };
    });
}

function noteDocument({ record, transcript, insights }: SessionDocument) {
  const { workspace } = record;
  return {
    sessionId: record.id,
    title: record.title,
    startedAt: record.startedAt,
    ...(workspace?.branch === undefined ? {} : { branch: workspace.branch }),
    ...(workspace?.commit === undefined ? {} : { commit: workspace.commit }),
    segments: transcript,
    insights,
  };
}

/** Applies a ticked box in the note to its insight, as a person's change. */
async function passOnTicks(
  sessions: Sessions,
  document: SessionDocument,
  ticked: readonly { readonly insightId: string; readonly status: 'done' | 'open' }[],
): Promise<void> {
  for (const { insightId, status } of ticked) {
    const insight = document.insights.find((i) => i.id === insightId);
    if (insight && insight.status !== status)
      await sessions.reviseInsight(document.record.id, insightId, { status });
  }
}
