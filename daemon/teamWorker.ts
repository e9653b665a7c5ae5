/**
 * Composes a worker of a team: an engine, the queue, signs of life. It holds no session and writes
 * nothing to disk but what its model needs.
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import { EarmarkError } from '../protocol/errors';
import type { Settings } from '../protocol/settings';
import { version } from '../package.json';
import { createModelManager } from './adapters/download/createModelManager';
import { createSpeechEngine } from './adapters/inference/runtime/createSpeechEngine';
import { processProviders } from './adapters/inference/runtime/processProviders';
import { readWarmUp } from './adapters/inference/runtime/warmUpPhrase';
import { Heartbeats } from './adapters/nats/heartbeats';
import { NatsConsumer } from './adapters/nats/natsConsumer';
import { openBus } from './adapters/nats/teamBus';
import type { WorkerMetrics } from './adapters/telemetry/workerMetrics';
import type { DetectorService } from './asr/engine/speechEngine';
import type { ManagedSpeechEngine } from './asr/contract/speechEngineApi';
import { type Clock, systemClock } from './base/clock';
import type { Logger } from './base/logger';
import { decodeThreads } from './asr/choice/decodeThreads';
import { RECOGNISERS, workOf } from './asr/registry';
import { filesWithCache } from './composeEngines';
import { warmUpPath, workerEntry } from './programFiles';
import { WorkerRole } from './team/workerRole';
import type { Readiness } from './telemetry/readiness';

export interface WorkerOptions {
  readonly home: string;
  readonly settings: Settings;
  readonly logger: Logger;
  /** Empty: that of the model, or the catalogue's default. */
  readonly provider: string;
  readonly model: string;
  /** Phrases at once; undefined: one a core. */
  readonly slots: number | undefined;
  /** Is told what a worker needs. */
  readonly readiness: Readiness;
  readonly metrics: WorkerMetrics;
  /** Tests replace it. */
  readonly engine?: (context: { readonly clock: Clock; readonly logger: Logger }) => {
    readonly engine: ManagedSpeechEngine;
    readonly languages: readonly string[];
  };
}

export interface RunningWorker {
  /** Takes nothing more; resolves when what it had is answered and the connection is closed. */
  drain(): Promise<void>;
}

/** A worker hears no one speak: gateways find the speech. */
const NO_DETECTORS: DetectorService = {
  start: () => Promise.resolve(),
  stop: () => undefined,
  health: () => [],
  create: () => {
    throw new EarmarkError('internal', 'A worker does not detect speech; the gateway does.');
  },
};

/** @throws EarmarkError daemon.startFailed, model.*, engine.* */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { settings, logger, readiness, metrics } = options;
  const clock = systemClock;
  const { engine, languages } =
    options.engine?.({ clock, logger }) ?? (await engineOf(options, clock));
  const slots = options.slots ?? Math.min(8, availableParallelism());
  const id = `${hostname()}.${process.pid}.${randomBytes(3).toString('hex')}`;
  const bus = await openBus({
    servers: settings['team.nats'],
    ...(settings['team.natsToken'] === '' ? {} : { token: settings['team.natsToken'] }),
    name: `worker ${id}`,
    replicas: settings['team.replicas'],
    logger: logger.child('nats'),
  });
  const consumer = new NatsConsumer({
    bus,
    clock,
    logger: logger.child('queue'),
    metrics,
    model: engine.model,
  });
  const role = new WorkerRole({
    engine,
    consumer,
    slots,
    clock,
    logger: logger.child('engine'),
    metrics,
  });
  metrics.begin(() => ({
    slots: consumer.size,
    busy: consumer.busy,
    rssBytes: engine.status.rssBytes,
  }));
  let draining = false;
  const heartbeats = new Heartbeats(bus, clock, () => ({
    id,
    provider: engine.provider,
    model: engine.model,
    languages,
    version,
    slots: consumer.size,
    busy: consumer.busy,
    rssBytes: engine.status.rssBytes,
    draining,
  }));
  consumer.onDidChange(() => heartbeats.changed());
  readiness.need('nats', () => bus.reachable());
  readiness.need('model', () => draining || role.ready);
  readiness.need('requests', () => !draining);
  readiness.started();
  const close = async (): Promise<void> => {
    draining = true;
    heartbeats.send();
    heartbeats.dispose();
    consumer.dispose();
    await bus.close();
    engine.dispose();
  };
  try {
    await role.begin();
  } catch (error) {
    await close();
    throw error;
  }
  logger.info('worker.started', { provider: engine.provider, model: engine.model, slots });
  return {
    drain: async () => {
      draining = true;
      heartbeats.send();
      role.end();
      await consumer.drained();
      await close();
      logger.info('worker.ended');
    },
  };
}

async function engineOf(
  { home, settings, logger, provider, model }: WorkerOptions,
  clock: Clock,
): Promise<{ readonly engine: ManagedSpeechEngine; readonly languages: readonly string[] }> {
  const models = createModelManager({
    home,
    settings: () => settings,
    clock,
    logger: logger.child('models'),
    inUse: () => true,
  });
  const own = processProviders(() => settings, clock).find(({ info }) => info.id === provider);
  const known = (await models.list()).filter(({ kind }) => kind === 'asr');
  const entry =
    known.find(
      (m) =>
        (model === '' ? m.isDefault : m.id === model) &&
        (provider === '' || m.provider === provider),
    ) ?? (model === '' ? known.find((m) => m.provider === provider) : undefined);
  const target = own
    ? { provider: own.info.id, model: model === '' ? (own.defaultModel ?? '') : model }
    : entry && { provider: entry.provider, model: entry.id };
  if (!target)
    throw new EarmarkError(
      'model.unknown',
      `There is no such model for a worker; choose one of ${known.map(({ id }) => id).join(', ')}.`,
    );
  const languages = entry?.languages ??
    RECOGNISERS.find(({ info }) => info.id === target.provider)?.info.capabilities.languages ?? [
      '*',
    ];
  const engine = createSpeechEngine({
    clock,
    logger: logger.child('engine'),
    asr: {
      ...target,
      files: () =>
        own?.defaultModel !== undefined
          ? Promise.resolve({ id: target.model, files: {} })
          : filesWithCache(home, models, target.model),
    },
    runs: own
      ? { in: 'process', create: () => own.create() }
      : {
          in: 'workers',
          worker: workerEntry(),
          ...decodeThreads(availableParallelism(), workOf(target.model), false),
        },
    detectors: NO_DETECTORS,
    ...(own ? {} : { warmUp: () => readWarmUp(warmUpPath()) }),
  });
  return { engine, languages };
}
