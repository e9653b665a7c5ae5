/**
 * Command line that starts `earmark mcp` for an agent: the editor's own Node, and the daemon of
 * this window. Does not use `vscode`.
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
  /** The remote daemon, if this window uses one. */
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
    // The command starts a daemon if none runs. The window's settings are in its config.json.
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
