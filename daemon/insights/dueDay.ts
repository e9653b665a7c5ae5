/**
 * Finds the day of an English due phrase, relative to a given day. Readers are tried in order, and
 * the first match decides. A time of day ("noon", "EOD") does not change the day beside it.
 */
import { matchNumber } from '../transcript/numbers';
import { ORDINALS } from '../transcript/numberWords';

const MS_A_MINUTE = 60_000;
const MS_A_HOUR = 60 * MS_A_MINUTE;
const MS_A_DAY = 24 * MS_A_HOUR;
const FRIDAY = 5;
/** 0 = Sunday, as in Date.getUTCDay. */
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS =
  'january february march april may june july august september october november december'.split(
    ' ',
  );
const DAY = `(${DAYS.join('|')})`;
const MONTH = `(${MONTHS.join('|')})`;

export interface Now {
  /** Local midnight of the day, as UTC. */
  readonly today: Date;
  /** Local time, as UTC. */
  readonly local: Date;
}

/** `none`: the phrase names no definite day. */
export type Day = Date | 'none';

type Read = (match: RegExpExecArray, now: Now) => Day | undefined;

const addDays = (date: Date, days: number): Date => new Date(date.getTime() + days * MS_A_DAY);

const utc = (year: number, month: number, day: number): Date =>
  new Date(Date.UTC(year, month, day));

/** The next day with that name after `from`. The same weekday is a week away. */
function weekday(from: Date, name: string): Date {
  return addDays(from, ((DAYS.indexOf(name) - from.getUTCDay() + 6) % 7) + 1);
}

const mondayOf = (date: Date): Date => addDays(date, -((date.getUTCDay() + 6) % 7));

/** A day of a week, counted from Monday. */
function dayOfWeek(date: Date, name: string, weeks: number): Date {
  return addDays(mondayOf(date), weeks * 7 + ((DAYS.indexOf(name) + 6) % 7));
}

/** The same day a number of months later; the last day if the month is shorter. */
function addMonths(date: Date, months: number): Date {
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + months];
  const last = utc(year, month + 1, 0).getUTCDate();
  return utc(year, month, Math.min(date.getUTCDate(), last));
}

function addWorkingDays(date: Date, days: number): Date {
  let at = date;
  for (let left = days; left > 0;) {
    at = addDays(at, 1);
    if (at.getUTCDay() % 6 !== 0) left--;
  }
  return at;
}

const lastOfMonth = ({ today }: Now, months: number): Date =>
  utc(today.getUTCFullYear(), today.getUTCMonth() + months + 1, 0);

/** The first month with that day, from now on, including today. */
function dayOfMonth({ today }: Now, day: number): Day {
  if (day < 1 || day > 31) return 'none';
  for (let months = 0; ; months++) {
    const date = utc(today.getUTCFullYear(), today.getUTCMonth() + months, day);
    if (date.getUTCDate() === day && date >= today) return date;
  }
}

function dayAndMonth({ today }: Now, month: string, day: number, year?: number): Day {
  const index = MONTHS.indexOf(month);
  if (year !== undefined) return valid(utc(year, index, day), day);
  // 29 February occurs every four years, or after eight.
  for (let ahead = 0; ahead <= 8; ahead++) {
    const date = utc(today.getUTCFullYear() + ahead, index, day);
    if (date.getUTCDate() === day && date >= today) return date;
  }
  return 'none';
}

const valid = (date: Date, day: number): Day => (date.getUTCDate() === day ? date : 'none');

/** "first Monday of a month"; −1 counts from the end. */
function nthWeekday(month: Date, nth: number, name: string): Day {
  if (nth < 0) {
    const last = addDays(addMonths(month, 1), -1);
    return addDays(last, -((last.getUTCDay() - DAYS.indexOf(name) + 7) % 7));
  }
  const date = addDays(weekday(addDays(month, -1), name), (nth - 1) * 7);
  return date.getUTCMonth() === month.getUTCMonth() ? date : 'none';
}

const NEAR: ReadonlyMap<string, number> = new Map([
  ['today', 0],
  ['tonight', 0],
  ['now', 0],
  ['tomorrow', 1],
]);

function near(name: string, { today }: Now): Date {
  const days = NEAR.get(name);
  return days === undefined ? weekday(today, name) : addDays(today, days);
}

const count = (text: string): number => (/^an?$/.test(text) ? 1 : Number(text));
const weeksAhead = (text: string): number => (/next|following|coming/.test(text) ? 1 : 0);

