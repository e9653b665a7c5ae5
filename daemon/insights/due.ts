/** Due phrases: their positions among the words, and their dates. */
import * as chrono from 'chrono-node';
import { compilePattern, mayMatch, vocabulary } from './language/pattern';
import type { WordToken } from './language/nlp';
import { readDay } from './dueDay';
import { DUE_RULES } from './rules/due';

export interface DueSpan {
  /** Indices of words; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly weak: boolean;
}

const RULES = DUE_RULES.flatMap(({ patterns, weak }) =>
  patterns.map((source) => ({ pattern: compilePattern(`^ ${source}`), weak: weak ?? false })),
);

/** All time phrases of a clause, longest first at each word, without nesting. */
export function findDueSpans(words: readonly WordToken[]): DueSpan[] {
  const spans: DueSpan[] = [];
  const known = vocabulary(words);
  const rules = RULES.filter(({ pattern }) => mayMatch(pattern, known));
  if (rules.length === 0) return spans;
  for (let at = 0; at < words.length; at++) {
    const context = { words, core: at, isName: () => false, dueEnd: () => undefined };
    let best: DueSpan | undefined;
    for (const { pattern, weak } of rules) {
      const match = pattern.match(context);
      if (match && match.end > at && match.end > (best?.to ?? at))
        best = { from: at, to: match.end, weak };
    }
    // "by ten percent" and "before two people" are not times.
    const after = best && words[best.to];
    if (
      best &&
      words[best.to - 1]?.pos === 'NUM' &&
      after &&
      (after.pos === 'NOUN' || after.norm === 'percent') &&
      !/^(please|then|sharp)$/.test(after.norm)
    )
      best = undefined;
    if (best && isRank(words, best)) best = undefined;
    if (best && isPastReference(words, best)) best = undefined;
    if (!best) continue;
    spans.push(best);
    at = best.to - 1;
  }
  return spans;
}

/** "on the second try", "by the first draft": the ordinal belongs to the noun after it. */
function isRank(words: readonly WordToken[], { to }: DueSpan): boolean {
  const [last, after] = [words[to - 1], words[to]];
  return (
    /^(?:\d{1,2}(?:st|nd|rd|th)|\w*(?:first|second|third)|\w+th|\w+ieth)$/.test(last?.norm ?? '') &&
    last?.norm !== 'month' &&
    after !== undefined &&
    /^(?:NOUN|ADJ|PROPN)$/.test(after.pos)
  );
}

/**
 * "in the morning" and "for the release" may follow "last": that is a past time, not a due date.
 */
function isPastReference(words: readonly WordToken[], span: DueSpan): boolean {
  return words[span.from - 1]?.norm === 'last' || words[span.to]?.norm === 'ago';
}

const MS_A_MINUTE = 60_000;
/**
 * Phrases without a fixed day: "after the call", "next week", "next sprint", "when she is back".
 */
const NO_DATE =
  /\b(?:after|when|once|sprint|release|possible|or)\b|\b(?:next|this|coming) (?:month|quarter|year|week)\b|\bbefore (?!.*(?:day|tomorrow|noon|month|week|\d))|\b(?:minute|moment|second)s?\b|^(?:now|soon|later|right now)$/;

/**
 * @param startedAt ISO 8601 with offset; the phrase refers to that day in that zone, always to the
 * future
 * @returns ISO date, or undefined if the phrase names no definite day
 */
export function dueDate(phrase: string, startedAt: string): string | undefined {
  const instant = new Date(startedAt);
  if (Number.isNaN(instant.getTime())) return undefined;
  const offset = zoneOffset(startedAt);
  const local = new Date(instant.getTime() + offset * MS_A_MINUTE);
  const today = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()));
  const text = phrase.toLowerCase().trim();
  const day = readDay(text, { today, local });
  if (day !== undefined) return day === 'none' ? undefined : iso(day);
  if (NO_DATE.test(text)) return undefined;
  const [found] = chrono.casual.parse(
    text.replace(/^(?:by|before|until|till|on|for|around|from)\s+/, ''),
    { instant, timezone: offset },
    { forwardDate: true },
  );
  const start = found?.start;
  if (!start || !(start.isCertain('day') || start.isCertain('weekday'))) return undefined;
  const [year, month, dayOfMonth] = [start.get('year'), start.get('month'), start.get('day')];
  return year === null || month === null || dayOfMonth === null
    ? undefined
    : iso(new Date(Date.UTC(year, month - 1, dayOfMonth)));
}

/** Minutes east of UTC in the time stamp. */
function zoneOffset(startedAt: string): number {
  const [, sign, hours, minutes] = /([+-])(\d{2}):?(\d{2})$/.exec(startedAt) ?? [];
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
}

function iso(date: Date): string {
  return date.toISOString().slice(0, 10);
}
