/**
 * Family `insights`: actions, decisions, risks, questions, entities and summary, each with
 * evidence.
 */
import { z } from 'zod';
import { Empty, notification, PlainLine, PlainText, request } from './method';
import { ModelLevel } from './languageModel';
import { DeriveForm } from './noteServer';
import { NoteTemplate } from './templates';

export const Evidence = z.object({
  segmentId: z.string(),
  startMs: z.number(),
  endMs: z.number(),
  quote: z.string().describe('Words that occur in that segment.'),
});
export type Evidence = z.infer<typeof Evidence>;

export const InsightKind = z.enum(['action', 'decision', 'risk', 'question', 'entity', 'summary']);
export type InsightKind = z.infer<typeof InsightKind>;

export const InsightStatus = z.enum(['open', 'done', 'cancelled', 'dismissed']);
export type InsightStatus = z.infer<typeof InsightStatus>;

export const Due = z.object({
  phrase: z.string().describe('As spoken: "by Friday".'),
  date: z.string().optional().describe("ISO date YYYY-MM-DD in the session's own time zone."),
});
export type Due = z.infer<typeof Due>;

export const SymbolRef = z.object({
  name: z.string(),
  uri: z.string().optional(),
  line: z.number().optional(),
});
export type SymbolRef = z.infer<typeof SymbolRef>;

export const SummarySection = z.enum(['context', 'discussion', 'decisions', 'next']);

export const Insight = z.object({
  id: z.string().describe('Stays the same while the insight changes.'),
  kind: InsightKind,
  text: z.string(),
  owner: z.string().optional(),
  due: Due.optional(),
  status: InsightStatus,
  confidence: z.number().min(0).max(1),
  evidence: z.array(Evidence).min(1),
  symbols: z.array(SymbolRef),
  entity: z
    .enum(['person', 'product', 'file', 'symbol', 'ticket', 'url'])
    .optional()
    .describe('Kind of an entity.'),
  section: SummarySection.optional().describe(
    'Section of a summary sentence. `decisions` and `next` occur only in printed ' +
      'summaries; a session has decisions and actions instead.',
  ),
  topic: z
    .object({ title: z.string(), startMs: z.number(), endMs: z.number() })
    .optional()
    .describe('Topic of a discussion sentence, with its start and end.'),
  heading: z
    .string()
    .optional()
    .describe('Section of the template that a summary sentence belongs to.'),
  edited: z
    .boolean()
    .optional()
    .describe('A person changed it, so the machine leaves it unchanged.'),
});
export type Insight = z.infer<typeof Insight>;

export const InsightOp = z.enum(['add', 'update', 'remove']);
export type InsightOp = z.infer<typeof InsightOp>;

export const InsightRevise = request({
  method: 'insights/revise',
  doc: 'A person edits, completes or dismisses an insight. The change is permanent.',
  params: z.object({
    sessionId: z.string(),
    insightId: z.string(),
    text: PlainText.max(2000).optional(),
    owner: PlainLine.max(200).optional(),
    status: InsightStatus.optional(),
  }),
  result: Empty,
  errors: ['session.notFound', 'insight.notFound'],
});

export const InsightDerive = request({
  method: 'insights/derive',
  doc:
    'Converts an insight with its evidence to a TODO comment, Markdown task, issue ' +
    'text or draft decision record. Changes and writes nothing.',
  params: z.object({
    sessionId: z.string(),
    insightId: z.string(),
    as: DeriveForm,
    languageId: z.string().max(60).optional().describe('VS Code language ID of the comment.'),
  }),
  result: z.object({
    text: z.string(),
    fileName: z.string().optional().describe('Name of the new file, if it is one.'),
  }),
  errors: ['session.notFound', 'insight.notFound'],
});

export const InsightWrite = request({
  method: 'insights/write',
  doc:
    'A language model reads the transcript of an ended session and writes its notes again. ' +
    'Ids stay; insights that a person changed stay as they are. A cancelled or failed request ' +
    'changes nothing.',
  params: z.object({
    sessionId: z.string(),
    model: z
      .enum(['editor', 'server', 'local'])
      .describe(
        'The model that this client offers, the one of `llm.endpoint`, or an installed local one.',
      ),
    modelId: z.string().max(100).optional().describe('Id of the local model.'),
    template: NoteTemplate.optional().describe('Sections of the note, and what to ask for.'),
  }),
  result: z.object({
    changed: z.number().int().describe('Insights that were added, changed or removed.'),
    level: ModelLevel.optional().describe('Absent if the model took no exam.'),
    requests: z.number().int(),
    inputTokens: z.number().int(),
    outputTokens: z.number().int(),
    estimated: z.boolean().describe('True if tokens were estimated from the length of the text.'),
    failure: z.string().optional().describe('A sentence for the user if a part got no answer.'),
  }),
  errors: [
    'session.notFound',
    'session.wrongState',
    'engine.unavailable',
    'engine.refused',
    'engine.rateLimited',
    'engine.timeout',
    'engine.crashed',
    'model.unknown',
    'model.missing',
    'model.corrupt',
    'model.incompatible',
  ],
});

export const InsightWriting = notification({
  method: 'insights/writing',
  doc: 'Progress of `insights/write`, to the client that requested it.',
  params: z.object({
    sessionId: z.string(),
    step: z.enum(['exam', 'reading', 'summary']),
    done: z.number().int(),
    of: z.number().int(),
  }),
});

/** Characters of one segment: some hours of speech without a pause. */
export const ANALYSIS_SEGMENT_MAX = 200_000;
/** Characters of all texts and speakers: a meeting of eight hours has about 500,000. */
export const ANALYSIS_TEXT_MAX = 2_000_000;

const AnalysisSegment = z.object({
  id: z.string(),
  start: z.number().describe('Seconds.'),
  end: z.number(),
  source: z.string(),
  speaker: PlainLine,
  text: PlainText,
});

export const InsightAnalyze = request({
  method: 'insights/analyze',
  doc:
    'Insights of a transcript given as text; nothing is stored. A segment has at most ' +
    `${ANALYSIS_SEGMENT_MAX} characters, all together ${ANALYSIS_TEXT_MAX}. One analysis of a ` +
    'user runs at a time, three more may wait.',
  params: z.object({
    segments: z.array(AnalysisSegment).max(50_000),
    self: z.string().optional().describe('Name of the speaker "You".'),
    date: z.string().optional().describe('ISO date of the transcript; due dates count from it.'),
  }),
  result: z.object({
    insights: z.array(Insight),
    warnings: z
      .array(z.string())
      .optional()
      .describe('Failures of the language model; sentences for the user.'),
  }),
  errors: ['analysis.badInput'],
});
