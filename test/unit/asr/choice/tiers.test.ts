// Which tier a machine is, which models it gets, and what the probes make of what machines say.
import { deepEqual, equal, ok } from 'node:assert/strict';
import {
  type ProbeTools,
  probeSystem,
  readBattery,
} from '../../../../daemon/adapters/system/probeSystem';
import { ManualClock, systemClock } from '../../../../daemon/base/clock';
import { CATALOGUE } from '../../../../daemon/models/catalogue';
import { type Capabilities, fingerprint, soldGb } from '../../../../daemon/models/capabilities';
import { TIERS, type Tier } from '../../../../daemon/asr/contract/machineChoice';
import { tierOf } from '../../../../daemon/asr/choice/tiers';

const GPU = { kind: 'cuda', name: 'A GPU', memoryGb: 24 } as const;

describe('tiers', () => {
  const check = (memoryGb: number, gpu: Capabilities['gpu'], expected: Tier): void =>
    equal(tierOf({ memoryGb, ...(gpu ? { gpu } : {}), unknown: [] }).tier, expected);
  it('ends ultra_low at 4 GB', () => [
    check(3.9, undefined, 'ultra_low'),
    check(4, undefined, 'low'),
  ]);
  it('ends low at 8 GB', () => [check(7.9, GPU, 'low'), check(8, undefined, 'medium')]);
  it('knows no more than medium without a GPU', () => [
    check(16, undefined, 'medium'),
    check(256, undefined, 'medium'),
  ]);
  it('needs 16 GB for high', () => [check(15.9, GPU, 'medium_gpu'), check(16, GPU, 'high')]);
  it('needs 32 GB for ultra', () => [check(31.9, GPU, 'high'), check(32, GPU, 'ultra')]);

  const models = (memoryGb: number, gpu?: Capabilities['gpu']): string[] =>
    tierOf({ memoryGb, ...(gpu ? { gpu } : {}), unknown: [] }).targets.map(
      ({ model, device }) => `${model} ${device}`,
    );
  it('gives the CPU NeMo and Moonshine for English, NeMo and Whisper for the rest', () =>
    deepEqual(models(16), [
      'parakeet-tdt-0.6b-v2 cpu',
      'parakeet-tdt_ctc-110m cpu',
      'moonshine-base cpu',
      'moonshine-tiny cpu',
      'parakeet-tdt-0.6b-v3 cpu',
      'whisper-small-q8_0 cpu',
      'whisper-base-q8_0 cpu',
      'whisper-tiny-q8_0 cpu',
    ]));
  it('falls back from the GPU to the CPU, then to a smaller model', () =>
    deepEqual(models(32, GPU).slice(2, 5), [
      'whisper-large-v3-turbo gpu',
      'whisper-large-v3-turbo cpu',
      'whisper-medium-q8_0 gpu',
    ]));
  it('takes no GPU that recognition cannot use, and says why', () => {
    const { tier, targets, why } = tierOf(
      { memoryGb: 32, gpu: GPU, unknown: [] },
      undefined,
      'Whisper is not built on this computer',
    );
    deepEqual([tier, targets.filter(({ device }) => device === 'gpu')], ['medium', []]);
    ok(why.includes('the GPU A GPU (cuda) is not used: Whisper is not built'), why);
  });
  it('leaves out what is too large for the GPU', () =>
    deepEqual(models(32, { ...GPU, memoryGb: 2 })[2], 'whisper-large-v3-turbo cpu'));
  it('names a stand-in for every model, and only models of the catalogue', () => {
    for (const tier of TIERS) {
      const memory = { ultra_low: 2, low: 4, medium: 8, medium_gpu: 8, high: 16, ultra: 32 }[tier];
      const { targets, tier: found } = tierOf({
        memoryGb: memory,
        ...(tier === 'medium_gpu' || tier === 'high' || tier === 'ultra' ? { gpu: GPU } : {}),
        unknown: [],
      });
      equal(found, tier);
      ok(
        targets.filter(({ provider }) => provider === 'whisper').length >= 2 &&
          targets.some(({ provider }) => provider === 'moonshine'),
      );
      deepEqual(
        targets.filter(
          ({ model, provider }) =>
            !CATALOGUE.some((entry) => entry.id === model && entry.provider === provider),
        ),
        [],
      );
    }
  });

  it('takes memory as it is sold', () =>
    deepEqual(
      [7.6, 15.5, 31.2, 3.84, 10].map((gib) => soldGb(gib * 2 ** 30)),
      [8, 16, 32, 4, 10],
    ));
});

