/** Option values of the command line. */
import { equal, throws } from 'node:assert/strict';
import { calendarDay, languageTag } from '../../../../daemon/cli/output/values';

describe('option values', () => {
  for (const tag of ['en', 'de', 'pt-BR', 'yue', 'auto'])
    it(`accept the language ${tag}`, () => equal(languageTag(tag), tag));
  for (const tag of ['xx', 'english please', '', 'AUTO!'])
    it(`refuse the language "${tag}" and name a right one`, () =>
      throws(() => languageTag(tag), /for example en, de or pt-BR, or auto/));
  it('accept a day that exists', () => equal(calendarDay('2028-02-29'), '2028-02-29'));
  for (const day of ['2026-02-29', '2026-13-01', 'yesterday'])
    it(`refuse the day ${day}`, () => throws(() => calendarDay(day), /year-month-day/));
});
