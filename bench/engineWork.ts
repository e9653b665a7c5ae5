/**
 * Loads and unloads one engine of the product ten times in this process, bundled as it ships; then,
 * with two cores, what a second worker adds. Arguments: JSON of EngineWork. Prints JSON of
 * EngineMeasurements.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createDetectors,
  createSpeechEngine,
} from '../daemon/adapters/inference/runtime/createSpeechEngine';
import { readWarmUp } from '../daemon/adapters/inference/runtime/warmUpPhrase';
import type { LoadedModelFiles } from '../daemon/models/modelFiles';
import type { ManagedSpeechEngine } from '../daemon/asr/contract/speechEngineApi';
import { systemClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';

export interface EngineWork {
  readonly provider: string;
  readonly model: LoadedModelFiles;
  readonly vad: string;
  readonly rounds: number;
}

/** Bytes of resident memory, milliseconds. */
export interface EngineMeasurements {
  readonly rounds: readonly {
    readonly loadMs: number;
    readonly before: number;
    readonly workers: number;
    readonly after: number;
  }[];
  readonly secondWorker: number;
}

/** After a worker has ended its memory is given back a little later. */
const SETTLE_MS = 300;

function resident(pids: readonly (number | undefined)[]): number {
  return pids.reduce<number>(
    (sum, pid) =>
      sum +
      (pid === undefined
        ? 0
        : Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) *
          1024),
    0,
  );
}

async function run({ provider, model, vad, rounds }: EngineWork): Promise<EngineMeasurements> {
  const warmUp = (): Promise<Float32Array> => readWarmUp(join(__dirname, 'warmUp.s16'));
  const phrase = await warmUp();
  const engineOf = (cores: number): ManagedSpeechEngine => {
    const common = { clock: systemClock, logger: silentLogger };
    const worker = { path: join(__dirname, 'worker.js') };
    return createSpeechEngine({
      ...common,
      warmUp,
      asr: { provider, model: model.id, files: () => Promise.resolve(model) },
      runs: { in: 'workers', worker, workers: cores, threads: 1 },
      detectors: createDetectors({
        ...common,
        worker,
        files: () => Promise.resolve({ id: 'silero-vad', files: { model: vad } }),
      }),
    });
  };
  const workersOf = (engine: ManagedSpeechEngine): number =>
    resident(engine.workers().map(({ pid }) => pid));
  const decode = (engine: ManagedSpeechEngine, sessionId: string): Promise<unknown> =>
    engine.decode(phrase, { language: 'en', priority: 'final', sessionId });
  const one = engineOf(1);
  const metrics: EngineMeasurements['rounds'][number][] = [];
  for (let i = 0; i < rounds; i++) {
    const before = resident([process.pid]);
    await one.ready();
    await decode(one, 'a');
    const loaded = workersOf(one);
    const loadMs = one.status.loadMs ?? NaN;
    one.unload();
    await delay(SETTLE_MS);
    metrics.push({ loadMs, before, workers: loaded, after: resident([process.pid]) });
  }
  one.dispose();
  const two = engineOf(2);
  await two.ready();
  await decode(two, 'a');
  const first = workersOf(two);
  const busy = (): boolean =>
    two.workers().filter(({ state }) => state === 'ready' || state === 'busy').length < 3;
  // Phrases that wait bring the second worker.
  while (busy()) await Promise.all([1, 2, 3, 4].map((session) => decode(two, `s${session}`)));
  await Promise.all([1, 2, 3, 4].map((session) => decode(two, `s${session}`)));
  const secondWorker = workersOf(two) - first;
  two.dispose();
  return { rounds: metrics, secondWorker };
}

run(JSON.parse(process.argv[2] ?? '{}') as EngineWork).then(
  (metrics) => {
    process.stdout.write(JSON.stringify(metrics));
    process.exit();
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
