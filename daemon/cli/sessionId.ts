/** Resolves a session id that the user or agent wrote. */
import type { Connection } from '../../client';
import { EarmarkError } from '../../protocol/errors';
import { SessionList } from '../../protocol/session';
import { persist } from './persist';

/** Limit of `session/list`. */
const LIST_MAX = 1000;

/** Accepts the first letters of an id, like git. @throws EarmarkError session.notFound */
export async function fullId(connection: Connection, given: string): Promise<string> {
  const { sessions } = await persist(connection, SessionList, { limit: LIST_MAX });
  const matches = sessions.filter((s) => s.id === given || s.id.startsWith(given)).map((s) => s.id);
  if (matches.includes(given) || matches.length === 0) return given;
  if (matches.length > 1)
    throw new EarmarkError(
      'session.notFound',
      `"${given}" matches ${matches.length} sessions; write more of the id.`,
    );
  return matches[0]!;
}
