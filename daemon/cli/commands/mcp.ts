/** `earmark mcp`: serves an agent over standard input and output until the agent disconnects. */
import type { Command } from 'commander';
import { connectOptions, type Environment } from '../environment';
import { ReusedConnection } from '../mcp/keptConnection';
import { boundedLines } from '../mcp/boundedLines';
import { mcpServer } from '../mcp/server';

/** Byte limit of a message; arguments are far shorter. */
const MESSAGE_MAX = 1024 * 1024;

/** Code of an invalid request in JSON-RPC 2.0. */
const INVALID_REQUEST = -32600;

/** Answer to a message that was not read, as a line. */
function tooLong(id: string | number | null): string {
  const message = `The message is longer than ${MESSAGE_MAX} bytes and was not read; send less at once.`;
  return `${JSON.stringify({ jsonrpc: '2.0', id, error: { code: INVALID_REQUEST, message } })}\n`;
}

export function mcpCommand(program: Command, env: () => Environment): void {
  program
    .command('mcp')
    .summary('serve agents over the Model Context Protocol')
    .description(
      'Lets an agent search and read sessions over the Model Context Protocol, on ' +
        'standard input and output. Read-only unless you give --allow-changes.',
    )
    .option('--allow-changes', 'let the agent rename sessions and change decisions and actions')
    .action(async (options: { allowChanges?: boolean }) => {
      const { signal, version } = env();
      const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js');
      const connections = new ReusedConnection({
        ...connectOptions(env()),
        client: { name: 'mcp', version },
      });
      const server = await mcpServer(connections, {
        version,
        allowChanges: options.allowChanges === true,
      });
      const lines = boundedLines(MESSAGE_MAX, (id) => process.stdout.write(tooLong(id)));
      process.stdin.once('error', () => lines.end()).pipe(lines);
      const gone = new Promise<void>((resolve) => {
        lines
          .once('end', resolve)
          .once('close', resolve)
          .once('error', () => resolve());
        signal.addEventListener('abort', () => resolve(), { once: true });
        server.server.onclose = resolve;
      });
      server.server.onerror = () =>
        env().err.write('earmark: Ignored a message that is not valid JSON-RPC of at most 1 MB.\n');
      try {
        await server.connect(
          new StdioServerTransport(lines as unknown as typeof process.stdin, process.stdout),
        );
        await gone;
      } finally {
        await server.close();
        connections.dispose();
      }
    });
}
