// The supervisor over a worker process that a test plays: crashes, silence, memory, time limits,
// the budget of restarts.
import { deepEqual, equal } from 'node:assert/strict';
import { CrashBudget } from '../../../daemon/adapters/inference/runtime/crashBudget';
import {
  type WorkerProcess,
  WorkerSupervisor,
} from '../../../daemon/adapters/inference/runtime/supervisor';
import type {
  FromWorker,
  ToWorker,
} from '../../../daemon/adapters/inference/runtime/workerProtocol';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { EarmarkError, ErrorCode } from '../../../protocol/errors';

const turn = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
};
const code = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'fine',
    (e: unknown) => (e as EarmarkError).code,
  );

class PlayedWorker implements WorkerProcess {
  readonly sent: ToWorker[] = [];
  killed = 0;
  private listener: (message: FromWorker) => void = () => undefined;
  private exited: (reason: string, detail: string) => void = () => undefined;
  constructor(
    readonly pid: number,
    private readonly onLoad: (worker: PlayedWorker, id: number) => void,
  ) {}
  send(message: ToWorker): void {
    this.sent.push(message);
    if (message.kind === 'call' && message.method === 'load') this.onLoad(this, message.id);
  }
  kill(): void {
    this.killed++;
  }
  onMessage(listener: (message: FromWorker) => void): void {
    this.listener = listener;
  }
  onExit(listener: (reason: string, detail: string) => void): void {
    this.exited = listener;
  }
  say(message: FromWorker): void {
    this.listener(message);
  }
  answer(value: unknown): void {
    const call = this.sent.filter((m) => m.kind === 'call').at(-1);
    if (call) this.say({ kind: 'result', id: call.id, value });
  }
  die(): void {
    this.exited('SIGSEGV', '');
  }
}

interface Rig {
  supervisor: WorkerSupervisor;
  workers: PlayedWorker[];
  clock: ManualClock;
  restarts: string[];
  worker(): PlayedWorker;
  transcribe(signal?: AbortSignal): Promise<unknown>;
}
function rig(
  onLoad: (worker: PlayedWorker, id: number) => void = (worker, id) =>
    void Promise.resolve().then(() => worker.say({ kind: 'result', id, value: undefined })),
  {
    clock = new ManualClock(),
    budget,
    residentBytes,
  }: { clock?: ManualClock; budget?: CrashBudget; residentBytes?: number } = {},
): Rig {
  const workers: PlayedWorker[] = [];
  const supervisor = new WorkerSupervisor({
    name: 'asr-1',
    spawn: () => {
      const worker = new PlayedWorker(100 + workers.length, onLoad);
      workers.push(worker);
      return worker;
    },
    load: () =>
      Promise.resolve({
        provider: 'p',
        model: { id: 'm', files: {}, ...(residentBytes === undefined ? {} : { residentBytes }) },
        device: 'cpu',
      }),
    clock,
    logger: silentLogger,
    ...(residentBytes === undefined ? { limits: { memoryBytes: 1000 } } : {}),
    ...(budget ? { budget } : {}),
  });
  const restarts: string[] = [];
  supervisor.onDidRestart(({ name }) => restarts.push(name));
  return {
    supervisor,
    workers,
    clock,
    restarts,
    worker: () => workers.at(-1) as PlayedWorker,
    transcribe: (signal) =>
      supervisor.call(
        'transcribe',
        { pcm: new Float32Array(1), options: { language: 'en' } },
        { timeoutMs: 10_000, signal },
      ),
  };
}