const ends: Read = ([, which = '', unit], now) => {
  const { today } = now;
  const ahead = weeksAhead(which);
  if (unit === 'week') {
    const days = (FRIDAY - today.getUTCDay() + 7) % 7;
    return addDays(today, days + ahead * 7);
  }
  if (unit === 'month') return lastOfMonth(now, ahead);
  if (unit === 'quarter') return lastOfMonth(now, 2 - (today.getUTCMonth() % 3) + ahead * 3);
  return utc(today.getUTCFullYear() + ahead, 12, 0);
};

const begins: Read = ([, which = '', unit], { today }) => {
  if (weeksAhead(which) === 0) return 'none';
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth()];
  if (unit === 'week') return addDays(mondayOf(today), 7);
  if (unit === 'month') return utc(year, month + 1, 1);
  if (unit === 'quarter') return utc(year, month - (month % 3) + 3, 1);
  return utc(year + 1, 0, 1);
};

const spans: Read = ([, amount = '', working, unit = ''], { today, local }) => {
  const n = count(amount);
  if (/^hour/.test(unit)) {
    const then = new Date(local.getTime() + n * MS_A_HOUR);
    return utc(then.getUTCFullYear(), then.getUTCMonth(), then.getUTCDate());
  }
  if (/^day/.test(unit)) return working ? addWorkingDays(today, n) : addDays(today, n);
  if (/^week/.test(unit)) return addDays(today, 7 * n);
  if (/^fortnight/.test(unit)) return addDays(today, 14 * n);
  if (/^month/.test(unit)) return addMonths(today, n);
  return addMonths(today, 12 * n);
};

const NTH = '(\\d{1,2})(?:st|nd|rd|th)';
const AMOUNT = '(an?|\\d{1,3})';
const POINT = `(today|now|tonight|tomorrow|${DAYS.join('|')})`;
const UNIT = '(hours?|days?|weeks?|fortnights?|months?|years?)';
const WHICH = '(this|next|the following|following|the coming|coming|the)';

