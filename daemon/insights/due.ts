/** Due phrases: where they stand among the words, and which date they mean. */
import * as chrono from 'chrono-node';
import { compilePattern, mayMatch, vocabulary } from './language/pattern';
import type { WordToken } from './language/nlp';
import { DUE_RULES } from './rules/due';

export interface DueSpan {
  /** Indices of words: from, to (exclusive). */
  readonly from: number;
  readonly to: number;
  readonly weak: boolean;
}

const RULES = DUE_RULES.flatMap(({ patterns, weak }) =>
  patterns.map((source) => ({ pattern: compilePattern(`^ ${source}`), weak: weak ?? false })),
);

/** All time phrases of a clause, longest first at each word, none inside another. */
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
    // "by ten percent" and "before two people" are no time of day.
    const after = best && words[best.to];
    if (
      best &&
      words[best.to - 1]?.pos === 'NUM' &&
      after &&
      (after.pos === 'NOUN' || after.norm === 'percent') &&
      !/^(please|then|sharp)$/.test(after.norm)
    )
      best = undefined;
    if (best && isPastReference(words, best)) best = undefined;
    if (!best) continue;
    spans.push(best);
    at = best.to - 1;
  }
  return spans;
}

/**
 * "in the morning" and "for the release" may follow "last": that is history, not a date to come.
 */
function isPastReference(words: readonly WordToken[], span: DueSpan): boolean {
  return words[span.from - 1]?.norm === 'last' || words[span.to]?.norm === 'ago';
}

const MS_A_MINUTE = 60_000;
const MS_A_DAY = 86_400_000;
const FRIDAY = 5;
/** 0 = Sunday, as Date.getUTCDay counts. */
const ENDS: readonly { readonly pattern: RegExp; readonly date: (today: Date) => Date }[] = [
  {
    pattern:
      /\bend of (?:the |this )?(?:day|business|play|today)\b|\b(?:eod|cob)\b|\bright away\b|\bimmediately\b/,
    date: (today) => today,
  },
  {
    pattern:
      /\bthis (?:morning|afternoon|evening)\b|\b(?:noon|lunchtime|midnight|lunch)$|\bhours?$|\btoday or tomorrow\b|\blater today\b/,
    date: (today) => today,
  },
  { pattern: /^first thing in the morning$/, date: (today) => addDays(today, 1) },
  {
    pattern: /\bend of next week\b/,
    date: (today) => addDays(today, ((FRIDAY - today.getUTCDay() + 7) % 7) + 7),
  },
  {
    pattern: /\bend of (?:the |this )?week\b|\beow\b/,
    date: (today) => addDays(today, (FRIDAY - today.getUTCDay() + 7) % 7),
  },
  {
    pattern: /\bend of (?:the |this )?month\b/,
    date: (today) => new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 0)),
  },
  {
    pattern: /\bend of next month\b/,
    date: (today) => new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 2, 0)),
  },
  {
    pattern: /\bend of (?:the |this )?quarter\b/,
    date: (today) =>
      new Date(Date.UTC(today.getUTCFullYear(), (Math.floor(today.getUTCMonth() / 3) + 1) * 3, 0)),
  },
  {
    pattern: /\bend of (?:the |this )?year\b/,
    date: (today) => new Date(Date.UTC(today.getUTCFullYear(), 12, 0)),
  },
];
/** Phrases that fix no day: "after the call", "next week", "next sprint", "when she is back". */
const NO_DATE =
  /\b(?:after|when|once|sprint|release|possible|or)\b|\b(?:next|this|coming) (?:month|quarter|year|week)\b|\bbefore (?!.*(?:day|tomorrow|noon|month|week|\d))|\b(?:minute|moment|second)s?\b|^(?:now|soon|later|right now)$/;

/**
 * @param startedAt ISO 8601 with offset; the phrase is read as on that day in that zone, always
 * forward
 * @returns ISO date, or undefined where the phrase names no certain day
 */
export function dueDate(phrase: string, startedAt: string): string | undefined {
  const instant = new Date(startedAt);
  if (Number.isNaN(instant.getTime())) return undefined;
  const offset = zoneOffset(startedAt);
  const local = new Date(instant.getTime() + offset * MS_A_MINUTE);
  const today = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()));
  const text = phrase.toLowerCase();
  const end = ENDS.find(({ pattern }) => pattern.test(text));
  if (end) return iso(end.date(today));
  if (NO_DATE.test(text)) return undefined;
  const bare = text.replace(/^(?:by|before|until|till|on|for|around|from)\s+/, '');
  // "the fifteenth" alone: this month's where it is still to come, else the next one's.
  const monthly =
    /^the [a-z-]+(?:th|st|nd|rd|first|second|third)$|^the \d{1,2}(?:th|st|nd|rd)$|^the twenty [a-z]+$/.test(
      bare,
    );
  const [found] = chrono.casual.parse(
    monthly
      ? `${bare.replace(/^the (twenty) /, '$1-').replace(/^the /, '')} of ${monthName(today)}`
      : bare,
    { instant, timezone: offset },
    { forwardDate: true },
  );
  const start = found?.start;
  if (!start || !(start.isCertain('day') || start.isCertain('weekday'))) return undefined;
  const [year, month, day] = [start.get('year'), start.get('month'), start.get('day')];
  if (year === null || month === null || day === null) return undefined;
  const date = new Date(Date.UTC(monthly ? today.getUTCFullYear() : year, month - 1, day));
  // "On Monday", said on a Monday, is the next one: for today people say "today".
  if (start.isCertain('weekday') && !start.isCertain('day') && date.getTime() === today.getTime())
    return iso(addDays(date, 7));
  return iso(
    monthly && date < today
      ? new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, day))
      : date,
  );
}

function monthName(date: Date): string {
  return date.toLocaleDateString('en', { month: 'long', timeZone: 'UTC' });
}

/** Minutes east of UTC as the time stamp says them. */
function zoneOffset(startedAt: string): number {
  const [, sign, hours, minutes] = /([+-])(\d{2}):?(\d{2})$/.exec(startedAt) ?? [];
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
}

function addDays(date: Date, days: number): Date {
  return new Date(date.getTime() + days * MS_A_DAY);
}

function iso(date: Date): string {
  return date.toISOString().slice(0, 10);
}
