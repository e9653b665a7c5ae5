/** Real processes of a team in tests: starts, observes and kills them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Options of a process that does not run from its source in a new folder. */
export interface TeamStart {
  /** State folder of a process that died. */
  readonly home?: string;
  /** scriptedTeam.ts as one file, which starts in a tenth of the time. */
  readonly bundle?: string;
}

export class TeamProcess {
  readonly home: string;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  private text = '';

  /** @param files files to create in its state folder */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    files: Readonly<Record<string, string>> = {},
    { home = mkdtempSync(join(tmpdir(), 'earmark-team-')), bundle }: TeamStart = {},
  ) {
    this.home = home;
    const program =
      bundle === undefined
        ? [
            '--require',
            require.resolve('tsx/cjs'),
            resolve(__dirname, '../fakes/scripted/scriptedTeam.ts'),
          ]
        : [bundle];
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(this.home, name), text, { mode: 0o600 });
    this.child = spawn(process.execPath, [...program, ...args], {
      env: { ...process.env, EARMARK_HOME: this.home, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr
      ?.setEncoding('utf8')
      .on('data', (more: string) => (this.text = (this.text + more).slice(-20_000)));
    this.ended = new Promise((done) => this.child.once('exit', done));
  }

  get stderr(): string {
    return this.text;
  }

  /** Resolves when the log contains this event. */
  async logged(event: string, timeoutMs = 20_000): Promise<void> {
    const until = Date.now() + timeoutMs;
    while (!this.text.includes(`"event":"${event}"`)) {
      if (Date.now() > until || this.child.exitCode !== null)
        throw new Error(`Waited for ${event}; it said: ${this.text.slice(-600)}`);
      await new Promise((r) => setTimeout(r, 20));
    }
  }

  kill(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }

  async remove(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill('SIGKILL');
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}