const READERS: readonly (readonly [pattern: RegExp, read: Read])[] = [
  [/^(?:the )?day after tomorrow$/, (_, { today }) => addDays(today, 2)],
  [
    new RegExp(`^(?:the )?day (after|before) ${POINT}$`),
    ([, side, name = ''], now) => addDays(near(name, now), side === 'after' ? 1 : -1),
  ],
  [
    /^(?:later )?(?:today|tonight|this (?:morning|afternoon|evening)|this very day)$/,
    (_, { today }) => today,
  ],
  [/^today or tomorrow$/, (_, { today }) => today],
  [/^(?:early |late )?tomorrow$/, (_, { today }) => addDays(today, 1)],
  [
    new RegExp(`^${AMOUNT} (weeks?|fortnights?|days?) (?:from|after|on) ${POINT}$`),
    ([, amount = '', unit = '', name = ''], now) =>
      addDays(near(name, now), count(amount) * (/^w/.test(unit) ? 7 : /^f/.test(unit) ? 14 : 1)),
  ],
  [new RegExp(`^${POINT} week$`), ([, name = ''], now) => addDays(near(name, now), 7)],
  [new RegExp(`^${AMOUNT} ((?:business|working) )?${UNIT} from (?:now|today)$`), spans],
  [
    new RegExp(
      `^(?:in|within) (?:the next )?(?:about |roughly |less than )?${AMOUNT} ((?:business|working) )?${UNIT}(?:['’]? time)?$`,
    ),
    spans,
  ],
  [/^within the (day)$/, (_, { today }) => today],
  [
    /^(?:(?:in|within) )?(?:the next )?(?:an )?hours?(?: or \w+)?$|^in (?:an|the next) hour or two$/,
    (_, { today }) => today,
  ],
  [
    new RegExp(
      `^(?:the )?(?:very )?end of (?:(this|the|next|the following|the coming) )?(week|month|quarter|year)$`,
    ),
    ends,
  ],
  [/^()eo(w)$/, (_, now) => ends(['', '', 'week'] as unknown as RegExpExecArray, now)],
  [/^()eo(m)$/, (_, now) => lastOfMonth(now, 0)],
  [
    new RegExp(`^(?:the )?(?:very )?end of ${MONTH}$`),
    ([, month = ''], { today }) => {
      const year = today.getUTCFullYear() + (MONTHS.indexOf(month) < today.getUTCMonth() ? 1 : 0);
      return utc(year, MONTHS.indexOf(month) + 1, 0);
    },
  ],
  [
    new RegExp(
      `^(?:the )?(?:beginning|start) of (?:(next|the following|the coming) )(week|month|quarter|year)$`,
    ),
    begins,
  ],
  [
    new RegExp(`^(?:the )?(?:beginning|start) of ${MONTH}$`),
    ([, month = ''], now) => dayAndMonth(now, month, 1),
  ],
  [
    new RegExp(`^(?:on )?${DAY} (?:of |in )?${WHICH} week$`),
    ([, name = '', which = ''], { today }) => dayOfWeek(today, name, weeksAhead(which)),
  ],
  [
    new RegExp(`^${WHICH} week (?:on )?${DAY}$`),
    ([, which = '', name = ''], { today }) => dayOfWeek(today, name, weeksAhead(which)),
  ],
  [
    new RegExp(
      `^(?:the )?(\\d)(?:st|nd|rd|th) ${DAY} (?:of|in) (?:(the|this|next) month|${MONTH})$`,
    ),
    ([, nth, name = '', which, month], now) => nthOf(now, Number(nth), name, which, month),
  ],
  [
    new RegExp(`^(?:the )?last ${DAY} (?:of|in) (?:(the|this|next) month|${MONTH})$`),
    ([, name = '', which, month], now) => nthOf(now, -1, name, which, month),
  ],
  [
    new RegExp(`^(?:the )?(?:last|final) day of (the|this|next) month$`),
    ([, which = ''], now) => lastOfMonth(now, weeksAhead(which)),
  ],
  [
    new RegExp(`^(?:(?:this|the|this coming|coming|the coming) )?${DAY}$`),
    ([, name = ''], { today }) => weekday(today, name),
  ],
  // On a Wednesday, "next Friday" is in the next week. "Next Monday" is always in the next week.
  [
    new RegExp(`^(?:the )?(?:next|following) ${DAY}$`),
    ([, name = ''], { today }) => dayOfWeek(today, name, 1),
  ],
  [new RegExp(`^(?:the )?${NTH}$`), ([, day], now) => dayOfMonth(now, Number(day))],
  [
    new RegExp(`^(?:the )?${NTH} (?:of )?(this|the|next) month$`),
    ([, day, which = ''], { today }) =>
      which === 'the'
        ? dayOfMonth({ today, local: today }, Number(day))
        : valid(
            utc(today.getUTCFullYear(), today.getUTCMonth() + weeksAhead(which), Number(day)),
            Number(day),
          ),
  ],
  [
    new RegExp(
      `^(?:${DAY},? )?(?:the )?(\\d{1,2})(?:st|nd|rd|th)? (?:of )?${MONTH},?(?: (\\d{4}))?$`,
    ),
    ([, , day, month = '', year], now) =>
      dayAndMonth(now, month, Number(day), year === undefined ? undefined : Number(year)),
  ],
  [
    new RegExp(`^(?:${DAY},? )?${MONTH} (?:the )?(\\d{1,2})(?:st|nd|rd|th)?,?(?: (\\d{4}))?$`),
    ([, , month = '', day, year], now) =>
      dayAndMonth(now, month, Number(day), year === undefined ? undefined : Number(year)),
  ],
  [new RegExp(`^${DAY},? the ${NTH}$`), ([, , day], now) => dayOfMonth(now, Number(day))],
  [
    /^(\d{4})-(\d{2})-(\d{2})$/,
    ([, year, month, day]) => valid(utc(Number(year), Number(month) - 1, Number(day)), Number(day)),
  ],
];

function nthOf(
  { today }: Now,
  nth: number,
  name: string,
  which: string | undefined,
  month: string | undefined,
): Day | undefined {
  const [year, index] = [today.getUTCFullYear(), today.getUTCMonth()];
  const candidates =
    month === undefined
      ? [utc(year, index + weeksAhead(which ?? ''), 1), utc(year, index + 1, 1)]
      : [utc(year, MONTHS.indexOf(month), 1), utc(year + 1, MONTHS.indexOf(month), 1)];
  return candidates
    .map((first) => nthWeekday(first, nth, name))
    .find((date) => date === 'none' || date >= today);
}

/** Words before a day, and times of day around it. They do not change the day. */
const LEAD =
  /^(?:by|before|until|till|on|for|around|from|at|no later than|not later than|latest|due|starting)\s+/;
const CLOCK =
  "(?:\\d{1,2}(?::\\d{2})?(?: \\d{2})?\\s*(?:a\\.?m\\.?|p\\.?m\\.?|o['’]clock)|\\d{1,2}:\\d{2}|noon|midday|midnight|lunchtime|lunch|breakfast|dinner)";
const PART = '(?:early |late |mid)?(?:morning|afternoon|evening|night)';
const CLOSE =
  '(?:the )?(?:end|close) of (?:the )?(?:business )?(?:day|business|play)|eod|eob|cob|(?:the )?end of';
