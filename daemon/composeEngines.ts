/** Builds the recognisers, their detector and what is known of the machine they run on. */
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../protocol/settings';
import {
  createDetectors,
  createSpeechEngine,
  type DetectorsSetup,
} from './adapters/inference/runtime/createSpeechEngine';
import { type ModelMeasurements, measureModel } from './adapters/inference/runtime/measureModel';
import { processProviders } from './adapters/inference/runtime/processProviders';
import { readWarmUp } from './adapters/inference/runtime/warmUpPhrase';
import { gpuProblem } from './adapters/inference/whisper/whisperBinding';
import { idleCores } from './adapters/system/idleCores';
import { machineLoad } from './adapters/system/machineLoad';
import { measurementFile } from './adapters/system/measurementFile';
import { probeSystem } from './adapters/system/probeSystem';
import type { ChoiceSetup } from './asr/choice/engineChoice';
import { decodeThreads, isLarge } from './asr/choice/decodeThreads';
import { createEnginePool } from './asr/engine/enginePool';
import type { EngineTarget } from './asr/contract/machineChoice';
import type { MachineFacts, ManagedEngines } from './asr/contract/enginesApi';
import { GpuProof } from './asr/choice/gpuProof';
import { MeasuredThreads } from './asr/choice/measuredThreads';
import type { LoadedModelFiles } from './models/modelFiles';
import { WORKER_RECOGNISERS, fixesThreads, runsInWorker, usesGpu, workOf } from './asr/registry';
import { shareDetectors } from './asr/engine/sharedDetectors';
import { SAMPLE_RATE } from './audio/frame';
import type { Clock } from './base/clock';
import type { Logger } from './base/logger';
import type { Models } from './models/api';
import { AutoRollback } from './models/autoRollback';
import { type Calibration } from './asr/contract/machineChoice';
import { Calibrator, expectedRtf } from './asr/choice/calibration';
import { type Capabilities, fingerprint, soldGb } from './models/capabilities';
import { orderFor } from './asr/choice/purposes';
import { tierOf } from './asr/choice/tiers';
import { workerEntry, warmUpPath } from './programFiles';

/** Speech that a calibration decodes, and the time that it takes at most. */
const CALIBRATION_S = 60;
/** Speech that each measurement of threads decodes: three pieces. */
const THREADS_S = 24;
/** Share of idle cores from which threads are measured. */
const QUIET_SHARE = 0.75;
export const VAD_MODEL = 'silero-vad';

