/** Family `notes`: the lease on a session's note, and the edit plans that update it. */
import { z } from 'zod';
import { Empty, notification, request } from './method';
import { NoteTemplate } from './templates';

/** Largest note text in UTF-16 units that `notes/plan` takes. */
export const NOTE_MAX_LENGTH = 4_000_000;

export const NoteEdit = z.object({
  start: z.number().int().min(0).describe('Offset in UTF-16 units in the given text.'),
  end: z.number().int().min(0),
  newText: z.string(),
});
export type NoteEdit = z.infer<typeof NoteEdit>;

export const NotesLease = request({
  method: 'notes/lease',
  doc:
    "Requests the lease to write this session's note; one client holds it at a " +
    'time. The lease ends with the connection or with `notes/release`. Another ' +
    'client can take it if the holder requests no plan for new events within 15 s.',
  params: z.object({ sessionId: z.string() }),
  result: z.object({ granted: z.boolean() }),
  errors: ['session.notFound'],
});
export const NotesRelease = request({
  method: 'notes/release',
  doc: 'Releases the lease. Idempotent.',
  params: z.object({ sessionId: z.string() }),
  result: Empty,
});

export const NotesPlan = request({
  method: 'notes/plan',
  doc:
    'Returns the edits that update the machine-written lines of a note, given its ' +
    "text (empty for a new one). The edits never touch a person's text. They do " +
    'not overlap and are sorted by start.',
  params: z.object({
    sessionId: z.string(),
    text: z.string().max(NOTE_MAX_LENGTH),
    fillers: z
      .enum(['hide', 'show'])
      .optional()
      .describe(
        'Fillers, repeated and broken-off words in the transcript; if absent, hidden. ' +
          'The session keeps every word.',
      ),
    template: NoteTemplate.optional().describe(
      'Sections and their order. A note without text of a person gets this order; in another ' +
        'one the sections stay in their places.',
    ),
    look: z
      .boolean()
      .optional()
      .describe('Compares only: ticked boxes in this text do not change the session.'),
  }),
  result: z.object({
    edits: z.array(NoteEdit),
    seq: z.number().int().describe('Last durable event in the edits.'),
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
  doc:
    'The writer of this note is gone or inactive; any client that shows the ' +
    'session may request the lease.',
  params: z.object({ sessionId: z.string() }),
});