const TIMES: readonly RegExp[] = [
  // "tomorrow before lunch", "Friday after the standup": the event lies on that day.
  new RegExp(
    `(?<=\\b(?:today|tomorrow|tonight|${DAYS.join('|')})),? (?:right )?(?:before|after|over|around|during) (?:(?:the|our|my) (?:\\w+ )?)?[a-z-]+$`,
  ),
  new RegExp(`^(?:${CLOSE})(?: on| of|,)? (?=\\S)`),
  new RegExp(
    `[, ](?:by |at )?(?:the )?(?:end|close) of (?:the )?(?:business )?(?:day|business|play)$|[, ](?:by |at )?(?:eod|eob|cob)$`,
  ),
  new RegExp(`^(?:at |around |about )?${CLOCK}(?: on|,)? (?=\\S)`),
  new RegExp(`(?:,)? (?:by |at |around |before |about )?${CLOCK}(?: sharp)?$`),
  new RegExp(`^(?:first thing|early|late)(?: on| in the)? (?=\\S)`),
  new RegExp(`(?:,)? (?:first thing|early|late)(?: in the morning)?$`),
  new RegExp(`(?:,)? (?:in the |at )?${PART}$`),
  new RegExp(`^(?:the )?${PART} of (?=\\S)`),
];
/** A time of day alone means today. */
const TODAY = new RegExp(
  `^(?:the )?(?:end|close) of (?:the |this )?(?:business )?(?:day|business|play|today)$|^(?:eod|eob|cob)$|^(?:right|straight) away$|^immediately$|^(?:over )?${CLOCK}$`,
);

/**
 * @param phrase lower case, numbers in words or digits
 * @returns undefined if no reader matches the phrase
 */
export function readDay(phrase: string, now: Now): Day | undefined {
  let text = digits(phrase.replace(/\s+/g, ' ').replace(/[.,]$/, '').trim());
  if (/^first thing in the morning$/.test(text)) return addDays(now.today, 1);
  for (let before = ''; before !== text;) {
    before = text;
    text = text.replace(LEAD, '');
    const found = dayOf(text, now);
    if (found !== undefined) return found;
    for (const time of TIMES) {
      const without = text.replace(time, '').trim();
      if (without !== text && without !== '' && isDay(without)) {
        text = without;
        break;
      }
    }
  }
  return undefined;
}

/** True if a day remains without the time of day. */
const isDay = (text: string): boolean =>
  /\b(?:day|today|tonight|tomorrow|week|month|year|quarter|this|\d+(?:st|nd|rd|th)?)\b/.test(
    text,
  ) || [...DAYS, ...MONTHS].some((name) => text.includes(name));

function dayOf(text: string, now: Now): Day | undefined {
  if (TODAY.test(text)) return now.today;
  for (const [pattern, read] of READERS) {
    const match = pattern.exec(text);
    const day = match && read(match, now);
    if (day !== null && day !== undefined) return day;
  }
  return undefined;
}

/** "twenty first" becomes "21st", "fifteen" becomes "15", "a couple of" becomes "2". */
function digits(text: string): string {
  const words = text
    .replace(/\b(?:a )?couple (?:of )?/g, '2 ')
    .replace(/-(?=\p{L})/gu, ' ')
    .split(' ');
  const out: string[] = [];
  for (let i = 0; i < words.length;) {
    const { text: written, count } = numberAt(words, i);
    out.push(written);
    i += count;
  }
  return out.join(' ');
}

function numberAt(
  words: readonly string[],
  at: number,
): { readonly text: string; readonly count: number } {
  const word = words[at] ?? '';
  const after = words[at + 1] ?? '';
  const rank = ORDINALS.get(word);
  // "first thing", "in a second" and "twenty second" are not numbers here.
  if (rank !== undefined && after !== 'thing') return { text: `${rank}${suffix(rank)}`, count: 1 };
  const found = matchNumber([...words, 'hours'], at, () => false);
  if (!found || word === 'a') return { text: word, count: 1 };
  const { count } = found;
  if (found.written !== undefined) return { text: found.written, count };
  const small = matchNumber([word, 'hours'], 0, () => false)?.written;
  if (count === 1 && small !== undefined) return { text: small, count };
  const unit = ORDINALS.get(after);
  if (count > 1 && unit !== undefined && small !== undefined) {
    const value = Number(small) + unit;
    return { text: `${value}${suffix(value)}`, count };
  }
  return { text: words.slice(at, at + count).join(' '), count };
}

function suffix(n: number): string {
  return Math.floor(n / 10) === 1 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
}