describe('WorkerSupervisor', () => {
  it('starts once, loads, answers and says how it is', async () => {
    const { supervisor, workers, worker, transcribe } = rig();
    equal(supervisor.health().state, 'stopped');
    equal(await code(transcribe()), 'engine.unavailable');
    await Promise.all([supervisor.start(), supervisor.start()]);
    const call = transcribe();
    await turn();
    worker().say({ kind: 'heartbeat', rssBytes: 900 });
    deepEqual(
      [workers.length, supervisor.health()],
      [1, { name: 'asr-1', state: 'busy', restarts: 0, pid: 100, rssBytes: 900 }],
    );
    worker().answer('text');
    deepEqual([await call, supervisor.health().state], ['text', 'ready']);
  });

  it('rejects the call in flight when the worker dies, and starts another', async () => {
    const { supervisor, worker, transcribe, restarts } = rig();
    await supervisor.start();
    const call = code(transcribe());
    await turn();
    worker().die();
    equal(await call, 'engine.crashed');
    const next = transcribe();
    await turn();
    worker().answer('again');
    deepEqual(
      [await next, worker().pid, restarts, supervisor.health().restarts],
      ['again', 101, ['asr-1'], 1],
    );
  });

  it('drops what an older worker says', async () => {
    const { supervisor, workers, transcribe } = rig();
    await supervisor.start();
    workers[0]?.die();
    await turn();
    workers[0]?.die();
    workers[0]?.say({ kind: 'heartbeat', rssBytes: 999_999 });
    await turn();
    deepEqual([workers.length, supervisor.health().state], [2, 'ready']);
    const call = code(transcribe());
    supervisor.stop();
    equal(await call, 'engine.unavailable');
  });

  it('kills a worker that gives no sign of life, unless a call runs', async () => {
    const { supervisor, clock, worker, workers, transcribe } = rig();
    await supervisor.start();
    const call = code(transcribe());
    await turn();
    clock.advance(9_000);
    equal(workers.length, 1);
    worker().answer('slow');
    await call;
    for (let i = 0; i < 5; i++) {
      clock.advance(1_000);
      worker().say({ kind: 'heartbeat', rssBytes: 1 });
    }
    clock.advance(3_000);
    equal(workers[0]?.killed, 0);
    clock.advance(1_000);
    await turn();
    deepEqual([workers[0]?.killed, workers.length, supervisor.health().state], [1, 2, 'ready']);
  });

  it('ends a call that takes too long, with its worker', async () => {
    const { supervisor, clock, workers, transcribe } = rig();
    await supervisor.start();
    const call = code(transcribe());
    await turn();
    clock.advance(10_000);
    equal(await call, 'engine.timeout');
    await turn();
    deepEqual([workers[0]?.killed, supervisor.health().state], [1, 'ready']);
  });

  it('lets a worker take one and a half times what its model does, and load for longer', async () => {
    const { supervisor, workers, worker, clock } = rig(undefined, { residentBytes: 1.3e9 });
    await supervisor.start();
    worker().say({ kind: 'heartbeat', rssBytes: 1.9e9 });
    await turn();
    equal(workers.length, 1);
    worker().say({ kind: 'heartbeat', rssBytes: 2e9 });
    worker().say({ kind: 'result', id: -1, value: undefined });
    await turn();
    equal(workers.length, 2);
    const slow = rig(() => undefined, { clock, residentBytes: 1.3e9 });
    void slow.supervisor.start().catch(() => undefined);
    await turn();
    for (let second = 0; second < 120; second++) clock.advance(1_000);
    await turn();
    equal(slow.workers.length, 1, 'after 120 s of 130 s');
    slow.supervisor.stop();
  });

  it('replaces a worker that takes too much memory, after its call; at once when it is far too much', async () => {
    const { supervisor, worker, workers, transcribe } = rig();
    await supervisor.start();
    const call = transcribe();
    await turn();
    worker().say({ kind: 'heartbeat', rssBytes: 1_200 });
    equal(workers[0]?.killed, 0);
    worker().answer('text');
    equal(await call, 'text');
    await turn();
    deepEqual([workers[0]?.killed, workers.length], [1, 2]);
    const second = code(transcribe());
    await turn();
    worker().say({ kind: 'heartbeat', rssBytes: 1_600 });
    equal(await second, 'engine.crashed');
    await turn();
    equal(workers.length, 3);
  });

  it('gives up at the fifth end within three minutes, and starts afresh when asked', async () => {
    const { supervisor, clock, worker, workers, transcribe } = rig();
    await supervisor.start();
    for (let i = 0; i < 4; i++) {
      clock.advance(1);
      worker().die();
      await turn();
    }
    deepEqual([workers.length, supervisor.health().state], [5, 'ready']);
    worker().die();
    await turn();
    deepEqual(
      [workers.length, supervisor.health().state, await code(transcribe())],
      [5, 'failed', 'engine.unavailable'],
    );
    await supervisor.start();
    deepEqual([workers.length, supervisor.health().state], [6, 'ready']);
  });

  it('goes on for ever with a crash now and then', async () => {
    const { supervisor, clock, worker, workers } = rig();
    await supervisor.start();
    for (let i = 0; i < 20; i++) {
      for (let s = 0; s < 50; s++) {
        clock.advance(1_000);
        worker().say({ kind: 'heartbeat', rssBytes: 1 });
      }
      worker().die();
      await turn();
    }
    deepEqual([workers.length, supervisor.health().state], [21, 'ready']);
  });

  it('does not start again over a model that is wrong', async () => {
    const { supervisor, workers } = rig(
      (worker, id) =>
        void Promise.resolve().then(() =>
          worker.say({
            kind: 'error',
            id,
            code: 'model.corrupt' as ErrorCode,
            message: 'The file is damaged.',
          }),
        ),
    );
    deepEqual(
      [
        await code(supervisor.start()),
        workers.length,
        workers[0]?.killed,
        supervisor.health().state,
      ],
      ['model.corrupt', 1, 1, 'failed'],
    );
    equal(await code(supervisor.start()), 'model.corrupt');
  });

  it('spends its budget on a worker that dies while it loads', async () => {
    const { supervisor, workers } = rig(
      (worker) => void Promise.resolve().then(() => worker.die()),
    );
    deepEqual(
      [await code(supervisor.start()), workers.length, supervisor.health().state],
      ['engine.unavailable', 5, 'failed'],
    );
  });

  it('cancels in the worker, and waits for its answer', async () => {
    const { supervisor, worker, transcribe } = rig();
    await supervisor.start();
    const abort = new AbortController();
    const call = code(transcribe(abort.signal));
    await turn();
    abort.abort();
    const [cancel, asked] = [worker().sent.at(-1), worker().sent.at(-2)];
    deepEqual([cancel?.kind, cancel?.id], ['cancel', asked?.id]);
    worker().say({
      kind: 'error',
      id: asked?.id ?? 0,
      code: 'rpc.cancelled',
      message: 'The decode was cancelled.',
    });
    equal(await call, 'rpc.cancelled');
    equal(await code(transcribe(abort.signal)), 'rpc.cancelled');
  });

  it('stops and starts again without a trace of the first start', async () => {
    const { supervisor, workers, clock } = rig();
    const first = code(supervisor.start());
    supervisor.stop();
    await supervisor.start();
    deepEqual(
      [await first, workers.filter((w) => w.killed === 0).length, supervisor.health().state],
      ['engine.unavailable', 1, 'ready'],
    );
    supervisor.dispose();
    deepEqual([clock.pending, workers.every((w) => w.killed === 1)], [0, true]);
  });
});

describe('CrashBudget', () => {
  it('is one for all workers of an engine: the fifth end stops every one of them, and a start begins anew', async () => {
    const clock = new ManualClock();
    const budget = new CrashBudget(clock);
    const pair = [rig(undefined, { clock, budget }), rig(undefined, { clock, budget })] as const;
    for (const { supervisor } of pair) await supervisor.start();
    const states = (): string[] => pair.map(({ supervisor }) => supervisor.health().state);
    for (const i of [0, 1, 0, 1] as const) {
      pair[i].worker().die();
      await turn();
    }
    deepEqual(states(), ['ready', 'ready']);
    pair[0].worker().die();
    await turn();
    deepEqual(
      [states(), pair.map(({ worker }) => worker().killed), await code(pair[1].transcribe())],
      [['failed', 'failed'], [0, 1], 'engine.unavailable'],
    );
    await pair[0].supervisor.start();
    pair[0].worker().die();
    await turn();
    deepEqual(states(), ['ready', 'failed']);
  });
});
