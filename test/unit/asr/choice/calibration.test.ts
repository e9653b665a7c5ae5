// How fast a machine is: when it is measured, how long that counts, and which models it leaves.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import type { EngineTarget } from '../../../../daemon/asr/contract/machineChoice';
import { ManualClock } from '../../../../daemon/base/clock';
import { silentLogger } from '../../../../daemon/base/logger';
import { type Calibration } from '../../../../daemon/asr/contract/machineChoice';
import {
  Calibrator,
  expectedRtf,
  readCalibration,
} from '../../../../daemon/asr/choice/calibration';
import { tierOf } from '../../../../daemon/asr/choice/tiers';
import { type ErrorCode, EarmarkError } from '../../../../protocol/errors';

const TINY: EngineTarget = { provider: 'moonshine', model: 'moonshine-tiny', device: 'cpu' };
const of = (rtf: number): Calibration => ({
  fingerprint: 'a',
  model: 'moonshine-tiny',
  rtf,
  audioMs: 60_000,
  atMs: 1,
});
const turn = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
};

describe('the choice by speed', () => {
  const check = (what: string, rtf: number | undefined, expected: string[]): void =>
    void it(what, () =>
      deepEqual(
        tierOf({ memoryGb: 16, unknown: [] }, rtf === undefined ? undefined : of(rtf)).targets.map(
          ({ model }) => model,
        ),
        expected,
      ),
    );
  const all = [
    'parakeet-tdt-0.6b-v2',
    'parakeet-tdt_ctc-110m',
    'moonshine-base',
    'moonshine-tiny',
    'parakeet-tdt-0.6b-v3',
    'whisper-small-q8_0',
    'whisper-base-q8_0',
    'whisper-tiny-q8_0',
  ];
  check('is that of the memory before anything was measured', undefined, all);
  check('changes nothing on a fast machine', 0.02, all);
  check(
    'leaves Whisper small out on a middling one',
    0.08,
    all.filter((model) => model !== 'whisper-small-q8_0'),
  );
  check('leaves the smallest of each on a slow one', 0.5, [
    'parakeet-tdt_ctc-110m',
    'moonshine-tiny',
    'whisper-tiny-q8_0',
  ]);
  it('never judges a GPU by the CPU', () =>
    ok(
      tierOf(
        { memoryGb: 32, unknown: [], gpu: { kind: 'cuda', name: 'G', memoryGb: 24 } },
        of(0.4),
      ).targets.some(({ device, model }) => device === 'gpu' && model === 'whisper-large-v3-turbo'),
    ));
  it('says why', () =>
    match(
      tierOf({ memoryGb: 16, unknown: [] }, of(0.08)).why,
      /measured: moonshine-tiny takes 0\.080 s of one core .* too slow here .*: whisper-small-q8_0$/,
    ));
  it('goes from one model to the others, either way', () =>
    deepEqual(
      [
        expectedRtf(of(0.05), 'whisper-base-q8_0'),
        expectedRtf({ model: 'whisper-base-q8_0', rtf: 0.2 }, 'moonshine-tiny'),
        expectedRtf(of(0.05), 'whisper-large-v3-turbo-q5_0'),
        expectedRtf(of(0.05), 'unheard-of'),
      ],
      [0.2, 0.05, 2.2, undefined],
    ));
});

describe('what is kept of a measurement', () => {
  const check = (kept: unknown, expected: Calibration | undefined): void =>
    void it(JSON.stringify(kept) ?? 'nothing', () => deepEqual(readCalibration(kept), expected));
  check(of(0.05), of(0.05));
  check({ ...of(0.05), more: 1 }, of(0.05));
  for (const damaged of [
    undefined,
    null,
    'text',
    {},
    { ...of(0.05), rtf: -1 },
    { ...of(0.05), rtf: 'fast' },
    { ...of(0.05), model: 'unheard-of' },
    { ...of(0.05), atMs: null },
  ])
    check(damaged, undefined);
});

describe('the calibrator', () => {
  interface Machine {
    hardware: string;
    kept: unknown;
    busy: boolean;
    battery: boolean;
    fails?: ErrorCode;
    measured: number;
    targets: EngineTarget[];
  }
  function rig(machine: Partial<Machine> = {}) {
    const clock = new ManualClock();
    const now: Machine = {
      hardware: 'a',
      kept: undefined,
      busy: false,
      battery: false,
      measured: 0,
      targets: [TINY],
      ...machine,
    };
    const reported: number[] = [];
    const make = (): Calibrator =>
      new Calibrator({
        clock,
        logger: silentLogger,
        fingerprint: () => Promise.resolve(now.hardware),
        keep: {
          read: () => now.kept,
          write: (calibration) => void (now.kept = { ...calibration }),
        },
        targets: () => Promise.resolve(now.targets),
        measure: () => (
          now.measured++,
          now.fails
            ? Promise.reject(new EarmarkError(now.fails, 'It fails.'))
            : Promise.resolve({ rtf: 0.05, audioMs: 60_000 })
        ),
        idle: () => !now.busy,
        onBattery: () => now.battery,
        changed: ({ rtf }) => reported.push(rtf),
      });
    const idleFor = async (minutes: number): Promise<void> => {
      for (let i = 0; i < minutes; i++) {
        clock.advance(60_000);
        await turn();
      }
    };
    return { now, reported, make, idleFor };
  }
  const code = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => 'fine',
      (error: unknown) => (error as EarmarkError).code,
    );

  it('measures once, when the machine was idle for two minutes, and tells it', async () => {
    const { now, reported, make, idleFor } = rig();
    make();
    await idleFor(1);
    equal(now.measured, 0);
    await idleFor(20);
    deepEqual([now.measured, reported, readCalibration(now.kept)?.rtf], [1, [0.05], 0.05]);
  });

  it('waits while somebody speaks, and says so to who asks for it', async () => {
    const { now, make, idleFor } = rig({ busy: true });
    const calibrator = make();
    await idleFor(10);
    deepEqual([now.measured, await code(calibrator.calibrate())], [0, 'model.busy']);
    now.busy = false;
    await idleFor(2);
    equal(now.measured, 1);
  });

  it('measures on battery only when somebody asks for it', async () => {
    const { now, make, idleFor } = rig({ battery: true });
    const calibrator = make();
    await idleFor(10);
    equal(now.measured, 0);
    await calibrator.calibrate();
    equal(now.measured, 1);
  });

  it('knows at the next start what was measured, and measures anew when the hardware is another', async () => {
    const { now, make, idleFor } = rig();
    const first = make();
    await first.calibrate();
    first.dispose();
    const second = make();
    equal((await second.known())?.rtf, 0.05);
    second.dispose();
    now.hardware = 'b';
    const other = make();
    equal(await other.known(), undefined);
    await idleFor(2);
    deepEqual([now.measured, (await other.known())?.fingerprint], [2, 'b']);
  });

  it('takes what is damaged for nothing', async () =>
    equal(
      await rig({ kept: { rtf: 'fast' } })
        .make()
        .known(),
      undefined,
    ));

  it('gives all who ask one measurement', async () => {
    const { now, make } = rig();
    const calibrator = make();
    await Promise.all([calibrator.calibrate(), calibrator.calibrate()]);
    equal(now.measured, 1);
  });

  it('is content without a model, and does not try for ever where it fails', async () => {
    equal(await code(rig({ targets: [] }).make().calibrate()), 'model.missing');
    const { now, make, idleFor } = rig({ fails: 'engine.crashed' });
    make();
    await idleFor(60);
    equal(now.measured, 3);
  });
});
