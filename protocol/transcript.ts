/** Family `transcript`: segments, and their revisions by users. */
import { z } from 'zod';
import { SourceName } from './audio';
import { Empty, PlainLine, PlainText, request } from './method';

export const Word = z.object({
  text: z.string(),
  startMs: z.number(),
  endMs: z.number(),
  confidence: z.number().min(0).max(1).optional().describe('Absent if the recogniser gives none.'),
  timing: z.enum(['model', 'estimated']).describe('`estimated` if the engine gives no word times.'),
});
export type Word = z.infer<typeof Word>;

export const Segment = z.object({
  id: z.string().describe('Unique in its session, `s1`, `s2`, …'),
  startMs: z.number().describe('Since session start.'),
  endMs: z.number(),
  source: SourceName,
  speaker: z.string().describe('Display name: `You`, `Others`, `Speaker 2`, `Ben`.'),
  alsoSpeaking: z
    .array(z.string())
    .optional()
    .describe('Display names of speakers who talk at the same time. Absent if nobody does.'),
  text: z.string(),
  readable: z
    .string()
    .optional()
    .describe(
      'The text in written style: without fillers, repeated and broken-off words, ' +
        'with numbers and dates as digits. Absent if it equals the text.',
    ),
  fillers: z
    .array(z.object({ start: z.number().int(), end: z.number().int() }))
    .optional()
    .describe('Parts of the text missing in `readable`, as offsets in UTF-16 units.'),
  confidence: z.number().min(0).max(1).optional().describe('Absent if the recogniser gives none.'),
  words: z.array(Word).optional(),
  hidden: z.boolean().optional().describe('True for a recognised echo, which is shown dimmed.'),
  revision: z.number().int().min(0).describe('0 as spoken; counts revisions.'),
});
export type Segment = z.infer<typeof Segment>;

export const RevisionOp = z.enum(['hide', 'split', 'speaker', 'edit']);
export type RevisionOp = z.infer<typeof RevisionOp>;

/**
 * A change to a final segment. The daemon hides, splits and sets speakers; only a user edits words.
 */
export const Revision = z.object({
  segmentId: z.string(),
  revision: z.number().int().min(1),
  op: RevisionOp,
  by: z.enum(['machine', 'person']),
  segment: Segment.describe('The current segment.'),
  added: z.array(Segment).optional().describe('Segments added by a split.'),
});
export type Revision = z.infer<typeof Revision>;

export const TranscriptRevise = request({
  method: 'transcript/revise',
  doc: 'A person changes the words or the speaker of a segment, or hides it.',
  params: z.object({
    sessionId: z.string(),
    segmentId: z.string(),
    text: PlainText.max(20_000).optional(),
    speaker: PlainLine.max(200).optional(),
    hidden: z.boolean().optional(),
  }),
  result: Empty,
  errors: ['session.notFound', 'segment.notFound'],
});

export const TranscriptNameSpeaker = request({
  method: 'transcript/nameSpeaker',
  doc:
    'A person names a speaker; all segments and insights follow. The name of ' +
    'another speaker merges the two. Without a name, removes the name that a ' +
    'stored voice gave or suggested.',
  params: z.object({
    sessionId: z.string(),
    speakerId: z.string().max(100),
    name: PlainLine.min(1).max(200).optional(),
  }),
  result: z.object({
    voice: z
      .enum(['kept', 'offered', 'none'])
      .describe(
        'Whether voices with this name are stored; `offered`: not yet, and ' +
          '`voices/keep` may be called now.',
      ),
  }),
  errors: ['session.notFound', 'speaker.notFound', 'store.unwritable'],
});

/** Characters of an imported transcript; a meeting of eight hours has about 500,000. */
export const IMPORT_MAX = 4_000_000;

export const TranscriptImport = request({
  method: 'transcript/import',
  doc:
    'Stores a transcript of another program as an ended meeting, with its speakers and insights. ' +
    'Forms: WebVTT, SRT, text of Zoom, Teams and Meet, plain "Speaker: text" lines, JSON.',
  params: z.object({
    text: z.string().min(1).max(IMPORT_MAX),
    title: PlainLine.min(1).max(300),
    startedAt: z.string().max(40).optional().describe('ISO 8601; the current time if absent.'),
    language: z.string().max(20).optional(),
    self: PlainLine.max(200).optional().describe('Name of the speaker "You".'),
  }),
  result: z.object({
    sessionId: z.string(),
    segments: z.number().int(),
    speakers: z.array(z.string()),
  }),
  errors: ['analysis.badInput', 'store.unwritable'],
});
