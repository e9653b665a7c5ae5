/** The speaker encoder in a worker of its own, which starts with the first voice and ends when nobody spoke for a while. */
import type { LoadedModelFiles } from '../../asr/provider';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { SpeakerEmbedder } from '../../diarization/contract';
import { type WorkerEntry, forkWorker } from './forkWorker';
import { WorkerSupervisor } from './supervisor';

export interface SpeakerEmbedderSetup {
  readonly worker: WorkerEntry;
  readonly files: () => Promise<LoadedModelFiles>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const EMBED_TIMEOUT_MS = 10_000;
const MEMORY_BYTES = 500_000_000;
const IDLE_MS = 60_000;

export function createSpeakerEmbedder({ worker: entry, files, clock, logger }: SpeakerEmbedderSetup): SpeakerEmbedder & Disposable {
  const worker = new WorkerSupervisor({
    name: 'speaker',
    spawn: () => forkWorker(entry, 'speaker'),
    load: async () => ({ provider: 'ge2e', model: await files(), device: 'cpu' }),
    clock,
    logger,
    limits: { memoryBytes: MEMORY_BYTES },
  });
  let idle: Disposable | undefined;
  let running = 0;
  return {
    embed: async (pcm) => {
      idle?.dispose();
      running++;
      try {
        await worker.start();
        const ask = (): Promise<Float32Array> => worker.call('embed', { pcm }, { timeoutMs: EMBED_TIMEOUT_MS });
        // A worker that died is there again in a moment; the second failure is its caller's.
        return await ask().catch(() => worker.start().then(ask));
      } finally {
        if (--running === 0) idle = clock.setTimeout(() => worker.stop(), IDLE_MS);
      }
    },
    dispose: () => {
      idle?.dispose();
      worker.dispose();
    },
  };
}
