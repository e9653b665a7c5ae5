/** Answers for agents: plain values without internal fields, bounded in length. */
import type { Insight } from '../protocol/insights';
import type { SessionInfo } from '../protocol/session';
import type { Segment } from '../protocol/transcript';
import { redact } from '../daemon/base/redaction/redact';

/** UTF-16 units of one answer; about 15,000 tokens of a language model. */
export const ANSWER_MAX = 60_000;
/** Reserve for the fields around the lists of an answer. */
const ROOM = 2_000;
/** Limit for one segment or insight. */
const TEXT_MAX = 4_000;

export function sessionShape({
  id,
  kind,
  title,
  state,
  startedAt,
  durationMs,
  segments,
  workspace,
}: SessionInfo): Record<string, unknown> {
  return {
    id,
    title,
    kind,
    state,
    startedAt,
    durationSeconds: Math.round(durationMs / 1000),
    segments,
    ...(workspace && { workspace }),
  };
}

export function segmentShape({
  id,
  startMs,
  speaker,
  text,
}: Pick<Segment, 'id' | 'startMs' | 'speaker' | 'text'>): Record<string, unknown> {
  return { id, time: clock(startMs), speaker, text: cut(text) };
}

export function insightShape({
  id,
  kind,
  text,
  owner,
  due,
  status,
  confidence,
  evidence,
  symbols,
}: Insight): Record<string, unknown> {
  return {
    id,
    kind,
    text: cut(text),
    ...(owner !== undefined && { owner }),
    ...(due && { due }),
    status,
    confidence,
    evidence: evidence.slice(0, 10).map(({ segmentId, startMs, quote }) => ({
      segment: segmentId,
      time: clock(startMs),
      quote: cut(quote),
    })),
    ...(symbols.length > 0 && { symbols: symbols.slice(0, 20) }),
  };
}

/** Returns the first items that fit into the rest of an answer. */
export function fitting<T>(
  items: readonly T[],
  shape: (item: T) => Record<string, unknown>,
  room = ANSWER_MAX - ROOM,
): { readonly shown: Record<string, unknown>[]; readonly left: number; readonly room: number } {
  const shown: Record<string, unknown>[] = [];
  for (const item of items) {
    const value = shape(item);
    const size = JSON.stringify(value).length + 1;
    if (size > room) break;
    room -= size;
    shown.push(value);
  }
  return { shown, left: items.length - shown.length, room };
}

/** Fields with spoken or written text. */
const SPOKEN: ReadonlySet<string> = new Set([
  'text',
  'quote',
  'title',
  'owner',
  'speaker',
  'speakers',
  'beingSaid',
]);

/**
 * Text of an answer for the agent and its language model: keys, tokens, card numbers and addresses
 * are removed.
 */
export function answerText(answer: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(answer, (name, value: unknown) => {
    if (!SPOKEN.has(name)) return value;
    return typeof value === 'string'
      ? redact(value)
      : Array.isArray(value)
        ? value.map((one: unknown) => (typeof one === 'string' ? redact(one) : one))
        : value;
  });
}

/** `00:14:05`; hours may have more than two digits. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

const cut = (text: string): string =>
  text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
