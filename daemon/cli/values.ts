/** Option values that several commands share, validated before any work. */
import { InvalidArgumentError } from 'commander';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** A BCP 47 tag of an existing language. @throws InvalidArgumentError */
export function languageTag(text: string): string {
  let name: string | undefined;
  try {
    const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
    name = names.of(new Intl.Locale(text).language);
  } catch {
    name = undefined;
  }
  if (name === undefined)
    throw new InvalidArgumentError(
      'It must be a language as BCP 47 writes it, for example en, de or pt-BR.',
    );
  return text;
}

/** A calendar day. @throws InvalidArgumentError */
export function calendarDay(text: string): string {
  const [, year, month, day] = DATE.exec(text) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (day === undefined || date.getUTCDate() !== Number(day))
    throw new InvalidArgumentError('It must be a day as year-month-day, for example 2026-11-21.');
  return text;
}
