// A GPU is used only if its decode is measured to be faster than the CPU.
import { deepEqual, match } from 'node:assert/strict';
import { gpuProblem } from '../../../../daemon/adapters/inference/whisper/whisperBinding';
import { GpuProof } from '../../../../daemon/asr/choice/gpuProof';

const target = { provider: 'whisper', model: 'whisper-small', device: 'gpu' } as const;

describe('proof of a GPU', () => {
  const check = (title: string, gpuRtf: number, cpuRtf: number | undefined, used: boolean): void =>
    void it(title, async () => {
      const failures: string[] = [];
      const proof = new GpuProof({
        cpuRtf: () => Promise.resolve(cpuRtf),
        failed: (why) => failures.push(why),
      });
      const error = await proof.check(target, gpuRtf).catch((cause: Error) => cause.message);
      deepEqual([error === undefined, failures.length], [used, used ? 0 : 1]);
      if (!used) match(String(error), /The GPU is not used, because whisper-small takes/);
    });
  check('is a decode that is faster than the CPU', 0.05, 0.5, true);
  check('is not a decode at the speed of the CPU', 0.5, 0.5, false);
  check('is not a decode that saves a tenth', 0.45, 0.5, false);
  check('is not refuted without a figure of the CPU', 0.5, undefined, true);
});

describe('a build of Whisper', () => {
  const check = (
    kind: 'metal' | 'cuda' | 'vulkan',
    builds: Parameters<typeof gpuProblem>[1],
    usable: boolean,
  ): void =>
    void it(`${builds?.join() || 'that is absent'} ${usable ? 'uses' : 'does not use'} ${kind}`, () =>
      deepEqual(gpuProblem(kind, builds) === undefined, usable));
  check('cuda', ['avx2', 'plain'], false);
  check('cuda', ['own', 'plain'], true);
  check('vulkan', ['plain'], false);
  check('metal', ['metal'], true);
  check('cuda', ['metal'], false);
  check('cuda', [], false);
});
