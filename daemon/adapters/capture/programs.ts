/** Other programs: where they are on this machine, and what they answer. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { childEnvironment } from '../../base/childEnvironment';

export type Env = Readonly<Record<string, string | undefined>>;

/** @returns absolute path of a program on PATH; undefined when it is not there. */
export function findProgram(name: string, env: Env, platform: NodeJS.Platform): string | undefined {
  const windows = platform === 'win32';
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(windows ? ';' : ':');
  // Started from the Dock, VS Code does not have Homebrew's folders on its PATH.
  if (platform === 'darwin') folders.push('/opt/homebrew/bin', '/usr/local/bin');
  for (const folder of folders) {
    if (folder === '' || !path.isAbsolute(folder)) continue; // never run what lies in the current folder
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
  /** Undefined where it did not start or was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** More than any device list; a program that writes on is not listened to. */
const ANSWER_MAX_CHARS = 4_000_000;

/**
 * Runs a program to its end; never throws. A run longer than `limitMs` is killed and has no code.
 */
export function ask(
  command: string,
  args: readonly string[],
  env: Env,
  limitMs = 5_000,
): Promise<Answer> {
  return new Promise((resolve) => {
    // Answers are parsed, so they have to be in English.
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
