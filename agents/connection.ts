/** What the tools of agents need of the daemon. The command line and the extension each bring one. */
import type { EventSink, SessionSubscription } from '../client';
import { EarmarkError } from '../protocol/errors';
import type { ParamsOf, RequestType, ResultOf } from '../protocol/method';
import { SessionList, type SessionInfo } from '../protocol/session';

/** Limit of `session/list`. */
const LIST_MAX = 1000;

export interface AgentConnection {
  /** A request may be repeated after a lost connection: each has the same effect twice. */
  request<M extends RequestType>(type: M, params: ParamsOf<M>): Promise<ResultOf<M>>;
  attach(sessionId: string, afterSeq: number, sink: EventSink): Promise<SessionSubscription>;
  /**
   * Adds a line to the note of a session. Absent where no notes can be reached.
   * @throws EarmarkError note.unwritable if the session has no note here
   */
  addNoteLine?(sessionId: string, text: string): Promise<void>;
}

/** Accepts the first letters of an id, like git. @throws EarmarkError session.notFound */
export async function fullId(
  connection: Pick<AgentConnection, 'request'>,
  given: string,
): Promise<string> {
  const { sessions } = await connection.request(SessionList, { limit: LIST_MAX });
  const matches = sessions.filter((s) => s.id === given || s.id.startsWith(given)).map((s) => s.id);
  if (matches.includes(given) || matches.length === 0) return given;
  if (matches.length > 1)
    throw new EarmarkError(
      'session.notFound',
      `"${given}" matches ${matches.length} sessions; write more of the id.`,
    );
  return matches[0]!;
}

/** The session that is recorded now; a meeting first. */
export async function runningSession(
  connection: AgentConnection,
): Promise<SessionInfo | undefined> {
  const { sessions } = await connection.request(SessionList, { active: true, limit: 20 });
  return sessions.find(({ kind }) => kind === 'meeting') ?? sessions[0];
}
