/** A session as Markdown, for a client that reads resources. */
import { redact } from '../daemon/base/redaction/redact';
import { EarmarkError } from '../protocol/errors';
import { markdownText } from '../protocol/plainText';
import { SessionGet } from '../protocol/session';
import { type AgentConnection, fullId, runningSession } from './connection';
import { ANSWER_MAX, clock } from './shapes';

const SESSION_ID = /^[\w-]{1,100}$/;

/**
 * Decisions, actions and the transcript; of a long transcript its last part.
 * @param session id, or its first letters; the running one if absent
 * @throws EarmarkError session.notFound
 */
export async function sessionText(connection: AgentConnection, session?: string): Promise<string> {
  if (session !== undefined && !SESSION_ID.test(session))
    throw new EarmarkError(
      'session.notFound',
      'Give the id of a session as list_sessions shows it.',
    );
  const sessionId =
    session === undefined
      ? (await runningSession(connection))?.id
      : await fullId(connection, session);
  if (sessionId === undefined)
    throw new EarmarkError('session.notFound', 'No meeting is running; read a session instead.');
  const { session: info, segments, insights } = await connection.request(SessionGet, { sessionId });
  const list = (heading: string, kind: 'decision' | 'action'): string[] => {
    const some = insights.filter((one) => one.kind === kind && one.status !== 'dismissed');
    return some.length === 0
      ? []
      : [
          `## ${heading}`,
          ...some.map(({ text, owner, status, evidence }) => {
            const box = kind === 'action' ? `[${status === 'done' ? 'x' : ' '}] ` : '';
            const quote = evidence[0];
            return (
              `- ${box}${markdownText(text)}${owner === undefined ? '' : ` — @${markdownText(owner)}`}` +
              (quote ? ` [${clock(quote.startMs)}]` : '')
            );
          }),
        ];
  };
  const head = [
    `# ${markdownText(info.title)}`,
    `${info.startedAt}, ${info.state}`,
    ...list('Decisions', 'decision'),
    ...list('Actions', 'action'),
    '## Transcript',
  ].join('\n');
  const said = segments
    .filter(({ hidden }) => hidden !== true)
    .map(
      ({ startMs, speaker, text }) =>
        `[${clock(startMs)}] ${markdownText(speaker)}: ${markdownText(text)}`,
    )
    .join('\n');
  const room = Math.max(0, ANSWER_MAX - head.length - 2);
  return redact(`${head}\n${said.length > room ? `…${said.slice(-room + 1)}` : said}\n`);
}
