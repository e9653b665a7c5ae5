/** `earmark daemon stop` ends the daemon and no other program, however old daemon.json is. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAEMON_FILE } from '../../../client/local/daemonFile';
import { isAlive } from '../../../client/local/startLock';
import { tryInstanceLock } from '../../../daemon/adapters/transport/instanceLock';
import { socketPath } from '../../../daemon/adapters/transport/socketPath';
import type { Disposable } from '../../../daemon/base/disposable';
import { DaemonFolder, scriptedCli, until } from '../../../testing/processes/daemonProcess';

describe('promise: daemon stop ends the daemon and no other program', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let program: ChildProcess;
  let startMs: number;
  let lock: Disposable | undefined;

  beforeEach(async () => {
    folder = new DaemonFolder();
    program = spawn(process.execPath, ['-e', 'console.log(0); setInterval(() => {}, 1000)'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    startMs = Date.now();
    await new Promise((resolve) => program.stdout!.once('data', resolve));
  });
  afterEach(async () => {
    lock?.dispose();
    lock = undefined;
    program.kill('SIGKILL');
    await until(() => !isAlive(program.pid!), 'the program ends');
    await folder.remove();
  });

  const write = (start: number | undefined) =>
    writeFileSync(
      join(folder.path, DAEMON_FILE),
      JSON.stringify({
        socket: socketPath(folder.path),
        pid: program.pid,
        ...(start === undefined ? {} : { startMs: start }),
        protocol: { major: 1, minor: 0 },
        token: '0'.repeat(64),
      }),
      { mode: 0o600 },
    );
  const stop = async () => {
    const { command, args } = scriptedCli(['daemon', 'stop']);
    const env = { ...process.env, EARMARK_HOME: folder.path };
    const answer = await new Promise<{ status: unknown; stdout: string; stderr: string }>((done) =>
      execFile(command, [...args], { env }, (error, stdout, stderr) =>
        done({ status: error?.code ?? 0, stdout, stderr }),
      ),
    );
    return { ...answer, runs: program.exitCode === null && program.signalCode === null };
  };

  it('sends no signal to the program that has its process id while no daemon holds the lock', async () => {
    write(startMs);
    deepEqual(await stop(), {
      status: 0,
      stdout: 'The daemon is not running.\n',
      stderr: '',
      runs: true,
    });
  });

  for (const [what, start] of [
    ['began at another time', () => startMs - 60_000],
    ['cannot be compared', () => undefined],
  ] as const)
    it(`sends no signal to a program that ${what}`, async () => {
      lock = tryInstanceLock(folder.path);
      write(start());
      const { status, stderr, runs } = await stop();
      deepEqual({ status, runs }, { status: 1, runs: true });
      match(stderr, /may be another program\. Stop the daemon in/);
    });

  it('ends a daemon that holds the lock, began then and does not answer', async () => {
    lock = tryInstanceLock(folder.path);
    write(startMs);
    equal((await stop()).stdout, 'The daemon has stopped.\n');
    equal(program.signalCode, 'SIGTERM');
  });
});
