/**
 * Composes speech engines. All share one worker for speech detection. An engine has its own
 * workers, one for each core. Or it has a recogniser in this process, with a program or server
 * behind it.
 */
import type { DecodeThreads } from '../../../asr/choice/decodeThreads';
import type { AsrProvider, DeviceChoice } from '../../../asr/contract/provider';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import {
  type DetectorService,
  createSpeechEngine as createEngine,
} from '../../../asr/engine/speechEngine';
import type { ManagedSpeechEngine } from '../../../asr/contract/speechEngineApi';
import type { Clock } from '../../../base/clock';
import type { Logger } from '../../../base/logger';
import { requireMemory } from '../../../models/memory';
import { freeMemory } from '../../system/freeMemory';
import { idleCores } from '../../system/idleCores';
import { CrashBudget, type CrashLimits, defaultCrashLimits } from './crashBudget';
import { DetectorBatch } from './detectorBatch';
import { type WorkerEntry, forkWorker } from './forkWorker';
import { inProcessDecoder } from './inProcessDecoder';
import { RecogniserWorker, WorkerCrew } from './recogniserWorker';
import { type SupervisorLimits, WorkerSupervisor } from './supervisor';

interface Common {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<SupervisorLimits & CrashLimits>;
}

export interface DetectorsSetup extends Common {
  readonly worker: WorkerEntry;
  readonly files: () => Promise<LoadedModelFiles>;
}

export interface SpeechEngineSetup extends Common {
  readonly asr: {
    readonly provider: string;
    readonly model: string;
    readonly device?: DeviceChoice;
    files(): Promise<LoadedModelFiles>;
  };
  /** Place of decoding: inference workers (see asr/choice/decodeThreads), or this process. */
  readonly runs:
    | ({ readonly in: 'workers'; readonly worker: WorkerEntry } & DecodeThreads)
    | { readonly in: 'process'; create(): AsrProvider };
  readonly detectors: DetectorService;
  /** See SpeechEngineSetup of asr/engine/speechEngine. */
  readonly warmUp?: () => Promise<Float32Array>;
  readonly expectsWords?: () => Promise<boolean>;
  readonly quiet?: () => boolean;
  readonly prove?: (rtf: number) => Promise<void>;
  /** Memory limit of a model in bytes; undefined if unknown. */
  readonly freeBytes?: () => Promise<number | undefined>;
}

const DETECT_TIMEOUT_MS = 10_000;
const VAD_MEMORY_BYTES = 500_000_000;

export function createSpeechEngine(setup: SpeechEngineSetup): ManagedSpeechEngine {
  const { clock, logger, asr, limits, runs, detectors, warmUp, expectsWords, quiet, prove } = setup;
  const device = asr.device ?? 'auto';
  const common = {
    clock,
    provider: asr.provider,
    model: asr.model,
    device,
    detectors,
    ...(warmUp ? { warmUp } : {}),
    ...(expectsWords ? { expectsWords } : {}),
    ...(quiet ? { quiet } : {}),
    ...(prove ? { prove } : {}),
  };
  if (runs.in === 'process')
    return createEngine({
      ...common,
      decoders: [
        inProcessDecoder({
          name: asr.provider,
          create: () => runs.create(),
          files: () => asr.files(),
          device,
          clock,
        }),
      ],
    });
  const crew = new WorkerCrew(runs, idleCores());
  const budget = new CrashBudget(clock, { ...defaultCrashLimits, ...limits });
  const workers = Array.from(
    { length: runs.workers },
    (_, i) =>
      new RecogniserWorker(
        {
          name: `${asr.provider}-${i + 1}`,
          spawn: () => forkWorker(runs.worker, 'asr'),
          load: async () => {
            const model = await asr.files();
            await checkMemory(model, setup.freeBytes ?? freeMemory);
            return { provider: asr.provider, model: { ...model, threads: runs.threads }, device };
          },
          clock,
          logger,
          budget,
          ...(limits ? { limits } : {}),
        },
        crew,
      ),
  );
  return createEngine({
    ...common,
    decoders: workers,
    onDidFail: budget.onDidSpend,
    onDidRestart: (listener) => {
      const listeners = workers.map((worker) => worker.onDidRestart(listener));
      return { dispose: () => listeners.forEach((l) => l.dispose()) };
    },
  });
}

/** @throws EarmarkError engine.unavailable */
async function checkMemory(
  { id, residentBytes }: LoadedModelFiles,
  free: () => Promise<number | undefined>,
): Promise<void> {
  const bytes = residentBytes === undefined ? undefined : await free();
  if (bytes !== undefined && residentBytes !== undefined) requireMemory(id, residentBytes, bytes);
}

/**
 * Streams live in the worker. After a restart they begin again, which costs some windows of
 * certainty and no audio.
 */
export function createDetectors({
  worker: entry,
  files,
  clock,
  logger,
  limits,
}: DetectorsSetup): DetectorService {
  const worker = new WorkerSupervisor({
    name: 'vad',
    spawn: () => forkWorker(entry, 'vad'),
    load: async () => ({ provider: 'silero', model: await files(), device: 'cpu' }),
    clock,
    logger,
    budget: new CrashBudget(clock, { ...defaultCrashLimits, ...limits }),
    limits: { memoryBytes: VAD_MEMORY_BYTES, ...limits },
  });
  const batch = new DetectorBatch(clock, (params) =>
    worker.call('detect', params, { timeoutMs: DETECT_TIMEOUT_MS }),
  );
  let nextStream = 1;
  let wanted = false;
  // Does nothing while the worker runs; restarts a worker that gave up.
  const start = (): void => {
    if (wanted) worker.start().catch(() => undefined);
  };
  return {
    start: () => {
      wanted = true;
      return worker.start();
    },
    stop: () => {
      wanted = false;
      worker.stop();
    },
    health: () => [worker.health()],
    create: () => {
      start();
      let stream = nextStream++;
      const close = (): void => {
        // The worker's streams end with the worker; a stopped worker has none to close.
        worker
          .call('closeStream', { stream }, { timeoutMs: DETECT_TIMEOUT_MS })
          .catch(() => undefined);
      };
      const detect = (windows: Float32Array): Promise<Float32Array> =>
        batch.detect(stream, windows);
      return {
        detect: (windows) => detect(windows).catch(() => detect(windows)),
        reset: () => {
          close();
          start();
          stream = nextStream++;
        },
        dispose: close,
      };
    },
  };
}