export function createEngines({
  home,
  clock,
  logger,
  models,
  settings,
  limits = {},
}: {
  readonly home: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly models: Models;
  readonly settings: () => Settings;
  readonly limits: DetectorsSetup['limits'] | undefined;
}): ManagedEngines {
  const worker = workerEntry();
  const detectors = createDetectors({
    worker,
    clock,
    logger,
    limits,
    files: () => models.files(VAD_MODEL),
  });
  const detectorsOf = shareDetectors(detectors);
  const inThisProcess = processProviders(settings, clock);
  const providers = [...WORKER_RECOGNISERS, ...inThisProcess];
  // Until the probes have answered this is a machine without a GPU.
  let machine: MachineFacts = factsOf({
    platform: process.platform,
    arch: process.arch,
    cpu: 'unknown',
    cores: availableParallelism(),
    instructionSets: [],
    memoryGb: soldGb(totalmem()),
    unknown: ['GPU'],
  });
  /** Reason why recognition does not use the GPU. */
  let gpuUnused: string | undefined;
  const measure = async (
    provider: string,
    model: string,
    pcm: Float32Array,
    threads = 1,
  ): Promise<ModelMeasurements> =>
    measureModel({
      worker,
      provider,
      model: { ...(await models.files(model)), threads },
      device: 'cpu',
      language: 'en',
      pcm,
      clock,
      limitMs: CALIBRATION_S * 1000,
      signal: new AbortController().signal,
    });
  const load = machineLoad(clock);
  const capabilities = probeSystem(clock);
  /** Installed models of a worker's recogniser that suit this machine's CPU. */
  const onCpu = async (): Promise<readonly EngineTarget[]> => {
    const installed = (await models.list())
      .filter(({ status }) => status.state === 'installed')
      .map(({ id }) => id);
    return tierOf(await capabilities).targets.filter(
      ({ provider, model, device }) =>
        device !== 'gpu' && runsInWorker(provider) && installed.includes(model),
    );
  };
  const hardware = async (): Promise<string> => fingerprint(await capabilities);
  const idle = (): boolean =>
    pool.list().every(({ sessions, queuedMs }) => sessions === 0 && queuedMs === 0);
  const cores = availableParallelism();
  const idleNow = idleCores();
  const threads = new MeasuredThreads({
    clock,
    logger,
    cores,
    fingerprint: hardware,
    keep: measurementFile(home, 'threads.json'),
    targets: async () =>
      (await onCpu()).filter(
        ({ provider, model }) => fixesThreads(provider) && isLarge(workOf(model)),
      ),
    measure: async ({ provider, model }, count) => {
      const pcm = repeated(await readWarmUp(warmUpPath()), THREADS_S);
      return (await measure(provider, model, pcm, count)).medianRtf;
    },
    idle,
    quiet: () => idleNow() >= QUIET_SHARE * cores,
    onBattery: () => load().battery !== undefined,
  });
  const calibrator = new Calibrator({
    clock,
    logger,
    fingerprint: hardware,
    keep: measurementFile(home, 'calibration.json'),
    targets: onCpu,
    measure: async ({ provider, model }) => {
      const phrase = await readWarmUp(warmUpPath());
      const { medianRtf, audioMs } = await measure(
        provider,
        model,
        repeated(phrase, CALIBRATION_S),
      );
      return { rtf: medianRtf, audioMs };
    },
    idle,
    onBattery: () => load().battery !== undefined,
    changed: (calibration) => (machine = factsOf(machine.capabilities, calibration, gpuUnused)),
  });
  const probed = capabilities.then(async (found) => {
    gpuUnused = found.gpu && gpuProblem(found.gpu.kind);
    machine = factsOf(found, await calibrator.known(), gpuUnused);
    await threads.load();
  });
  const proof = new GpuProof({
    cpuRtf: async (target) =>
      (machine.calibration && expectedRtf(machine.calibration, target.model)) ??
      (await measure(target.provider, target.model, await readWarmUp(warmUpPath()))).medianRtf,
    failed: (why) => {
      gpuUnused = why;
      machine = factsOf(machine.capabilities, machine.calibration, why);
      logger.warn('engine.gpuUnused', { why });
    },
  });
  const choice = (models: ChoiceSetup['models']): ChoiceSetup => ({
    providers,
    preferred: machine.choice.targets,
    forDictation: orderFor('dictation', machine.choice.targets, machine.calibration),
    models,
  });
  const look = async (): Promise<ChoiceSetup> =>
    choice(
      (await models.list())
        .filter(({ kind }) => kind === 'asr')
        .map(({ id, provider, languages, status, isDefault, residentBytes }) => ({
          id,
          provider,
          languages,
          installed: status.state === 'installed',
          isDefault,
          ...(residentBytes === undefined ? {} : { residentBytes }),
        })),
    );
  const autoRollback = new AutoRollback(models, logger);
  const pool = createEnginePool({
    clock,
    logger,
    calibrator: {
      calibrate: () => calibrator.calibrate(),
      dispose: () => {
        calibrator.dispose();
        threads.dispose();
      },
    },
    look,
    choice: choice([]),
    probed,
    machine: () => machine,
    sharedWorkers: () => detectors.health(),
    load,
    rollBack: (id, code) => autoRollback.after(id, code),
    create: (target) => {
      const gpu = machine.capabilities.gpu !== undefined && gpuUnused === undefined;
      const onGpu = target.device === 'gpu' || (gpu && target.device === 'auto' && usesGpu(target));
      const inProcess = inThisProcess.find(({ info }) => info.id === target.provider);
      return createSpeechEngine({
        clock,
        logger,
        limits,
        asr: {
          ...target,
          // A GPU that was not proven is not used.
          device: inProcess || onGpu ? target.device : 'cpu',
          files: () =>
            inProcess?.defaultModel !== undefined
              ? Promise.resolve({ id: target.model, files: {} })
              : filesWithCache(home, models, target.model),
        },
        runs: inProcess
          ? { in: 'process', create: () => inProcess.create() }
          : {
              in: 'workers',
              worker,
              ...decodeThreads(cores, workOf(target.model), onGpu, threads.of(target.model)),
            },
        detectors: detectorsOf(),
        // What is sent to a server may cost money; such a provider checks itself when it loads.
        ...(inProcess
          ? {}
          : {
              warmUp: () => readWarmUp(warmUpPath()),
              ...(onGpu ? { prove: (rtf: number) => proof.check(target, rtf) } : {}),
              quiet: () =>
                pool.workers().every(({ name, state }) => name === 'vad' || state !== 'busy'),
              // The phrase is English, and what a model of the user's own knows is not known here.
              expectsWords: async () => {
                const { origin, languages } = await models.get(target.model);
                return origin !== 'own' && languages.some((l) => l === 'en' || l === '*');
              },
            }),
      });
    },
  });
  return pool;
}

export async function filesWithCache(
  home: string,
  models: Models,
  id: string,
): Promise<LoadedModelFiles> {
  const files = await models.files(id);
  return { ...files, cache: { folder: join(graphFolder(home), id), revision: files.revision } };
}

export function graphFolder(home: string): string {
  return join(home, 'cache', 'graphs');
}

/** @param gpuProblem reason why recognition cannot use the GPU */
export function factsOf(
  capabilities: Capabilities,
  calibration?: Calibration,
  gpuProblem?: string,
): MachineFacts {
  return {
    capabilities,
    choice: tierOf(capabilities, calibration, gpuProblem),
    ...(calibration ? { calibration } : {}),
  };
}

/** @param seconds of 16 kHz */
function repeated(phrase: Float32Array, seconds: number): Float32Array {
  return Float32Array.from(
    { length: seconds * SAMPLE_RATE },
    (_, i) => phrase[i % phrase.length] ?? 0,
  );
}
