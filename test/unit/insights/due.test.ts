/** Which day a phrase means, in the session's own time zone. */
import { equal } from 'node:assert/strict';
import { dueDate } from '../../../daemon/insights/due';

const MONDAY = '2026-11-23T09:30:00+01:00';
function check(phrase: string, expected: string | undefined, startedAt = MONDAY): void {
  equal(dueDate(phrase, startedAt), expected);
}

describe('due dates', () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ['by Friday', '2026-11-27'],
    ['on Monday', '2026-11-30'],
    ['next Monday', '2026-11-30'],
    ['today', '2026-11-23'],
    ['tonight', '2026-11-23'],
    ['tomorrow evening', '2026-11-24'],
    ['by the end of the week', '2026-11-27'],
    ['by the end of next week', '2026-12-04'],
    ['end of the month', '2026-11-30'],
    ['by the first of December', '2026-12-01'],
    ['on the fifteenth', '2026-12-15'],
    ['in two weeks', '2026-12-07'],
    ['this afternoon', '2026-11-23'],
    ['first thing in the morning', '2026-11-24'],
    ['by the end of the quarter', '2026-12-31'],
    ['next week', undefined],
    ['after this call', undefined],
    ['when the table exists', undefined],
    ['for the next sprint', undefined],
    ['soon', undefined],
    ['as soon as possible', undefined],
  ];
  for (const [phrase, date] of table)
    it(`${phrase}: ${date ?? 'no certain day'}`, () => check(phrase, date));
  it('counts from the day where the session was, not from the day in UTC', () => {
    check('tomorrow', '2026-11-24', '2026-11-23T00:30:00+09:00');
    check('tomorrow', '2026-11-24', '2026-11-23T23:30:00-08:00');
  });
  it('has no date where the start is no date', () => check('by Friday', undefined, 'yesterday'));
});
