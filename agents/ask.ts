/**
 * Answers a question about meetings with quotes. No language model is needed: the question selects a
 * list, or its words are searched.
 */
import { redact } from '../daemon/base/redaction/redact';
import type { Insight } from '../protocol/insights';
import type { ResultOf } from '../protocol/method';
import { SessionGet, SessionSearch } from '../protocol/session';
import type { Segment } from '../protocol/transcript';
import { type AgentConnection, runningSession } from './connection';
import { insightHits } from './insightLists';
import { lastMinutes } from './liveTail';

type Hit = ResultOf<typeof SessionSearch>['hits'][number];

export type AnswerKind = 'live' | 'actions' | 'decisions' | 'search';

/** Words that stand in the transcript, with their place. */
export interface Quote {
  readonly sessionId: string;
  readonly segmentId: string;
  readonly title: string;
  readonly startedAt: string;
  readonly startMs: number;
  /** The speaker, or the owner of an action. */
  readonly who: string;
  readonly quote: string;
  /** The action or decision that the quote supports. */
  readonly insight?: { readonly kind: Insight['kind']; readonly text: string };
}

export interface QuotedAnswer {
  readonly kind: AnswerKind;
  /** Empty if nothing was found. */
  readonly quotes: readonly Quote[];
}

/** Quotes of one answer. */
const QUOTES_MAX = 12;
const QUOTE_MAX = 600;
/** Words of a question that are searched one by one. */
const WORDS_MAX = 8;
const HITS_MAX = 40;
/** Minutes of a running meeting, if the question names no number. */
const MINUTES = 3;
const MINUTES_MAX = 120;

const LIVE =
  /\b(?:just now|just said|so far|right now|running meeting|catch me up|(?:last|past) (?:few |\d{1,3} )?(?:minutes?|seconds?))\b/i;
const ACTIONS =
  /\b(?:open|my|action|todo|to-do|pending)\b.{0,30}\b(?:actions?|items?|tasks?|todos?|to-dos?)\b|\baction items?\b/i;
const DECISIONS = /\bdeci(?:de|ded|sions?)\b/i;

/** Words of a question that say nothing about its subject. */
const COMMON = new Set(
  (
    'a about actions action after all also an and any anybody anyone are as at be because been but by can ' +
    'could decide decided decision decisions did do does discuss discussed for from going had has have he ' +
    'her him his how i if in into is it its just last let me meeting meetings mention mentioned minutes my ' +
    'now of on open or our out please said saw say she should so some somebody someone talk talked tell ' +
    'than that the their them then there they this to today todo us was we were what when where which who ' +
    'whose why will with would yesterday you your'
  ).split(' '),
);

/** Kinds whose words are searched if their list has nothing. */
const FALLS_BACK: ReadonlySet<AnswerKind> = new Set(['actions', 'decisions']);

