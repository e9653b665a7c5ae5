/**
 * How an agent starts `earmark mcp`: with the editor's own Node, for the daemon that this window
 * uses. No editor here.
 */
import { join } from 'node:path';
import { daemonCommand, type Host } from '../daemon/launch';

export interface AgentServer {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface AgentOptions {
  /** `earmark.agents.allowChanges` */
  readonly allowChanges: boolean;
  /** The daemon of another machine, where this window uses one. */
  readonly remote?: { readonly url: string; readonly token: string; readonly fingerprint?: string };
}

export function agentServer(host: Host, { allowChanges, remote }: AgentOptions): AgentServer {
  const { command, env } = daemonCommand(host);
  return {
    command,
    args: [
      join(host.extensionPath, 'dist', 'cli.js'),
      'mcp',
      ...(allowChanges ? ['--allow-changes'] : []),
    ],
    // The command starts the daemon where none runs; the settings of the window are in its
    // config.json.
    env: {
      ...env,
      ...(remote && {
        EARMARK_REMOTE: remote.url,
        EARMARK_TOKEN: remote.token,
        ...(remote.fingerprint !== undefined && { EARMARK_REMOTE_FINGERPRINT: remote.fingerprint }),
      }),
    },
  };
}
