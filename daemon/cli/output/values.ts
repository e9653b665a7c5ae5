/** Option values that several commands share, validated before any work. */
import { InvalidArgumentError } from 'commander';

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Lets the recogniser detect the language. */
const AUTO = 'auto';

/** A BCP 47 tag of an existing language, or `auto`. @throws InvalidArgumentError */
export function languageTag(text: string): string {
  if (text === AUTO) return text;
  let name: string | undefined;
  try {
    const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
    name = names.of(new Intl.Locale(text).language);
  } catch {
    name = undefined;
  }
  if (name === undefined)
    throw new InvalidArgumentError(
      'It must be a language as BCP 47 writes it, for example en, de or pt-BR, or auto.',
    );
  return text;
}

/** A calendar day. @throws InvalidArgumentError */
export function calendarDay(text: string): string {
  // The calendar moves days that do not exist: 2026-02-29 becomes 2026-03-01.
  const date = DATE.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  if (!date || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text))
    throw new InvalidArgumentError('It must be a day as year-month-day, for example 2026-11-21.');
  return text;
}
