// Threads of large models: measured once in a quiet time, kept, and used by later engines.
import { deepEqual, equal } from 'node:assert/strict';
import { decodeThreads } from '../../../../daemon/asr/choice/decodeThreads';
import { type KeptThreads, MeasuredThreads } from '../../../../daemon/asr/choice/measuredThreads';
import { ManualClock } from '../../../../daemon/base/clock';
import { silentLogger } from '../../../../daemon/base/logger';
import { EarmarkError } from '../../../../protocol/errors';

const TARGET = { provider: 'nemo', model: 'large', device: 'cpu' } as const;

function rig(cores: number, rtfs: Readonly<Record<number, number>>, before?: unknown) {
  const clock = new ManualClock();
  const state = {
    quiet: true,
    idle: true,
    battery: false,
    fails: false,
    fingerprint: 'a',
    kept: before,
    measured: [] as number[],
    onMeasure: (): void => undefined,
  };
  const threads = new MeasuredThreads({
    clock,
    logger: silentLogger,
    cores,
    fingerprint: () => Promise.resolve(state.fingerprint),
    keep: { read: () => state.kept, write: (kept) => (state.kept = kept) },
    targets: () => Promise.resolve([TARGET]),
    measure: (_, count) => {
      state.measured.push(count);
      state.onMeasure();
      return state.fails
        ? Promise.reject(new EarmarkError('engine.timeout', 'Too slow.'))
        : Promise.resolve(rtfs[count] ?? 9);
    },
    idle: () => state.idle,
    quiet: () => state.quiet,
    onBattery: () => state.battery,
  });
  const pass = async (looks = 1): Promise<void> => {
    for (let i = 0; i < looks; i++) {
      clock.advance(2 * 60_000);
      for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate);
    }
  };
  return { state, threads, pass };
}

describe('measured threads', () => {
  const check = (
    what: string,
    cores: number,
    rtfs: Readonly<Record<number, number>>,
    expected: number,
    measured: readonly number[],
  ): void =>
    void it(what, async () => {
      const { state, threads, pass } = rig(cores, rtfs);
      await threads.load();
      equal(threads.of('large'), undefined);
      await pass(3);
      deepEqual([threads.of('large'), state.measured], [expected, measured]);
      threads.dispose();
    });
  check('are four where each doubling pays', 8, { 1: 0.4, 2: 0.22, 4: 0.13 }, 4, [1, 2, 4]);
  check('are two where four bring little', 8, { 1: 0.4, 2: 0.22, 4: 0.2 }, 2, [1, 2, 4]);
  check('are one where two bring little', 8, { 1: 0.4, 2: 0.35, 4: 0.1 }, 1, [1, 2]);
  check('are at most the cores', 2, { 1: 0.4, 2: 0.22, 4: 0.1 }, 2, [1, 2]);

  it('are kept for the hardware that was measured', async () => {
    const { state, threads, pass } = rig(8, { 1: 0.4, 2: 0.22, 4: 0.13 });
    await threads.load();
    await pass();
    const kept = state.kept as KeptThreads;
    const again = rig(8, {}, kept);
    await again.threads.load();
    await again.pass();
    deepEqual([again.threads.of('large'), again.state.measured], [4, []]);
    const other = rig(8, { 1: 0.4 }, kept);
    other.state.fingerprint = 'b';
    await other.threads.load();
    equal(other.threads.of('large'), undefined);
    const broken = rig(8, {}, { fingerprint: 'a', threads: { large: 'many' } });
    await broken.threads.load();
    equal(broken.threads.of('large'), undefined);
  });

  it('are not measured beside speech or other programs, nor on battery', async () => {
    const { state, threads, pass } = rig(4, { 1: 0.4, 2: 0.2 });
    await threads.load();
    for (const [name, value] of [
      ['quiet', false],
      ['idle', false],
      ['battery', true],
    ] as const) {
      state[name] = value;
      await pass();
      state[name] = !value;
    }
    deepEqual(state.measured, []);
    // Speech begins during the measurement, so it does not count.
    state.onMeasure = () => (state.idle = false);
    await pass();
    equal(threads.of('large'), undefined);
    state.onMeasure = () => undefined;
    state.idle = true;
    await pass();
    equal(threads.of('large'), 2);
  });

  it('are not measured again after three failures', async () => {
    const { state, threads, pass } = rig(4, {});
    state.fails = true;
    await threads.load();
    await pass(6);
    equal(state.measured.length, 3);
  });

  it('decide how many workers a large model has; small models and GPUs keep theirs', () => {
    deepEqual(decodeThreads(8, 4.2, false, 2), { workers: 4, threads: 2 });
    deepEqual(decodeThreads(8, 1, false, 4), { workers: 8, threads: 1 });
    deepEqual(decodeThreads(8, 44, true, 4), { workers: 1, threads: 1 });
  });
});
