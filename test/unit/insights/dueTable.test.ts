/** 150 due phrases, seen from seven weekdays and from the ends of months and years. */
import { deepEqual, ok } from 'node:assert/strict';
import { createAnalyzerFactory } from '../../../daemon/insights/analyzerFactory';
import { dueDate } from '../../../daemon/insights/due';
import { parsePlainText } from '../../../daemon/insights/text/plainText';

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * The day meant: `+3` days, `wd` the next such weekday, `nw` that weekday of the next calendar week
 * (Monday first), `dom` day of the month, `md` month and day, `eow`, `eom`, `eoq`, `eoy` ends with
 * the number of periods ahead, `-` no certain day.
 */
const TABLE = `
today +0|by today +0|tonight +0|by tonight +0|this afternoon +0|this morning +0|by end of day +0|by the end of the day +0|EOD +0|by EOD +0
by COB +0|end of business +0|by close of business +0|by the end of today +0|later today +0|by noon +0|by midnight +0|right away +0|immediately +0|today or tomorrow +0
tomorrow +1|by tomorrow +1|tomorrow morning +1|tomorrow evening +1|by tomorrow noon +1|tomorrow at noon +1|by noon tomorrow +1|by end of day tomorrow +1|by EOD tomorrow +1|by the end of tomorrow +1
tomorrow at 5 pm +1|by 5 pm tomorrow +1|first thing tomorrow +1|first thing in the morning +1|tomorrow first thing +1|by close of business tomorrow +1|tomorrow afternoon at three pm +1|the day after tomorrow +2|by the day after tomorrow +2|day after tomorrow +2
in two days +2|in 2 days +2|in 15 days +15|in fifteen days +15|within ten days +10|in a couple of days +2|in a week +7|within a week +7|in two weeks +14|in 3 weeks +21
in two weeks time +14|in two weeks' time +14|in a week's time +7|in ten days' time +10|two weeks from now +14|in a fortnight +14|a week from today +7|a week from tomorrow +8|tomorrow week +8|ten days from now +10|within 48 hours +2|in 48 hours +2|within 24 hours +1
by Monday wd monday|on Tuesday wd tuesday|by Wednesday wd wednesday|until Thursday wd thursday|by Friday wd friday|on Saturday wd saturday|by Sunday wd sunday|Friday wd friday|this Tuesday wd tuesday|by this Friday wd friday
by Friday noon wd friday|by noon on Friday wd friday|on Friday at noon wd friday|by EOD Friday wd friday|by end of day Friday wd friday|by the end of day on Friday wd friday|by end of business Thursday wd thursday|by COB Monday wd monday|by close of business on Friday wd friday|Friday EOD wd friday
Thursday morning wd thursday|on Thursday morning wd thursday|Thursday at 3 pm wd thursday|by 5 pm on Friday wd friday|by Friday at five pm wd friday|first thing Monday wd monday|first thing on Monday wd monday|Monday first thing wd monday|early Monday wd monday|by the end of Friday wd friday
next Monday nw monday|by next Friday nw friday|on Friday next week nw friday|by Friday next week nw friday|on Monday next week nw monday|Wednesday of next week nw wednesday|next week on Tuesday nw tuesday|next Thursday at noon nw thursday|by EOD next Friday nw friday|by Friday of the following week nw friday
a week from Monday wk monday|a week from Friday wk friday|Friday week wk friday|the day after Friday da friday|by the 31st dom 31|on the 1st dom 1|by the 15th dom 15|on the fifteenth dom 15|by the twenty first dom 21|by the twenty-third dom 23
on the thirtieth dom 30|by the 30th dom 30|by the first dom 1|by the thirty first dom 31|by the second of May md 5 2|by May 2nd md 5 2|on May the second md 5 2|by December 23rd md 12 23|by the 1st of December md 12 1|by the first of December md 12 1
on March 3 md 3 3|by 3 March md 3 3|by the third of March md 3 3|by January 31 md 1 31|on the twenty second of June md 6 22|by June twenty second md 6 22|by December thirty first md 12 31|by Friday the 4th dom 4|by February 28 md 2 28|by the end of the week eow 0
by end of week eow 0|by EOW eow 0|by the end of next week eow 1|by the end of the month eom 0|by end of month eom 0|end of this month eom 0|by the end of next month eom 1|by the end of the quarter eoq 0|by the end of the year eoy 0|by the end of next year eoy 1
tomorrow before lunch +1|tomorrow after the standup +1|tomorrow right after lunch +1|Friday before the demo wd friday|on Friday after the planning wd friday|tomorrow in the afternoon +1|the day after tomorrow in the morning +2|the day after tomorrow at noon +2
by the last day of the month eom 0|by the end of next quarter eoq 1|by the start of next week nw monday|by the beginning of next month fom 1|by the first of next month fom 1|by the start of next year foy 1|in three months mo 3|in a month mo 1|in one year mo 12|next week -
next month -|soon -|after this call -|for the next sprint -|as soon as possible -|when the table exists -|by Friday or Monday -|in the next release -|after Friday -|at some point -
`
  .trim()
  .split(/[|\n]/)
  .map((row) =>
    /^(.*?) (\+\d+|-|(?:wd|nw|wk|da) [a-z]+day|md \d+ \d+|(?:dom|eow|eom|eoq|eoy|fom|foy|mo) \d+)$/.exec(
      row,
    )!,
  )
  .map((match) => [match[1]!, match[2]!] as const);