describe('probes of the machine', () => {
  function tools(
    platform: string,
    arch: string,
    answers: Record<string, string | 'never'>,
  ): ProbeTools {
    const answer = (key: string): Promise<string> =>
      answers[key] === 'never'
        ? new Promise(() => undefined)
        : answers[key] === undefined
          ? Promise.reject(new Error('not there'))
          : Promise.resolve(answers[key]);
    return {
      platform,
      arch,
      run: (command) => answer(command),
      read: answer,
      list: (folder) => answer(folder).then((text) => text.split(' ')),
    };
  }

  it('understands a Linux workstation with an NVIDIA GPU', async () => {
    const found = await probeSystem(
      systemClock,
      tools('linux', 'x64', {
        '/proc/cpuinfo': 'flags : fpu avx2 FMA f16c sse',
        'nvidia-smi': 'NVIDIA H200, 143771\n',
      }),
    );
    deepEqual(
      [found.instructionSets, found.gpu, found.battery, found.unknown],
      [
        ['avx2', 'fma', 'f16c'],
        { kind: 'cuda', name: 'NVIDIA H200', memoryGb: 140 },
        undefined,
        [],
      ],
    );
  });
  it('takes no driver that computes on the CPU for a GPU', async () => {
    const text =
      'GPU0:\n deviceType = PHYSICAL_DEVICE_TYPE_CPU\n deviceName = llvmpipe\nGPU1:\n deviceType = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU\n deviceName = Radeon\n';
    deepEqual((await probeSystem(systemClock, tools('linux', 'x64', { vulkaninfo: text }))).gpu, {
      kind: 'vulkan',
      name: 'Radeon',
    });
  });
  it('knows Metal on Apple silicon and its battery', async () => {
    const found = await probeSystem(
      systemClock,
      tools('darwin', 'arm64', {
        pmset: "Now drawing from 'Battery Power'\n -InternalBattery-0 55%; discharging",
      }),
    );
    deepEqual(
      [found.instructionSets, found.gpu?.kind, found.battery],
      [['neon'], 'metal', { charge: 0.55, discharging: true }],
    );
  });
  it('passes over the battery of a mouse', async () => {
    const folder = '/sys/class/power_supply';
    const answers = {
      [folder]: 'mouse BAT0',
      [`${folder}/mouse/type`]: 'Battery',
      [`${folder}/mouse/scope`]: 'Device',
      [`${folder}/mouse/capacity`]: '3',
      [`${folder}/BAT0/type`]: 'Battery\n',
      [`${folder}/BAT0/capacity`]: '80\n',
      [`${folder}/BAT0/status`]: 'Charging\n',
    };
    deepEqual(await readBattery(tools('linux', 'x64', answers)), {
      charge: 0.8,
      discharging: false,
    });
  });
  it('ends after five seconds with defaults', async () => {
    const clock = new ManualClock();
    const found = probeSystem(
      clock,
      tools('linux', 'x64', { '/proc/cpuinfo': 'flags: avx2', 'nvidia-smi': 'never' }),
    );
    await new Promise(setImmediate);
    clock.advance(5_000);
    const { gpu, unknown, instructionSets } = await found;
    deepEqual(
      [gpu, unknown, instructionSets, tierOf({ memoryGb: 32, unknown }).tier],
      [undefined, ['GPU'], ['avx2'], 'medium'],
    );
  });
  it('has another fingerprint for other hardware alone', () => {
    const machine: Capabilities = {
      platform: 'linux',
      arch: 'x64',
      cpu: 'X',
      cores: 4,
      instructionSets: ['avx2', 'fma'],
      memoryGb: 16,
      unknown: [],
    };
    const same = fingerprint({
      ...machine,
      instructionSets: ['fma', 'avx2'],
      battery: { charge: 0.1, discharging: true },
    });
    deepEqual(
      [
        same === fingerprint(machine),
        fingerprint({ ...machine, cores: 8 }) === same,
        fingerprint({ ...machine, gpu: GPU }) === same,
      ],
      [true, false, false],
    );
  });
});
