/**
 * Maps PostgreSQL's errors to the catalogue. No message contains a bound value, which may be spoken
 * text.
 */
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';

/** Five letters and digits; the first two are the class. */
const SQLSTATE = /^[0-9A-Z]{5}$/;
const RETRY_MS = 1000;

export function postgresError(error: unknown): EarmarkError {
  if (isEarmarkError(error)) return error;
  const code = (error as { code?: unknown } | undefined)?.code;
  const state =
    typeof code === 'string' && SQLSTATE.test(code) && !code.startsWith('E') ? code : undefined;
  // The driver's `detail` contains the refused row, so the error and its text are not passed on.
  const refused = (message: string, retryAfterMs?: number): EarmarkError =>
    new EarmarkError('store.unwritable', message, {
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(state === undefined ? {} : { details: { sqlstate: state } }),
    });
  switch (state?.slice(0, 2)) {
    case undefined:
    case '08':
    case '57':
      return refused(
        "The team's database does not answer. New text waits until it does.",
        RETRY_MS,
      );
    case '53':
      return refused(
        "The team's database is out of space, memory or connections; give it more.",
        RETRY_MS,
      );
    case '40':
    case '55':
      return refused(
        "The team's database is busy with the same session. Earmark tries again.",
        RETRY_MS,
      );
    case '28':
    case '3D':
    case '42':
      return refused(
        "The team's database refuses this server. Check its address and its role, and " +
          'run "earmark database migrate".',
      );
    case 'XX':
      return new EarmarkError(
        'store.corrupt',
        "The team's database is damaged; restore it from a backup.",
        { details: { sqlstate: state ?? '' } },
      );
    default:
      return refused("The team's database refused a change; look at its log.");
  }
}