const at = (year: number, month: number, day: number): Date => new Date(Date.UTC(year, month, day));
const plus = (date: Date, days: number): Date =>
  at(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + days);

/** Counts days one by one, so that it shares no arithmetic with the code. */
function expected(spec: string, today: Date): string | undefined {
  if (spec === '-') return undefined;
  const [kind = '', one = '', two = ''] = spec.split(' ');
  const walk = (fits: (date: Date) => boolean, from = today): Date => {
    let date = from;
    while (!fits(date)) date = plus(date, 1);
    return date;
  };
  const named = (name: string, from: Date): Date =>
    walk((date) => DAYS[date.getUTCDay()] === name, from);
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth()];
  const nextMonday = named('monday', plus(today, 1));
  const days: Record<string, () => Date> = {
    wd: () => named(one, plus(today, 1)),
    nw: () => named(one, nextMonday),
    wk: () => plus(named(one, plus(today, 1)), 7),
    da: () => plus(named(one, plus(today, 1)), 1),
    dom: () => walk((date) => date.getUTCDate() === Number(one)),
    md: () =>
      walk((date) => date.getUTCMonth() + 1 === Number(one) && date.getUTCDate() === Number(two)),
    eow: () => plus(named('friday', today), 7 * Number(one)),
    eom: () => at(year, month + 1 + Number(one), 0),
    eoq: () => at(year, (Math.floor(month / 3) + 1 + Number(one)) * 3, 0),
    eoy: () => at(year + Number(one), 11, 31),
    fom: () => at(year, month + 1, 1),
    foy: () => at(year + 1, 0, 1),
    mo: () => {
      const last = at(year, month + Number(one) + 1, 0);
      return at(
        last.getUTCFullYear(),
        last.getUTCMonth(),
        Math.min(today.getUTCDate(), last.getUTCDate()),
      );
    },
  };
  const date = kind.startsWith('+') ? plus(today, Number(kind.slice(1))) : days[kind]!();
  return date.toISOString().slice(0, 10);
}

/** Seven weekdays, then the ends of months, of a leap February and of a year. */
const TODAYS = [
  ...[23, 24, 25, 26, 27, 28, 29].map((day) => at(2026, 10, day)),
  at(2026, 10, 30),
  at(2027, 0, 31),
  at(2028, 1, 28),
  at(2028, 1, 29),
  at(2026, 11, 31),
];

describe(`due dates: ${TABLE.length} phrases`, () => {
  it('has 150 of them', () => ok(TABLE.length >= 150, String(TABLE.length)));
  for (const today of TODAYS)
    it(`means the right day on ${today.toISOString().slice(0, 10)}, ${DAYS[today.getUTCDay()]}`, () => {
      for (const zone of ['Z', '+09:00', '-08:00']) {
        const wrong = TABLE.map(([phrase, spec]) => ({
          phrase,
          date: dueDate(phrase, `${today.toISOString().slice(0, 10)}T14:30:00${zone}`),
          right: expected(spec, today),
        })).filter(({ date, right }) => date !== right);
        deepEqual(wrong, []);
      }
    });
  it('finds the phrases with a date in a sentence', function () {
    this.timeout(60_000);
    const today = at(2026, 10, 25);
    const factory = createAnalyzerFactory({ model: () => undefined });
    const wrong = TABLE.filter(([, spec]) => spec !== '-')
      .map(([phrase, spec]) => {
        const analyzer = factory.create({ startedAt: '2026-11-25T14:30:00+01:00' });
        analyzer.update(parsePlainText(`Ben: I will send the report ${phrase}.`));
        analyzer.finish();
        const action = analyzer.insights.find(({ kind }) => kind === 'action');
        const due = action && 'due' in action ? action.due : undefined;
        return { phrase, text: action?.text, date: due?.date, right: expected(spec, today) };
      })
      .filter(({ date, right, text }) => date !== right || text !== 'Send the report');
    deepEqual(wrong, []);
  });
});
