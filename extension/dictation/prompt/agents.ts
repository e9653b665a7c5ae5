/** Recognises coding agents that run in a terminal, from its processes. Pure. */

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Program and arguments, as the system shows them. */
  readonly command: string;
}

/** Program names of agents that read prompts in a terminal, with the names of their products. */
const AGENTS: Readonly<Record<string, string>> = {
  claude: 'Claude Code',
  codex: 'Codex',
  copilot: 'Copilot CLI',
  gemini: 'Gemini CLI',
  opencode: 'OpenCode',
  aider: 'Aider',
  'cursor-agent': 'Cursor CLI',
  amp: 'Amp',
  goose: 'Goose',
  qwen: 'Qwen Code',
};
/** Programs that run another program, which is an argument. */
const RUNNERS = /^(?:node|bun|deno|python[\d.]*|uv|uvx|npx|env|sh|bash|zsh)$/;
/** Packages whose name is not the program's name. */
const PACKAGES: Readonly<Record<string, string>> = {
  '@anthropic-ai/claude-code': 'claude',
  '@openai/codex': 'codex',
  '@github/copilot': 'copilot',
  '@google/gemini-cli': 'gemini',
};
/** Arguments to look at behind a runner: options, then the program. */
const ARGUMENTS_MAX = 4;

/** Name of the agent that this command line starts; undefined if it starts none. */
export function agentOf(command: string): string | undefined {
  const words = command.trim().split(/\s+/);
  const program = programName(words[0] ?? '');
  if (AGENTS[program] !== undefined) return AGENTS[program];
  if (!RUNNERS.test(program)) return undefined;
  for (const word of words.slice(1, 1 + ARGUMENTS_MAX)) {
    if (word.startsWith('-')) continue;
    const found = Object.entries(PACKAGES).find(([name]) => word.includes(name))?.[1];
    const agent = AGENTS[found ?? programName(word)];
    if (agent !== undefined) return agent;
    if (!RUNNERS.test(programName(word))) return undefined;
  }
  return undefined;
}

/** `/usr/bin/claude`, `claude.exe` and `-claude` are all `claude`. */
function programName(word: string): string {
  const name = word.slice(Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\')) + 1);
  return name
    .toLowerCase()
    .replace(/^-/, '')
    .replace(/\.(?:exe|cmd|[cm]?js|py)$/, '');
}

/** The agent among a process and its descendants; the one nearest to the process. */
export function agentBelow(processes: readonly Process[], root: number): string | undefined {
  const seen = new Set<number>();
  let level = [root];
  while (level.length > 0) {
    const here = processes.filter(({ pid }) => level.includes(pid) && !seen.has(pid));
    for (const { pid, command } of here) {
      seen.add(pid);
      const agent = agentOf(command);
      if (agent !== undefined) return agent;
    }
    level = processes
      .filter(({ parent, pid }) => level.includes(parent) && !seen.has(pid))
      .map(({ pid }) => pid);
  }
  return undefined;
}

/** Lines of `pid ppid command`, as `ps -A -o pid=,ppid=,args=` writes them. */
export function parseProcesses(output: string): Process[] {
  return output.split('\n').flatMap((line) => {
    const [, pid, parent, command] = /^(\d+)\s+(\d+)\s+(\S.*)$/.exec(line.trim()) ?? [];
    return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}