/** Content words of a question, in their order. */
export function questionWords(question: string): string[] {
  const words = question.toLowerCase().match(/[\p{L}\p{N}]+(?:['’]\p{L}+)?/gu) ?? [];
  return [...new Set(words.map((word) => word.replace(/['’]s$/, '')))]
    .filter((word) => !COMMON.has(word))
    .slice(0, WORDS_MAX);
}

/** @param command of the chat: `live`, `actions`, `decisions`; else the question decides */
export async function answerQuestion(
  connection: AgentConnection,
  question: string,
  command?: string,
): Promise<QuotedAnswer> {
  const kind = kindOf(question, command);
  const words = questionWords(question);
  const quotes = await quotesFor(connection, kind, question, words);
  if (quotes.length > 0 || !FALLS_BACK.has(kind) || words.length === 0) return { kind, quotes };
  return { kind: 'search', quotes: await searched(connection, words) };
}

function kindOf(question: string, command: string | undefined): AnswerKind {
  if (command === 'live' || command === 'actions' || command === 'decisions') return command;
  if (LIVE.test(question)) return 'live';
  if (ACTIONS.test(question)) return 'actions';
  return DECISIONS.test(question) ? 'decisions' : 'search';
}

async function quotesFor(
  connection: AgentConnection,
  kind: AnswerKind,
  question: string,
  words: readonly string[],
): Promise<readonly Quote[]> {
  if (kind === 'live') return live(connection, minutesIn(question));
  if (kind === 'search') return searched(connection, words);
  const hits = await insightHits(connection, kind === 'actions' ? 'action' : 'decision', {});
  const kept = hits.filter(({ insight }) =>
    kind === 'actions' ? insight?.status === 'open' : insight?.status !== 'dismissed',
  );
  return best(kept, words, ({ insight }) =>
    [insight?.text, insight?.owner, ...(insight?.symbols.map(({ name }) => name) ?? [])].join(' '),
  ).flatMap(quotesOf);
}

function minutesIn(question: string): number {
  const [, amount, unit] = /\b(\d{1,3}) (minute|second)/i.exec(question) ?? [];
  if (amount === undefined) return MINUTES;
  const minutes = Number(amount) / (unit?.toLowerCase() === 'second' ? 60 : 1);
  return Math.min(MINUTES_MAX, Math.max(0.1, minutes));
}

/** The last quotes of the running meeting; none if no meeting runs. */
async function live(connection: AgentConnection, minutes: number): Promise<readonly Quote[]> {
  const running = await runningSession(connection);
  if (running === undefined) return [];
  const { session, segments } = await connection.request(SessionGet, { sessionId: running.id });
  return lastMinutes(visible(segments), minutes)
    .slice(-QUOTES_MAX)
    .map((segment) => quoteOf({ sessionId: session.id, ...session }, segment));
}

/** The running meeting first, then all meetings; passages with more words of the question first. */
async function searched(
  connection: AgentConnection,
  words: readonly string[],
): Promise<readonly Quote[]> {
  if (words.length === 0) return [];
  const find = async (query: string): Promise<readonly Hit[]> =>
    (await connection.request(SessionSearch, { query, limit: HITS_MAX })).hits;
  const [now, whole] = await Promise.all([saidNow(connection), find(words.join(' '))]);
  const said = (hits: readonly Hit[]): readonly Hit[] =>
    best(hits, words, ({ segment }) => segment?.text ?? '');
  const stored =
    whole.length > 0 ? whole : said((await Promise.all(words.map(find))).flat()).filter(isNew());
  return [...said(now), ...stored].filter(isNew()).slice(0, QUOTES_MAX).flatMap(quotesOf);
}

async function saidNow(connection: AgentConnection): Promise<readonly Hit[]> {
  const running = await runningSession(connection);
  if (running === undefined) return [];
  const { session, segments } = await connection.request(SessionGet, { sessionId: running.id });
  const { id: sessionId, title, startedAt } = session;
  return visible(segments)
    .reverse()
    .map((segment) => ({ sessionId, title, startedAt, segment }));
}

const visible = (segments: readonly Segment[]): Segment[] =>
  segments.filter(({ hidden }) => hidden !== true);

/** A filter that drops a passage that was seen before. */
function isNew(): (hit: Hit) => boolean {
  const seen = new Set<string>();
  return ({ sessionId, segment, insight }) => {
    const key = `${sessionId} ${segment?.id ?? ''} ${insight?.id ?? ''}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  };
}

/**
 * Hits with the most words; their order stays. Without words: all. A passage with half of the best
 * one's words is left out.
 */
function best(
  hits: readonly Hit[],
  words: readonly string[],
  textOf: (hit: Hit) => string,
): readonly Hit[] {
  if (words.length === 0) return hits.slice(0, QUOTES_MAX);
  const scored = hits
    .map((hit) => {
      const text = textOf(hit).toLowerCase();
      return { hit, score: words.filter((word) => text.includes(stemOf(word))).length };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const top = scored[0]?.score ?? 0;
  return scored
    .filter(({ score }) => score > top / 2)
    .slice(0, QUOTES_MAX)
    .map(({ hit }) => hit);
}

/** "retries", "retried" and "retry" begin alike. */
const stemOf = (word: string): string =>
  word.length > 5 ? word.replace(/(?:ies|ied|ing|ed|es|s|y)$/, '') : word;

function quotesOf(hit: Hit): Quote[] {
  if (hit.segment) return [quoteOf(hit, hit.segment)];
  const { insight } = hit;
  const [first] = insight?.evidence ?? [];
  if (insight === undefined || first === undefined) return [];
  return [
    {
      ...placeOf(hit),
      segmentId: first.segmentId,
      startMs: first.startMs,
      who: insight.owner ?? '',
      quote: shown(first.quote),
      insight: { kind: insight.kind, text: shown(insight.text) },
    },
  ];
}

const quoteOf = (
  hit: Pick<Hit, 'sessionId' | 'title' | 'startedAt'>,
  { id: segmentId, startMs, speaker, text }: Segment,
): Quote => ({ ...placeOf(hit), segmentId, startMs, who: shown(speaker), quote: shown(text) });

const placeOf = ({
  sessionId,
  title,
  startedAt,
}: Pick<Hit, 'sessionId' | 'title' | 'startedAt'>) => ({
  sessionId,
  title: shown(title),
  startedAt,
});

const shown = (text: string): string => redact(text).slice(0, QUOTE_MAX);
