/**
 * Composes a gateway of a team: the daemon as it is, with the queue of phrases in place of models.
 */
import { availableParallelism, totalmem } from 'node:os';
import { EarmarkError } from '../protocol/errors';
import { createDetectors } from './adapters/inference/runtime/createSpeechEngine';
import { followHeartbeats } from './adapters/nats/heartbeats';
import { NatsProducer } from './adapters/nats/natsProducer';
import { claimedStore } from './adapters/nats/claimedStore';
import { journalled } from './adapters/nats/journal';
import { ReplicatedSpools } from './adapters/nats/replicatedSpools';
import { SessionClaims } from './adapters/nats/sessionClaims';
import { SessionSubjects } from './adapters/nats/sessionStream';
import type { TeamBus } from './adapters/nats/teamBus';
import type { DetectorService } from './asr/engine/speechEngine';
import { createEnginePool } from './asr/engine/enginePool';
import type { ManagedEngines } from './asr/contract/enginesApi';
import { DEFAULT_TARGET, RECOGNISERS } from './asr/registry';
import { shareDetectors } from './asr/engine/sharedDetectors';
import type { Clock } from './base/clock';
import { DisposableStore } from './base/disposable';
import type { Logger } from './base/logger';
import { factsOf, VAD_MODEL } from './composeEngines';
import { workerEntry } from './programFiles';
import type { Models } from './models/api';
import { soldGb } from './models/capabilities';
import type { SessionStore } from './session/contract/store';
import type { SpoolFactory } from './audio/spool';
import type { Leases } from './team/leases';
import type { FencedStore } from './team/ownership';
import type { Ownership } from './session/contract/ownership';
import { type Presence, WORKER_HEARTBEAT_MS } from './team/presence';
import { QueuedEngine } from './team/queuedEngine';
import { TeamChoice } from './team/teamChoice';

export interface GatewayContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly models: Models;
}

/** @param presence is told of workers @param detector finds speech; tests replace it */
export function gatewayEngines(
  bus: TeamBus,
  presence: Presence,
  { clock, logger, models }: GatewayContext,
  detector?: DetectorService,
): ManagedEngines {
  const open = new DisposableStore();
  open.add(followHeartbeats(bus, presence));
  // The daemon looks once before it listens: by then it knows who is there.
  const firstHeartbeatSeen = firstHeartbeat(presence, clock);
  const detectors =
    detector ??
    createDetectors({ worker: workerEntry(), clock, logger, files: () => models.files(VAD_MODEL) });
  const detectorsOf = shareDetectors(detectors);
  const choice = new TeamChoice(RECOGNISERS, DEFAULT_TARGET);
  const machine = factsOf({
    platform: process.platform,
    arch: process.arch,
    cpu: 'unknown',
    cores: availableParallelism(),
    instructionSets: [],
    memoryGb: soldGb(totalmem()),
    unknown: [],
  });
  const pool = createEnginePool({
    clock,
    logger,
    calibrator: {
      calibrate: () =>
        Promise.reject(
          new EarmarkError(
            'engine.unavailable',
            'A gateway does not decode; run "earmark doctor --calibrate" on a worker\'s ' +
              'machine.',
          ),
        ),
      dispose: () => open.dispose(),
    },
    look: async () => {
      await firstHeartbeatSeen;
      return choice.look(presence.list());
    },
    choice: choice.look([]),
    probed: Promise.resolve(),
    machine: () => machine,
    sharedWorkers: () => detectors.health(),
    load: () => ({}),
    create: (target) =>
      new QueuedEngine({
        clock,
        target,
        presence,
        detectors: detectorsOf(),
        queue: new NatsProducer({
          bus,
          clock,
          model: target.model,
          presence,
          organisationOf: (owner) => owner ?? '',
        }),
      }),
  });
  open.add(presence.onDidChange(() => void pool.refresh()));
  return pool;
}

/** Resolves when a worker told of itself, or after the time in which each that lives does. */
function firstHeartbeat(presence: Presence, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.dispose();
      listening.dispose();
      resolve();
    };
    const timer = clock.setTimeout(done, 1.5 * WORKER_HEARTBEAT_MS);
    const listening = presence.onDidChange(done);
  });
}

interface Sharing {
  readonly bus: TeamBus;
  readonly leases: Leases;
  /** Of this server. */
  readonly name: string;
}

interface StorageParts<S> {
  readonly store: S;
  readonly spools: SpoolFactory;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Shared<S> {
  readonly store: S;
  readonly spools: SpoolFactory;
  readonly ownership: Ownership;
}

/**
 * Without a database: what a server writes goes into the team's stream first, so that another one
 * can go on with its sessions.
 */
export async function shareSessions<S extends SessionStore>(
  { bus, leases, name }: Sharing,
  { store, spools, clock, logger }: StorageParts<S>,
): Promise<Shared<S>> {
  const subjects = new SessionSubjects('');
  const replicated = new ReplicatedSpools(spools, bus, clock, subjects, name);
  const claims = new SessionClaims({ bus, leases, subjects, name, logger });
  replicated.onDidLose((id) => claims.overtaken(id));
  return {
    ...(await journalled({ local: store, spools: replicated, bus, subjects, claims, logger })),
    spools: replicated,
  };
}

/**
 * An organisation's sessions in a database: their audio goes into the team's stream, and one server
 * at a time writes to each.
 */
export function shareDatabase(
  { bus, leases, name }: Sharing,
  {
    organisation,
    store,
    spools,
    clock,
    logger,
  }: StorageParts<FencedStore> & { readonly organisation: string },
): Shared<SessionStore> {
  const subjects = new SessionSubjects(organisation);
  const replicated = new ReplicatedSpools(spools, bus, clock, subjects, name, store);
  const claims = new SessionClaims({ bus, leases, subjects, name, logger });
  replicated.onDidLose((id) => claims.overtaken(id));
  return {
    ...claimedStore({ database: store, spools: replicated, claims, logger }),
    spools: replicated,
  };
}
