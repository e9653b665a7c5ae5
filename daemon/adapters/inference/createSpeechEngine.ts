/** Puts the speech engine together from inference workers: one for speech detection, one a core for recognition. */
import type { LoadedModelFiles } from '../../asr/provider';
import { type Decoder, type DetectorService, createSpeechEngine as createEngine } from '../../asr/speechEngine';
import type { ManagedSpeechEngine } from '../../asr/speechEngineApi';
import { SAMPLE_RATE } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import type { Logger } from '../../base/logger';
import { type WorkerEntry, forkWorker } from './forkWorker';
import { type SupervisorLimits, WorkerSupervisor } from './supervisor';

export interface SpeechEngineSetup {
  readonly worker: WorkerEntry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly asr: { readonly provider: string; readonly model: string; files(): Promise<LoadedModelFiles> };
  readonly vad: { files(): Promise<LoadedModelFiles> };
  /** Recognition workers at most; one core each. */
  readonly cores: number;
  readonly limits?: Partial<SupervisorLimits>;
}

/** A decode that takes longer than this and twice its audio is stuck. */
const DECODE_TIMEOUT_MS = 10_000;
const DETECT_TIMEOUT_MS = 10_000;
const VAD_MEMORY_BYTES = 500_000_000;
/** More workers than this gain nothing: meetings have few sources, and each worker takes its memory. */
const MAX_WORKERS = 8;

export function createSpeechEngine(setup: SpeechEngineSetup): ManagedSpeechEngine {
  const { worker, clock, logger, asr, vad, limits } = setup;
  const detectorWorker = new WorkerSupervisor({
    name: 'vad',
    spawn: () => forkWorker(worker, 'vad'),
    load: async () => ({ provider: 'silero', model: await vad.files() }),
    clock,
    logger,
    limits: { memoryBytes: VAD_MEMORY_BYTES, ...limits },
  });
  const decoderWorkers = Array.from(
    { length: Math.max(1, Math.min(MAX_WORKERS, Math.floor(setup.cores))) },
    (_, i) => new WorkerSupervisor({ name: `asr-${i + 1}`, spawn: () => forkWorker(worker, 'asr'), load: async () => ({ provider: asr.provider, model: await asr.files() }), clock, logger, ...(limits ? { limits } : {}) }),
  );
  const all = [detectorWorker, ...decoderWorkers];
  const engine = createEngine({
    clock,
    provider: asr.provider,
    model: asr.model,
    decoders: decoderWorkers.map(decoderOf),
    detectors: detectorsOf(detectorWorker),
    onDidRestart: (listener) => {
      const listeners = all.map((supervisor) => supervisor.onDidRestart(listener));
      return { dispose: () => listeners.forEach((l) => l.dispose()) };
    },
  });
  return engine;
}

function decoderOf(worker: WorkerSupervisor): Decoder {
  return {
    start: () => worker.start(),
    stop: () => worker.stop(),
    health: () => worker.health(),
    transcribe: (pcm, options, signal) => worker.call('transcribe', { pcm, options }, { timeoutMs: DECODE_TIMEOUT_MS + (2 * pcm.length * 1000) / SAMPLE_RATE, signal }),
  };
}

/** Streams live in the worker; after its restart they begin anew, which costs some windows of certainty and no audio. */
function detectorsOf(worker: WorkerSupervisor): DetectorService {
  let nextStream = 1;
  let stopped = false;
  // Does nothing while it runs; one that was given up is tried again.
  const start = (): void => {
    if (!stopped) worker.start().catch(() => undefined);
  };
  return {
    start: () => worker.start(),
    stop: () => {
      stopped = true;
      worker.stop();
    },
    health: () => [worker.health()],
    create: () => {
      start();
      let stream = nextStream++;
      const close = (): void => {
        // The worker forgets its streams with its life; a worker that is away has none to close.
        worker.call('closeStream', { stream }, { timeoutMs: DETECT_TIMEOUT_MS }).catch(() => undefined);
      };
      const detect = (windows: Float32Array): Promise<Float32Array> => worker.call('detect', { stream, windows }, { timeoutMs: DETECT_TIMEOUT_MS });
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
