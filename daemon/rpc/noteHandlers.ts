/** `notes/*`: one client holds the lease on a session's note and applies the planned edits. */
import { EarmarkError } from '../../protocol/errors';
import { NOTE_MAX_LENGTH, NotesLease, NotesName, NotesPlan, NotesRelease } from '../../protocol/notes';
import { noteFileName } from '../notes/fileName';
import { planNote } from '../notes/planNote';
import type { SessionDocument, Sessions } from '../session/api';
import type { ClientContext } from './clientContext';
import type { RpcDeps } from './deps';
import type { Registry } from './registry';

/** Who may write which note. */
export class NoteLeases {
  private readonly holders = new Map<string, ClientContext>();

  /** @param onFree told when a holder went away, not when it gave the lease back for itself to take again */
  constructor(private readonly onFree: (sessionId: string, former: ClientContext) => void) {}

  take(sessionId: string, client: ClientContext): boolean {
    const holder = this.holders.get(sessionId);
    if (holder && holder !== client) return false;
    this.holders.set(sessionId, client);
    return true;
  }

  holds(sessionId: string, client: ClientContext): boolean {
    return this.holders.get(sessionId) === client;
  }

  release(sessionId: string, client: ClientContext): void {
    if (!this.holds(sessionId, client)) return;
    this.holders.delete(sessionId);
    this.onFree(sessionId, client);
  }

  releaseAll(client: ClientContext): void {
    for (const [sessionId, holder] of [...this.holders]) if (holder === client) this.release(sessionId, client);
  }
}

export function noteHandlers(registry: Registry, { sessions }: RpcDeps, leases: NoteLeases): void {
  registry
    .on(NotesLease, async ({ sessionId }, client) => {
      await sessions.get(sessionId);
      return { granted: leases.take(sessionId, client) };
    })
    .on(NotesRelease, ({ sessionId }, client) => {
      leases.release(sessionId, client);
      return {};
    })
    .on(NotesPlan, async ({ sessionId, text, fillers }, client) => {
      if (!leases.holds(sessionId, client)) throw new EarmarkError('note.leaseLost', 'Another window writes this note; ask for the lease first.');
      if (text.length > NOTE_MAX_LENGTH) throw new EarmarkError('note.tooLarge', 'The note is too long to be kept up to date; move parts of it to another file.');
      const document = await sessions.get(sessionId);
      const { edits, ticked } = planNote(text, { ...noteDocument(document), fillers });
      await passOnTicks(sessions, document, ticked);
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

/** A box that a person ticked in the note is a person's change of the insight. */
async function passOnTicks(sessions: Sessions, document: SessionDocument, ticked: readonly { readonly insightId: string; readonly status: 'done' | 'open' }[]): Promise<void> {
  for (const { insightId, status } of ticked) {
    const insight = document.insights.find((i) => i.id === insightId);
    if (insight && insight.status !== status) await sessions.reviseInsight(document.record.id, insightId, { status });
  }
}
