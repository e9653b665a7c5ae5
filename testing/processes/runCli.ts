/** Runs the earmark command with a scripted engine and collects its output. */
import { spawn, type ChildProcess } from 'node:child_process';
import { scriptedCli } from './daemonProcess';

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CliRun {
  readonly child: ChildProcess;
  readonly done: Promise<CliResult>;
  /** Standard output so far. */
  out(): string;
  err(): string;
}

export function startCli(
  home: string,
  args: readonly string[],
  input?: string,
  env: NodeJS.ProcessEnv = {},
): CliRun {
  const { command, args: all } = scriptedCli(args);
  const child = spawn(command, [...all], {
    env: { ...process.env, EARMARK_HOME: home, NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.on('error', () => undefined).end(input ?? '');
  const done = new Promise<CliResult>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  );
  return { child, done, out: () => out, err: () => err };
}

export function cli(
  home: string,
  args: readonly string[],
  input?: string,
  env?: NodeJS.ProcessEnv,
): Promise<CliResult> {
  return startCli(home, args, input, env).done;
}
