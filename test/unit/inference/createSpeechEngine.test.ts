// A model that does not fit into the memory that is free is not loaded.
import { equal, rejects } from 'node:assert/strict';
import { createSpeechEngine } from '../../../daemon/adapters/inference/runtime/createSpeechEngine';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';

function engine(freeBytes: number) {
  return createSpeechEngine({
    clock: new ManualClock(),
    logger: silentLogger,
    asr: {
      provider: 'nemo',
      model: 'large',
      files: () => Promise.resolve({ id: 'large', files: {}, residentBytes: 1.3e9 }),
    },
    runs: { in: 'workers', worker: { path: '/no/such/worker.js' }, workers: 1, threads: 1 },
    detectors: {
      start: () => Promise.resolve(),
      stop: () => undefined,
      health: () => [],
      create: () => ({
        detect: () => Promise.resolve(new Float32Array(0)),
        reset: () => undefined,
        dispose: () => undefined,
      }),
    },
    freeBytes: () => Promise.resolve(freeBytes),
  });
}

describe('speech engine of a large model', () => {
  it('says how much memory it needs and how much is free, and starts no worker', async () => {
    const large = engine(0.8e9);
    await rejects(large.ready(), {
      code: 'engine.unavailable',
      message: /^The model large needs 1\.3 GB of memory, 0\.8 GB are free;/,
    });
    equal(large.workers()[0]?.pid, undefined);
    large.dispose();
  });
});
