/** Daemon processes of tests: creates their folders, starts them, and checks that none is left. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureDaemon, readDaemonFile, type DaemonClient, type DaemonCommand } from '../../client';
import { isAlive } from '../../client/local/startLock';

const TSX = ['--require', require.resolve('tsx/cjs')];

/** A daemon with a scripted engine. It exits after `idleMs` without clients and sessions. */
export function scriptedDaemon(options: { readonly idleMs?: number } = {}): DaemonCommand {
  return {
    command: process.execPath,
    args: [
      ...TSX,
      resolve(__dirname, '../fakes/scripted/scriptedDaemon.ts'),
      '--idle-ms',
      String(options.idleMs ?? 60_000),
    ],
  };
}

/** The daemon of dist/, with no model and no microphone of its own. */
export function builtDaemon(): DaemonCommand {
  return {
    command: process.execPath,
    args: [resolve(__dirname, '../../dist/daemon.js')],
  };
}

/** The built daemon, which appends the longest work of its event loop to a file every second. */
export function watchedDaemon(file: string): DaemonCommand {
  const { command, args } = builtDaemon();
  const watch = ['--require', resolve(__dirname, '../harness/loopWork.cjs')];
  return { command, args: [...watch, ...args], env: { EARMARK_LOOP_WORK: file } };
}

/** Connects to the built daemon of a state folder, and starts it if none runs. */
export function builtClient(stateDir: string, daemon = builtDaemon()): Promise<DaemonClient> {
  return ensureDaemon({
    stateDir,
    client: { name: 'test', version: '0' },
    daemon,
    timeoutMs: 40_000,
  });
}

export function scriptedCli(args: readonly string[]): {
  readonly command: string;
  readonly args: readonly string[];
} {
  return {
    command: process.execPath,
    args: [...TSX, resolve(__dirname, '../fakes/scripted/scriptedCli.ts'), ...args],
  };
}

export class DaemonFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'earmark-daemon-'));

  get pid(): number | undefined {
    return readDaemonFile(this.path)?.pid;
  }

  /**
   * Kills the daemon.
   * @returns its process
   */
  async kill(): Promise<number> {
    const { pid } = this;
    if (pid === undefined) throw new Error('No daemon runs in this folder.');
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid), 'the daemon dies');
    return pid;
  }

  /** Events of the log, oldest first. */
  log(): readonly { readonly event: string; readonly [key: string]: unknown }[] {
    const file = join(this.path, 'logs', 'daemon.log');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { event: string });
  }

  async remove(): Promise<void> {
    const { pid } = this;
    if (pid !== undefined && isAlive(pid)) await this.kill();
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited too long until ${what}.`);
    await new Promise((r) => setTimeout(r, 20));
  }
}
