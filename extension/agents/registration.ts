/**
 * Registers `earmark mcp` with the editor's agent mode. VS Code before 1.101 has no API for this;
 * its users add the server to their client's settings.
 */
import * as vscode from 'vscode';
import type { AgentServer } from './agentServer';

/** Name in package.json. */
const PROVIDER = 'earmark.sessions';

type Definition = object;

/** API of VS Code 1.101. The installed types are those of the oldest supported version. */
interface McpApi {
  readonly McpStdioServerDefinition: new (
    label: string,
    command: string,
    args: string[],
    env: Record<string, string>,
    version: string,
  ) => Definition;
  readonly lm: {
    registerMcpServerDefinitionProvider(
      id: string,
      provider: {
        readonly onDidChangeMcpServerDefinitions: vscode.Event<void>;
        provideMcpServerDefinitions(): Promise<Definition[]>;
      },
    ): vscode.Disposable;
  };
}

/** @param server called when the editor lists servers; undefined registers none */
export function registerAgentServer(
  version: string,
  server: () => Promise<AgentServer | undefined>,
): vscode.Disposable {
  const api = vscode as unknown as Partial<McpApi>;
  const { McpStdioServerDefinition } = api;
  if (
    McpStdioServerDefinition === undefined ||
    api.lm?.registerMcpServerDefinitionProvider === undefined
  )
    return new vscode.Disposable(() => undefined);
  const changed = new vscode.EventEmitter<void>();
  const lm = api.lm;
  const listening = vscode.Disposable.from(
    changed,
    vscode.workspace.onDidChangeConfiguration(
      (event) =>
        ['earmark.agents', 'earmark.remote', 'earmark.daemon'].some((key) =>
          event.affectsConfiguration(key),
        ) && changed.fire(),
    ),
  );
  try {
    return vscode.Disposable.from(
      listening,
      lm.registerMcpServerDefinitionProvider(PROVIDER, {
        onDidChangeMcpServerDefinitions: changed.event,
        provideMcpServerDefinitions: async () => {
          const wanted = await server();
          if (wanted === undefined) return [];
          const { command, args, env } = wanted;
          return [new McpStdioServerDefinition('Earmark', command, [...args], { ...env }, version)];
        },
      }),
    );
  } catch {
    // VS Code 1.100 has a draft of this API. It expects another entry in the manifest and throws
    // without it.
    return listening;
  }
}
