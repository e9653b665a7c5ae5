/** Converts a search request into the daemon's query: separate words, dates in milliseconds. */
import { EarmarkError } from '../../protocol/errors';
import type { ParamsOf } from '../../protocol/method';
import type { SessionSearch } from '../../protocol/session';
import type { SearchQuery } from '../session/contract/search';
import { defined } from '../base/defined';

const DEFAULT_LIMIT = 100;
const DAY_MS = 86_400_000;

/** @throws EarmarkError rpc.invalidParams for an invalid time */
export function fromSearch(
  {
    query = '',
    kind = 'transcript',
    limit = DEFAULT_LIMIT,
    since,
    until,
    speaker,
    repository,
    branch,
    symbol,
    begun,
  }: ParamsOf<typeof SessionSearch>,
  owner: string | undefined,
): SearchQuery {
  return {
    words: query.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)),
    kind,
    limit,
    ...defined({
      owner,
      speaker,
      repository,
      branch,
      symbol,
      begun,
      sinceMs: since === undefined ? undefined : millis(since, 'since', 0),
      untilMs: until === undefined ? undefined : millis(until, 'until', DAY_MS),
    }),
  };
}

/** @param wholeDay milliseconds added to a date without a time, which starts at local midnight */
function millis(text: string, name: string, wholeDay: number): number {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const value = Date.parse(date ? `${text}T00:00:00` : text);
  if (Number.isNaN(value))
    throw new EarmarkError(
      'rpc.invalidParams',
      `"${name}" is not a date; write it as 2026-11-21 or 2026-11-21T14:00.`,
    );
  return date ? value + wholeDay : value;
}
