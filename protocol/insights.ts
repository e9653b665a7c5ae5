/**
 * Family `insights`: actions, decisions, risks, questions, entities, summary; each with the words
 * it rests on.
 */
import { z } from 'zod';
import { Empty, request } from './method';
import { DeriveForm } from './noteServer';

export const Evidence = z.object({
  segmentId: z.string(),
  startMs: z.number(),
  endMs: z.number(),
  quote: z.string().describe('Words that stand in that segment.'),
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
  id: z.string().describe('Stable while it changes.'),
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
    'Of a sentence of the summary. `decisions` and `next` stand in printed summaries only: in a session they are the decisions and actions themselves.',
  ),
  topic: z
    .object({ title: z.string(), startMs: z.number(), endMs: z.number() })
    .optional()
    .describe('What is spoken of there, and from when to when; of a sentence of the discussion.'),
  edited: z.boolean().optional().describe('A person changed it; the machine leaves it alone.'),
});
export type Insight = z.infer<typeof Insight>;

export const InsightOp = z.enum(['add', 'update', 'remove']);
export type InsightOp = z.infer<typeof InsightOp>;

export const InsightRevise = request({
  method: 'insights/revise',
  doc: 'A person edits, completes or dismisses an insight; it stays so.',
  params: z.object({
    sessionId: z.string(),
    insightId: z.string(),
    text: z.string().max(2000).optional(),
    owner: z.string().max(200).optional(),
    status: InsightStatus.optional(),
  }),
  result: Empty,
  errors: ['session.notFound', 'insight.notFound'],
});

export const InsightDerive = request({
  method: 'insights/derive',
  doc: 'What an insight becomes elsewhere, with the words it rests on: a TODO comment, a Markdown task, the text of an issue, a draft of a decision record. Nothing is changed or written.',
  params: z.object({
    sessionId: z.string(),
    insightId: z.string(),
    as: DeriveForm,
    languageId: z
      .string()
      .max(60)
      .optional()
      .describe("VS Code's id of the language the comment is for."),
  }),
  result: z.object({
    text: z.string(),
    fileName: z.string().optional().describe('A name for a new file, where it is one.'),
  }),
  errors: ['session.notFound', 'insight.notFound'],
});

const AnalysisSegment = z.object({
  id: z.string(),
  start: z.number().describe('Seconds.'),
  end: z.number(),
  source: z.string(),
  speaker: z.string(),
  text: z.string(),
});

export const InsightAnalyze = request({
  method: 'insights/analyze',
  doc: 'Insights of a transcript given as text; nothing is stored.',
  params: z.object({
    segments: z.array(AnalysisSegment).max(50_000),
    self: z.string().optional().describe('Name of the speaker whom "You" stands for.'),
    date: z.string().optional().describe('ISO date on which it was said; due dates count from it.'),
  }),
  result: z.object({
    insights: z.array(Insight),
    warnings: z
      .array(z.string())
      .optional()
      .describe('What the language model could not do; sentences for the user.'),
  }),
  errors: ['analysis.badInput'],
});
