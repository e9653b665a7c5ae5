/** Renders insights as JSON and Markdown for `earmark analyze`, and as single lines for a note. */
import { summaryParts, wholeSummary } from '../summary/summarySections';
import type { NoteTemplate } from '../../../protocol/templates';
import { jsonText, markdownText } from '../../../protocol/plainText';
import { timeStamp } from './timeStamp';
import type { Insight } from '../types';

/** Fields that a line needs. Wire values and daemon values both fit. */
export interface RenderableInsight {
  readonly id: string;
  readonly kind: Insight['kind'];
  readonly text: string;
  readonly owner?: string | undefined;
  readonly due?: { readonly phrase: string; readonly date?: string | undefined } | undefined;
  readonly status: Insight['status'];
  readonly evidence: readonly { readonly startMs: number }[];
  readonly section?: Insight['section'] | undefined;
  readonly topic?: Insight['topic'] | undefined;
  readonly heading?: string | undefined;
}

/** Insights by kind, each list in order of time. Elements keep their type `T`. */
export interface AnalysisResult<T = Insight> {
  readonly actions: readonly T[];
  readonly decisions: readonly T[];
  readonly risks: readonly T[];
  readonly questions: readonly T[];
  readonly entities: readonly T[];
  readonly summary: readonly T[];
}

/** True if a reader sees it: not dismissed, not cancelled. */
function isAlive(insight: Pick<Insight, 'status'>): boolean {
  return insight.status === 'open' || insight.status === 'done';
}

/**
 * Groups by kind and leaves out dismissed and cancelled insights. The summary is complete: it
 * includes decisions and actions.
 */
export function groupInsights<T extends RenderableInsight>(
  insights: readonly T[],
): AnalysisResult<T> {
  const alive = insights.filter(isAlive);
  const of = (kind: Insight['kind']) => alive.filter((insight) => insight.kind === kind);
  return {
    actions: of('action'),
    decisions: of('decision'),
    risks: of('risk'),
    questions: of('question'),
    entities: of('entity'),
    summary: wholeSummary(alive),
  };
}

/**
 * `Fix the token refresh — @Ben, by Friday (2026-11-27)`: the text of a line, without bullet and
 * time.
 */
export function insightWords(insight: RenderableInsight): string {
  const due =
    insight.due &&
    (insight.due.date ? `${insight.due.phrase} (${insight.due.date})` : insight.due.phrase);
  const who = insight.owner && `@${insight.owner}`;
  const tail = insight.kind === 'action' ? [who, due].filter(Boolean).join(', ') : '';
  return markdownText(insight.text) + (tail && ` — ${markdownText(tail)}`);
}

/** One Markdown line: `- [ ] Fix the token refresh — @Ben, by Friday (2026-11-27) [00:14:05]`. */
export function insightLine(insight: RenderableInsight): string {
  const box = insight.kind === 'action' ? (insight.status === 'done' ? '[x] ' : '[ ] ') : '';
  const time = insight.evidence[0] ? ` ${timeStamp(insight.evidence[0].startMs)}` : '';
  return `- ${box}${insightWords(insight)}${time}`;
}

/** Heading of each kind, in display order. */
const INSIGHT_SECTIONS: readonly {
  readonly kind: Insight['kind'];
  readonly title: string;
}[] = [
  { kind: 'summary', title: 'Summary' },
  { kind: 'decision', title: 'Decisions' },
  { kind: 'action', title: 'Action items' },
  { kind: 'question', title: 'Open questions' },
  { kind: 'risk', title: 'Risks' },
];

/** A section of a page with the insights that it shows. */
export interface PageSection<T> {
  readonly title: string;
  /** Undefined for a section of a template that a language model fills. */
  readonly kind?: Insight['kind'];
  readonly insights: readonly T[];
}

/**
 * Sections in the order of the template. Kinds that it leaves out come last, without insights. A
 * sentence whose section the template lacks belongs to the summary.
 */
export function pageSections<T extends RenderableInsight>(
  insights: readonly T[],
  template?: NoteTemplate,
): PageSection<T>[] {
  const own = new Set(
    template?.sections.flatMap(({ kind, title }) => (kind === undefined ? [title] : [])),
  );
  const isOwn = ({ heading }: T): boolean => heading !== undefined && own.has(heading);
  const ofKind = (kind: Insight['kind']): T[] =>
    insights.filter((insight) => insight.kind === kind && !isOwn(insight));
  if (!template)
    return INSIGHT_SECTIONS.map(({ kind, title }) => ({ kind, title, insights: ofKind(kind) }));
  return [
    ...template.sections.map(({ kind, title }) =>
      kind === undefined
        ? { title, insights: insights.filter(({ heading }) => heading === title) }
        : { title, kind, insights: ofKind(kind) },
    ),
    ...INSIGHT_SECTIONS.filter(
      ({ kind }) => !template.sections.some((section) => section.kind === kind),
    ).map(({ kind, title }) => ({ kind, title, insights: [] })),
  ];
}

/** A line of a section, with its insight. */
export interface SectionLine {
  /** Stable name of the line. */
  readonly key: string;
  readonly line: string;
  readonly insightId?: string;
}

/**
 * Lines of one section. Each insight has a line. In the summary, each topic has a line above its
 * sentences.
 */
export function sectionLines({ kind, insights }: PageSection<RenderableInsight>): SectionLine[] {
  const alive = insights.filter(isAlive);
  const lines = (some: readonly RenderableInsight[], indent = ''): SectionLine[] =>
    some.map((insight) => ({
      // A sentence that moves to a section of a template is a new line.
      key: `${kind === undefined ? 'h' : 'i'}.${insight.id}`,
      line: `${indent}${insightLine(insight)}`,
      insightId: insight.id,
    }));
  if (kind !== 'summary') return lines(alive);
  return summaryParts(alive).flatMap(({ topic, sentences }) => {
    if (!topic || topic.title === '') return lines(sentences);
    return [
      {
        key: `t.${topic.startMs}`,
        line: `- **${markdownText(topic.title)}** ${timeStamp(topic.startMs)}`,
      },
      ...lines(sentences, '  '),
    ];
  });
}

/**
 * Sections with their lines. A kind without insights has no section. Empty if there are no
 * insights.
 */
export function renderInsightsMarkdown(
  insights: readonly RenderableInsight[],
  template?: NoteTemplate,
): string {
  const sections = pageSections(insights, template).map((section) => ({
    title: section.title,
    lines: sectionLines(section).map(({ line }) => line),
  }));
  return sections
    .filter(({ lines }) => lines.length > 0)
    .map(({ title, lines }) => `## ${title}\n\n${lines.join('\n')}\n`)
    .join('\n');
}

/**
 * `{actions, decisions, risks, questions, entities, summary}`, indented, with a final line break.
 */
export function renderInsightsJson<T extends RenderableInsight>(insights: readonly T[]): string {
  return `${jsonText(groupInsights(insights), 2)}\n`;
}
