/** Sections of the summary: context, discussion by topic, decisions, next steps. */
import type { Finding } from '../discourse/discuss';
import { isGeneric } from '../conversation/people';
import type { Topic } from './topics';
import type { Evidence, Insight, SummarySection } from '../types';

/**
 * The opening of a meeting gives its context. The limit is one minute for any meeting, so a
 * sentence keeps its section.
 */
const OPENING_MS = 60_000;
const MOST_NAMED = 8;

/** Assigns a sentence to a section by its time. */
export function placeSentence(sentence: Finding, topics: readonly Topic[]): Finding {
  if (sentence.section !== undefined || sentence.heading !== undefined) return sentence;
  const at = sentence.evidence[0]?.startMs ?? 0;
  const index = Math.max(
    0,
    topics.findLastIndex(({ startMs }) => startMs <= at),
  );
  const topic = topics[index];
  if (!topic || (index === 0 && at - topic.startMs < OPENING_MS))
    return { ...sentence, section: 'context' };
  return {
    ...sentence,
    section: 'discussion',
    topic: { title: topic.title, startMs: topic.startMs, endMs: topic.endMs },
  };
}

/**
 * "Ana, Ben and Nina spoke about session storage; signing keys.", with the sentences of the titles
 * as evidence. Undefined if there is only one topic.
 */
export function overviewOf(
  topics: readonly Topic[],
  speakers: readonly string[],
  self: string | undefined,
): Finding | undefined {
  const titled = topics.filter(({ title }) => title !== '').slice(0, MOST_NAMED);
  const evidence = titled
    .flatMap((topic) => topic.evidence)
    .filter((one, at, all) => all.findIndex((other) => same(one, other)) === at);
  if (titled.length < 2 || evidence.length === 0) return undefined;
  const people = speakers
    .filter((speaker) => !isGeneric(speaker))
    .slice(0, MOST_NAMED)
    .map((speaker) => (/^you$/i.test(speaker) ? (self ?? 'you') : speaker));
  const who = people.length === 0 ? 'The talk was' : `${inWords(people)} spoke`;
  return {
    kind: 'summary',
    section: 'context',
    text: `${who.slice(0, 1).toLocaleUpperCase('en')}${who.slice(1)} about ${titled.map(({ title }) => lowered(title)).join('; ')}.`,
    confidence: 0.5,
    evidence,
  };
}

/** A part of the summary for display. */
export interface SummaryPart<T> {
  readonly section: SummarySection;
  readonly topic?: Insight['topic'];
  readonly sentences: readonly T[];
}

type Sentence = {
  readonly kind: Insight['kind'];
  readonly text: string;
  readonly section?: SummarySection | undefined;
  readonly topic?: Insight['topic'] | undefined;
};

/** Context, then each topic, in order of time. A page shows decisions and next steps separately. */
export function summaryParts<T extends Sentence>(insights: readonly T[]): SummaryPart<T>[] {
  const summary = insights.filter(({ kind }) => kind === 'summary');
  const parts = new Map<
    number,
    { section: SummarySection; topic?: Insight['topic']; sentences: T[] }
  >();
  for (const sentence of summary) {
    const { topic } = sentence;
    const key = topic?.startMs ?? -1;
    const part = parts.get(key) ?? {
      section: topic ? 'discussion' : 'context',
      ...(topic && { topic }),
      sentences: [],
    };
    part.sentences.push(sentence);
    parts.set(key, part);
  }
  // What was written about a part comes before quotes from it.
  for (const part of parts.values())
    part.sentences.sort((a, b) => Number(isQuoted(a.text)) - Number(isQuoted(b.text)));
  return [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
}

interface ReportedSentence extends Sentence {
  readonly owner?: string | undefined;
  readonly due?: { readonly phrase: string } | undefined;
}

/**
 * The whole summary in sentences, for reading alone. Its decisions and next steps come from the
 * decisions and actions.
 */
export function wholeSummary<T extends ReportedSentence>(insights: readonly T[]): T[] {
  const report = (
    kind: Insight['kind'],
    section: SummarySection,
    text: (insight: T) => string,
  ): T[] =>
    insights
      .filter((insight) => insight.kind === kind)
      .map((insight) => ({ ...insight, kind: 'summary' as const, section, text: text(insight) }));
  return [
    ...summaryParts(insights).flatMap(({ sentences }) => sentences),
    ...report('decision', 'decisions', ({ text }) => `Decided: ${lowered(text)}.`),
    ...report(
      'action',
      'next',
      ({ text, owner, due }) =>
        `${owner === undefined ? 'To do: ' : `${owner} ${isQuoted(text) ? 'has a task. ' : 'will '}`}${lowered(text)}${due ? `, ${due.phrase}` : ''}.`,
    ),
  ];
}

/** A line that is a quote with its speaker: `Jonas: "I'll finish that today"`. */
function isQuoted(text: string): boolean {
  return /^[^":]{1,60}: "/.test(text);
}

/** Lower-cases the first letter, unless the word always has a capital or names a speaker. */
function lowered(text: string): string {
  if (isQuoted(text)) return text;
  return /^(?:\p{Lu}\p{Ll}+|A)(?![\p{L}'’])/u.test(text)
    ? text.slice(0, 1).toLocaleLowerCase('en') + text.slice(1)
    : text;
}

function inWords(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

function same(a: Evidence, b: Evidence): boolean {
  return a.segmentId === b.segmentId && a.quote === b.quote;
}
