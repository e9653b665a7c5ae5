/** The running meeting and each session as resources of the MCP server. */
import type { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { AgentConnection } from '../../../agents/connection';
import { sessionText } from '../../../agents/sessionText';
import { isEarmarkError } from '../../../protocol/errors';
import { redact } from '../../base/redaction/redact';
import { SessionList } from '../../../protocol/session';

/** Sessions in the list of resources. */
const LISTED = 20;
const MARKDOWN = 'text/markdown';

type Call = <T>(work: (connection: AgentConnection) => Promise<T>) => Promise<T>;

/** @param Template class of the SDK, which loads late */
export function registerResources(
  server: McpServer,
  Template: typeof ResourceTemplate,
  call: Call,
): void {
  const read = (uri: URL, session?: string) =>
    call(async (connection) => ({
      contents: [
        { uri: uri.href, mimeType: MARKDOWN, text: await sessionText(connection, session) },
      ],
    })).catch((error: unknown) => {
      throw new Error(sentence(error));
    });
  server.registerResource(
    'running',
    'earmark://running',
    {
      title: 'Running meeting',
      description: 'The meeting that is recorded now, up to its last words.',
      mimeType: MARKDOWN,
    },
    (uri) => read(uri),
  );
  server.registerResource(
    'session',
    new Template('earmark://sessions/{id}', {
      list: () =>
        call(async (connection) => ({
          resources: (await connection.request(SessionList, { limit: LISTED })).sessions.map(
            ({ id, title }) => ({ name: redact(title), uri: `earmark://sessions/${id}` }),
          ),
        })),
    }),
    {
      title: 'Session',
      description: 'Decisions, actions and transcript of a session.',
      mimeType: MARKDOWN,
    },
    (uri, { id }) => read(uri, String(id)),
  );
}

/** A sentence for the agent. Other errors may hold spoken text. */
export const sentence = (error: unknown): string =>
  isEarmarkError(error) || error instanceof BusyError
    ? error.message
    : 'Earmark could not answer; run "earmark doctor" to see why.';

/** Too many requests run at once. */
export class BusyError extends Error {}
