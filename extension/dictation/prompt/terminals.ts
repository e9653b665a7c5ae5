/** Which coding agent runs in a terminal: by its processes, else by shell integration. */
import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { agentBelow, agentOf, parseProcesses, type Process } from './agents';

const LIST_LIMIT_MS = 2_000;
const LIST_LIMIT_BYTES = 8 * 1024 * 1024;
/** Prints `pid ppid command` for each process. The one for Windows has not been tried. */
const LIST: readonly [string, readonly string[]] =
  process.platform === 'win32'
    ? [
        'powershell',
        [
          '-NoProfile',
          '-Command',
          'Get-CimInstance Win32_Process | ' +
            'ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId) $($_.CommandLine)" }',
        ],
      ]
    : ['ps', ['-A', '-ww', '-o', 'pid=,ppid=,args=']];

/** Follows the commands of terminals from its creation on. */
export class TerminalAgents implements vscode.Disposable {
  /** The agent that the running command of a terminal starts, as its shell reports it. */
  private readonly started = new Map<vscode.Terminal, string>();
  private readonly following = [
    vscode.window.onDidStartTerminalShellExecution(({ terminal, execution }) => {
      const agent = agentOf(execution.commandLine.value);
      if (agent !== undefined) this.started.set(terminal, agent);
    }),
    vscode.window.onDidEndTerminalShellExecution(({ terminal }) => this.started.delete(terminal)),
    vscode.window.onDidCloseTerminal((terminal) => this.started.delete(terminal)),
  ];

  /** Name of the agent; undefined if none is recognised. */
  async in(terminal: vscode.Terminal): Promise<string | undefined> {
    return (await this.all([terminal])).get(terminal);
  }

  /** The terminals in which an agent runs, with its name. */
  async all(
    terminals: readonly vscode.Terminal[] = vscode.window.terminals,
  ): Promise<ReadonlyMap<vscode.Terminal, string>> {
    const processes = await listProcesses();
    const found = new Map<vscode.Terminal, string>();
    for (const terminal of terminals) {
      const pid = await terminal.processId;
      const agent =
        (pid === undefined ? undefined : agentBelow(processes, pid)) ?? this.started.get(terminal);
      if (agent !== undefined) found.set(terminal, agent);
    }
    return found;
  }

  dispose(): void {
    for (const one of this.following) one.dispose();
  }
}

/** Empty if the system does not list them. */
function listProcesses(): Promise<Process[]> {
  return new Promise((done) => {
    const [command, args] = LIST;
    const options = { timeout: LIST_LIMIT_MS, maxBuffer: LIST_LIMIT_BYTES, windowsHide: true };
    execFile(command, args, options, (error, output) =>
      done(error === null ? parseProcesses(output) : []),
    );
  });
}
