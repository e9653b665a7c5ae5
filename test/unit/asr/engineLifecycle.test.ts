// The states of an engine's model: reported with their times, logged, and rolled back if a new
// version fails its warm-up.
import { deepEqual, match, rejects } from 'node:assert/strict';
import type { EngineStateChange, ManagedEngines } from '../../../daemon/asr/contract/enginesApi';
import { createEnginePool } from '../../../daemon/asr/engine/enginePool';
import { type Decoder, createSpeechEngine } from '../../../daemon/asr/engine/speechEngine';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import { type EarmarkError } from '../../../protocol/errors';
import { MACHINE, turn } from '../../../testing/fakes/slowEngines';
import { UNCALIBRATED } from '../../../testing/fakes/uncalibrated';

const TARGET = { provider: 'one', model: 'm', device: 'cpu' } as const;

describe('life cycle of an engine', () => {
  let clock: ManualClock;
  let pool: ManagedEngines;
  /** Version of the files; a faulty one recognises nothing. */
  let version: string;
  let faulty: string;
  let rolledBack: string[];
  const changes: EngineStateChange[] = [];

  beforeEach(() => {
    clock = new ManualClock();
    [version, faulty, rolledBack] = ['1', '2', []];
    changes.length = 0;
    let loaded = '';
    const wait = (ms: number): Promise<void> =>
      new Promise((resolve) => clock.setTimeout(resolve, ms));
    const decoder: Decoder = {
      start: async () => {
        await wait(1_000);
        loaded = version;
      },
      stop: () => undefined,
      health: () => ({ name: 'm', state: 'ready', restarts: 0 }),
      transcribe: async () => {
        await wait(100);
        const text = [loaded, '*'].includes(faulty) ? '' : 'words';
        return { text, words: [], confidence: 1, language: 'en', inferenceMs: 100 };
      },
    };
    const choice = {
      providers: [],
      models: [{ id: 'm', provider: 'one', languages: ['*'], installed: true }],
      preferred: [TARGET],
    };
    pool = createEnginePool({
      clock,
      logger: silentLogger,
      choice,
      look: () => Promise.resolve(choice),
      calibrator: UNCALIBRATED,
      sharedWorkers: () => [],
      load: () => ({}),
      probed: Promise.resolve(),
      machine: () => MACHINE,
      rollBack: (id, code) => {
        if (rolledBack.length > 0 || code !== 'model.incompatible') return Promise.resolve(false);
        rolledBack.push(id);
        version = '1';
        return Promise.resolve(true);
      },
      create: ({ provider, model }) =>
        createSpeechEngine({
          clock,
          provider,
          model,
          decoders: [decoder],
          warmUp: () => Promise.resolve(new Float32Array(16_000).fill(0.1)),
          detectors: {
            start: () => Promise.resolve(),
            stop: () => undefined,
            health: () => [],
            create: () => ({
              detect: (w) => Promise.resolve(new Float32Array(w.length)),
              reset: () => undefined,
              dispose: () => undefined,
            }),
          },
        }),
    });
    pool.onDidChangeState((change) => changes.push(change));
  });
  afterEach(() => pool.dispose());

  /** Runs a call while the clock advances. */
  async function within<T>(call: Promise<T>, ms = 5_000): Promise<T> {
    call.catch(() => undefined);
    for (let t = 0; t < ms; t += 100) {
      await turn();
      clock.advance(100);
    }
    return call;
  }
  const states = (): string[] =>
    changes.map(({ from, to, ms }) => `${from.kind} ${ms} → ${to.kind}`);

  it('is reported state by state, with times', async () => {
    await within(pool.preload());
    deepEqual(states(), [
      'UNINITIALIZED 0 → LOADING',
      'LOADING 1000 → WARMING_UP',
      'WARMING_UP 200 → READY',
    ]);
    const { loadMs, warmUpMs, proven } = pool.main;
    deepEqual([loadMs, warmUpMs, proven], [1_200, 200, true]);
  });

  it('goes back to the previous version if a new one fails its warm-up in use', async () => {
    await within(pool.preload());
    version = '2';
    await rejects(within(pool.swap('m')), (error: EarmarkError) => {
      match(error.message, /new version of m failed its test.* uses the previous one again/);
      return error.code === 'model.incompatible';
    });
    deepEqual([pool.main.state, version, rolledBack], ['READY', '1', ['m']]);
  });

  it('goes back to the previous version if a new one fails at the next load', async () => {
    version = '2';
    await within(pool.preload());
    deepEqual([pool.main.state, pool.main.proven, rolledBack], ['READY', true, ['m']]);
  });

  it('ends in an error if the version before fails too', async () => {
    version = '2';
    faulty = '*';
    await within(pool.preload());
    deepEqual([pool.main.state, pool.main.proven, rolledBack], ['ERROR', false, ['m']]);
  });
});
