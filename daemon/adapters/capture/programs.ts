/** Other programs: their place on this machine, and their output. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { childEnvironment } from '../../base/childEnvironment';

export type Env = Readonly<Record<string, string | undefined>>;

/** @returns absolute path of a program on PATH; undefined if absent */
export function findProgram(name: string, env: Env, platform: NodeJS.Platform): string | undefined {
  const windows = platform === 'win32';
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(windows ? ';' : ':');
  // VS Code started from the Dock does not have Homebrew's folders on its PATH.
  if (platform === 'darwin') folders.push('/opt/homebrew/bin', '/usr/local/bin');
  for (const folder of folders) {
    if (folder === '' || !path.isAbsolute(folder)) continue; // never run a program of the current folder
    const file = path.join(folder, windows ? `${name}.exe` : name);
    try {
      accessSync(file, windows ? constants.F_OK : constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      continue;
    }
  }
  return undefined;
}

export interface Answer {
  /** Exit code; undefined if the program did not start or was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Longer than any device list; further output is discarded. */
const ANSWER_MAX_CHARS = 4_000_000;

/** Ends when the last start of a program has had its turn. */
let starts: Promise<void> = Promise.resolve();

/**
 * Gives each start of a program a turn of the event loop. A start copies the tables of the process
 * and takes 5 to 30 ms of the loop; several in one turn would hold it together.
 */
function turnToStart(): Promise<void> {
  const turn = starts;
  starts = turn.then(() => new Promise((resolve) => setImmediate(resolve)));
  return turn;
}

/**
 * Runs a program to its end; never throws. A run longer than `limitMs` is killed and has no exit
 * code.
 */
export async function ask(
  command: string,
  args: readonly string[],
  env: Env,
  limitMs = 5_000,
): Promise<Answer> {
  await turnToStart();
  return await new Promise((resolve) => {
    // The parser needs English output.
    const child = spawn(command, args, {
      env: childEnvironment(env, { LC_ALL: 'C' }),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < ANSWER_MAX_CHARS) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < ANSWER_MAX_CHARS) stderr += text;
    });
    const end = (code: number | undefined): void => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    };
    child.once('error', () => end(undefined));
    child.once('close', (code) => end(code ?? undefined));
  });
}
