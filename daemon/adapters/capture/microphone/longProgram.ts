/** A program that reports line by line until it is stopped. It cannot outlive the daemon. */
import { spawn } from 'node:child_process';
import { type Disposable, toDisposable } from '../../../base/disposable';
import { supervise } from '../supervise';
import type { ModuleContext } from './systemModule';

/** A longer line is not of the expected program; its rest is dropped. */
const LINE_MAX_CHARS = 100_000;

/**
 * @param onEnd called once, not after `dispose`
 */
export function runLong(
  { env, platform }: ModuleContext,
  program: string,
  args: readonly string[],
  { onLine, onEnd }: { onLine(line: string): void; onEnd(): void },
): Disposable {
  const {
    cmd,
    args: all,
    spawnOptions,
  } = supervise({ program, args: [...args], environment: { ...env, LC_ALL: 'C' } }, platform);
  const child = spawn(cmd, all, { ...spawnOptions, stdio: ['pipe', 'pipe', 'ignore'] });
  let over = false;
  let line = '';
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (line + text).split(/\r?\n/);
    line = (lines.pop() ?? '').slice(0, LINE_MAX_CHARS);
    if (!over) for (const whole of lines) onLine(whole);
  });
  const end = (): void => {
    if (over) return;
    over = true;
    onEnd();
  };
  child.once('error', end);
  child.once('close', end);
  return toDisposable(() => {
    over = true;
    // The closed pipe ends the supervisor and the program.
    child.stdin.end();
  });
}
