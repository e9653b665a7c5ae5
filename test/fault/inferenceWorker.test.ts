// Real inference workers: they end with their parent, also when it is killed, and say in words what
// they cannot do.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findModels } from '../../testing/harness/speechPath';
import { forkWorker } from '../../daemon/adapters/inference/runtime/forkWorker';
import { WorkerSupervisor } from '../../daemon/adapters/inference/runtime/supervisor';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { isAlive } from '../contract/recorderHarness';
import { writeSilero } from '../../testing/fakes/onnxFile';
import { skip } from '../../testing/harness/skip';

const LIMIT_MS = 2_000;
const LOOK_MS = 20;
const ENTRY = {
  path: join(__dirname, '../../daemon/worker.ts'),
  execArgv: ['--require', 'tsx/cjs'],
};

describe('inference workers', function () {
  this.timeout(60_000);
  let parent: ChildProcess | undefined;
  afterEach(() => void parent?.kill('SIGKILL'));

  /** Starts a parent and answers the process ids of its workers. */
  function start(...args: string[]): Promise<number[]> {
    return new Promise((resolve, reject) => {
      const child = spawn(
        process.execPath,
        ['--require', 'tsx/cjs', join(__dirname, 'workerParent.ts'), ...args],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      parent = child;
      child.once('exit', () => reject(new Error('the parent ended')));
      child.stdout
        .setEncoding('utf8')
        .once('data', (text: string) => resolve(text.trim().split('\n').map(Number)));
    });
  }

  async function goneAfterKill(pids: readonly number[]): Promise<void> {
    ok(pids.length > 0 && pids.every(isAlive), `workers ${pids.join(' ')} run`);
    parent?.kill('SIGKILL');
    // Counts looks, not time: where this process waits for a core, so do they.
    for (let looks = 0; pids.some(isAlive) && looks < LIMIT_MS / LOOK_MS; looks++)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    deepEqual(pids.filter(isAlive), []);
  }

  it('end within 2 s of a killed parent', async () => goneAfterKill(await start('-', 'idle')));

  it('end within 2 s of a killed parent while they decode', async function () {
    const folder = process.env['EARMARK_MODELS'];
    if (folder === undefined || !findModels(folder))
      skip(this, 'no models: run it with "npm test"');
    await goneAfterKill(await start(folder, 'busy'));
  });

  it('outlive a signal that the whole group gets, as long as the parent lives', async () => {
    const [pid = 0] = await start('-', 'idle');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await goneAfterKill([pid]);
  });

  it('write nothing into the folder of the user', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earmark-worker-'));
    const model = join(folder, 'model.onnx');
    writeSilero(model);
    const before = { HOME: process.env['HOME'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] };
    Object.assign(process.env, { HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') });
    const spawnWorker = (): ReturnType<typeof forkWorker> => forkWorker(ENTRY, 'vad');
    const worker = new WorkerSupervisor({
      name: 'vad',
      spawn: spawnWorker,
      load: () =>
        Promise.resolve({
          provider: 'silero',
          model: { id: 'm', files: { model } },
          device: 'cpu',
        }),
      clock: systemClock,
      logger: silentLogger,
    });
    try {
      await worker.start();
      deepEqual(readdirSync(folder), ['model.onnx']);
    } finally {
      worker.stop();
      for (const [name, value] of Object.entries(before))
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('stand behind the others where nobody waits for them as for a text', async () => {
    const own = getPriority();
    const behind = await Promise.all(
      (['asr', 'vad', 'speaker', 'sentences'] as const).map(async (role) => {
        const worker = forkWorker(ENTRY, role);
        await new Promise<void>((resolve) => worker.onMessage(() => resolve()));
        const priority = getPriority(worker.pid);
        worker.kill();
        return `${role} ${priority > own}`;
      }),
    );
    deepEqual(behind, ['asr false', 'vad false', 'speaker true', 'sentences true']);
  });

  it('are not a program to start by hand', async () => {
    const [code, text] = await new Promise<[unknown, string]>((resolve) => {
      execFile(
        process.execPath,
        ['--require', 'tsx/cjs', join(__dirname, '../../daemon/worker.ts')],
        (error, _out, err) => resolve([error?.code, err]),
      );
    });
    equal(code, 2);
    match(text, /run `earmark daemon start` instead/);
  });
});
