/** Family `notes`: the lease on a session's note and the edits that bring it up to date. */
import { z } from 'zod';
import { Empty, notification, request } from './method';

/** Largest note text in UTF-16 units that `notes/plan` takes. */
export const NOTE_MAX_LENGTH = 4_000_000;

export const NoteEdit = z.object({
  start: z.number().int().min(0).describe('Offset in UTF-16 units in the text that was sent.'),
  end: z.number().int().min(0),
  newText: z.string(),
});
export type NoteEdit = z.infer<typeof NoteEdit>;

export const NotesLease = request({
  method: 'notes/lease',
  doc: "Asks to be the one client that writes this session's note. The lease ends with the connection, with `notes/release`, and when another client asks for it while its holder asks for no plan of what came for 15 s.",
  params: z.object({ sessionId: z.string() }),
  result: z.object({ granted: z.boolean() }),
  errors: ['session.notFound'],
});
export const NotesRelease = request({
  method: 'notes/release',
  doc: 'Gives the lease back. Idempotent.',
  params: z.object({ sessionId: z.string() }),
  result: Empty,
});

export const NotesPlan = request({
  method: 'notes/plan',
  doc: 'Given the note as it stands (empty for a new one), the edits that bring its machine-written lines up to date. What a person typed is never touched. Edits do not overlap and are sorted by start.',
  params: z.object({
    sessionId: z.string(),
    text: z.string().max(NOTE_MAX_LENGTH),
    fillers: z
      .enum(['hide', 'show'])
      .optional()
      .describe(
        'Fillers, repeated and broken-off words in the transcript; hidden where absent. The session keeps every word.',
      ),
    look: z
      .boolean()
      .optional()
      .describe(
        'Only to compare: boxes that are ticked in this text are not ticked in the session.',
      ),
  }),
  result: z.object({
    edits: z.array(NoteEdit),
    seq: z.number().int().describe('Last durable event that the edits take in.'),
  }),
  errors: ['session.notFound', 'note.leaseLost', 'note.tooLarge'],
});

export const NotesName = request({
  method: 'notes/name',
  doc: "File name for the session's note: `2026-11-21-1405-auth-service-standup.earmark.md`.",
  params: z.object({ sessionId: z.string() }),
  result: z.object({ fileName: z.string() }),
  errors: ['session.notFound'],
});

export const NotesLeaseFree = notification({
  method: 'notes/leaseFree',
  doc: 'The client that wrote this note is gone or silent; whoever shows the session may ask for the lease.',
  params: z.object({ sessionId: z.string() }),
});
