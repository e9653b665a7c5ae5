/** Builds the daemon from its rooms. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DAEMON_FILE } from '../client/local/daemonFile';
import { version } from '../package.json';
import { EarmarkError } from '../protocol/errors';
import { DEFAULT_SETTINGS, type SettingName, type Settings } from '../protocol/settings';
import { createCapture, type DeviceCapture, findAudiotee } from './adapters/capture/capture';
import { createMicrophoneWatcher } from './adapters/capture/microphone/watcher';
import { openSettings, watchSettings } from './adapters/config/settingsFile';
import { openCmuDictionary } from './adapters/dictionary/cmuDictionary';
import { createModelManager } from './adapters/download/createModelManager';
import type { DetectorsSetup } from './adapters/inference/runtime/createSpeechEngine';
import { tidyGraphs } from './adapters/inference/graphs/graphCache';
import { createSpeakerModels } from './adapters/inference/speakers/createSpeakerModels';
import { createTurnScorer } from './adapters/inference/runtime/createTurnScorer';
import { IdleWorker } from './adapters/inference/runtime/idleWorker';
import { ExamFile } from './adapters/llm/examFile';
import { LocalModels } from './adapters/llm/local/localModels';
import { makePrivate, PRIVATE_UMASK } from './adapters/store/encryption/privateFiles';
import { freeReserve, watchReserve } from './adapters/store/spool/reserve';
import { AnalysisThreads } from './adapters/analysis/analysisThreads';
import { AudioDump } from './adapters/store/spool/audioDump';
import { StateFolderWatch } from './adapters/store/stateFolderWatch';
import { Storage } from './adapters/store/storage';
import { freeMemory } from './adapters/system/freeMemory';
import { MetricsEndpoint } from './adapters/telemetry/metricsEndpoint';
import { createFileLogger } from './adapters/telemetry/logger';
import { takeProfile } from './adapters/telemetry/profile';
import { Telemetry } from './adapters/telemetry/telemetry';
import { certificateOf, ownCertificate } from './adapters/transport/certificate';
import { tryInstanceLock } from './adapters/transport/instanceLock';
import {
  defaultRemoteLimits,
  defaultTransportLimits,
  type RemoteLimits,
  type TransportLimits,
} from './adapters/transport/limits';
import { openRemote, type RemoteTransport } from './adapters/transport/remoteServer';
import { openTransport } from './adapters/transport/server';
import { makePrivateFolder } from './adapters/transport/socketPath';
import { TokenFile } from './adapters/transport/tokenFile';
import { Traffic } from './adapters/transport/traffic';
import { createAnalyzerFactory } from './insights/analyzerFactory';
import type { ManagedEngines } from './asr/contract/enginesApi';
import { recognisersOf } from './asr/registry';
import { type Clock, systemClock } from './base/clock';
import { type Disposable, DisposableStore, toDisposable } from './base/disposable';
import type { TokenGate } from './base/identity';
import { isLoopback, listenAddress } from './base/listenAddress';
import type { Logger } from './base/logger';
import type { AcceptPeer } from './base/peer';
import { VAD_MODEL, createEngines, graphFolder } from './composeEngines';
import { composeLanguageModels, type LanguageModels } from './composeLanguageModels';
import { type ManagerOf, type ShareTenant, tenantOf } from './composeTenant';
import type { EnvironmentText } from './config/environment';
import { audioLimitsOf, networkLimitsOf, sessionLimitsOf } from './config/limitsOf';
import { learnNames } from './dictation/learnNames';
import { Pronouncer } from './dictation/pronounce';
import { SymbolSpeller } from './dictation/respell';
import { splitWords } from './transcript/words';
import type { Models } from './models/api';
import { languageWorkerEntry, recordersFolder, workerEntry } from './programFiles';
import type { RpcDeps } from './rpc/deps';
import { type EndReason, Lifecycle } from './rpc/lifecycle';
import { OfferedModel } from './rpc/offeredModel';
import { RpcServer } from './rpc/server';
import type { NameLearner } from './session/contract/code';
import type { SessionManagerDeps } from './session/contract/deps';
import type { SessionOptions } from './session/contract/options';
import type { SpoolFactory } from './audio/spool';
import { createSessionManager } from './session/lifecycle/sessionManager';
import { BufferedSpools } from './speech/bufferedSpool';
import { EphemeralSpools, spoolsByKind } from './session/events/ephemeralSpools';
import { EphemeralStore } from './session/events/ephemeralStore';
import { bufferedStore } from './session/events/bufferedStore';
import { AudioAllowance } from './team/audioAllowance';
import { type Buckets, MemoryBuckets } from './team/buckets';
import type { Lease } from './base/lease';
import type { OrphansSetup } from './team/orphans';
import type { Ownership } from './session/contract/ownership';
import { type TeamHome, type Tenant, Tenants } from './team/tenants';
import type { TeamState } from './telemetry/teamState';
import { Uploads } from './uploads/uploads';
import { PhraseSource } from './vad/phraseSource';

/** Limits that several servers share. */
export interface SharedLimits {
  /** Takes one of `max` places of a kind (`sessions.USER`, `model`); undefined if all are taken. */
  place(kind: string, max: number): Promise<Lease | undefined>;
  /** Allowances of sent audio. */
  readonly buckets: Buckets;
}

export interface ComposeOptions {
  /** State folder, absolute. */
  readonly home: string;
  /** The process's environment, for settings. */
  readonly env: EnvironmentText;
  /** Settings of the command line; they override all others. */
  readonly given: Readonly<Record<string, unknown>>;
  /** On a server of a team: admission over the network, and the store of each organisation. */
  readonly team?: (context: {
    readonly clock: Clock;
    readonly logger: Logger;
  }) => Promise<TeamHome>;
  /** State of the team, on a server of a team. */
  readonly teamState?: () => TeamState;
  /** Parts that tests replace. */
  readonly engines?: (context: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly models: Models;
  }) => ManagedEngines;
  readonly models?: (context: { readonly clock: Clock; readonly logger: Logger }) => Models;
  readonly capture?: (context: { readonly clock: Clock; readonly logger: Logger }) => DeviceCapture;
  readonly phrases?: SessionManagerDeps['phrases'];
  readonly limits?: SharedLimits;
  /** Copies writes to where other servers find them; for a team without a database. */
  readonly share?: (kept: {
    readonly store: Storage['store'];
    readonly spools: SpoolFactory;
    readonly clock: Clock;
    readonly logger: Logger;
  }) => Promise<{
    readonly store: Storage['store'];
    readonly spools: SpoolFactory;
    readonly ownership: Ownership;
  }>;
  /** Watches for sessions without a server, and requests those that this server must finish. */
  readonly orphans?: (finish: OrphansSetup['finish']) => Disposable;
  /** Shares the sessions of an organisation through the team's database. */
  readonly shareTenant?: ShareTenant;
  /** `none` if scripted words have no voice. */
  readonly voices?: 'none';
  readonly sessionOptions?: Partial<SessionOptions>;
  readonly transportLimits?: Partial<TransportLimits>;
  readonly remoteLimits?: Partial<RemoteLimits>;
  readonly inferenceLimits?: DetectorsSetup['limits'];
}

export interface RunningDaemon {
  readonly logger: Logger;
  /** True if a session can start now. */
  readonly ready: boolean;
  /** The metrics in the text form of Prometheus. */
  metrics(): Promise<string>;
  /** Flushes every session and ends. Idempotent. */
  shutdown(): void;
  /** Resolves when everything is closed and the process may end. */
  readonly ended: Promise<void>;
}

const SENTENCE_MODEL = 'minilm-l6-v2';
const FOLDER_LOST =
  'The state folder was removed. The recording continues in memory while Earmark makes a new one.';
/** An older daemon that makes room closes its socket shortly before its process ends. */
const LOCK_WAIT_MS = 12_000;
const LOCK_POLL_MS = 25;

/** @returns undefined if another daemon serves this folder */
export async function composeDaemon(options: ComposeOptions): Promise<RunningDaemon | undefined> {
  const { home } = options;
  process.umask(PRIVATE_UMASK);
  makePrivateFolder(home);
  freeReserve(home);
  const lock = await waitForLock(home);
  if (!lock) return undefined;
  const open = new DisposableStore();
  try {
    return await compose(options, open, lock);
  } catch (error) {
    open.dispose();
    throw error;
  }
}

/** Waits for a daemon that is ending. Returns undefined if another daemon serves the folder. */
async function waitForLock(home: string): Promise<Disposable | undefined> {
  for (let waited = 0; ; waited += LOCK_POLL_MS) {
    const lock = tryInstanceLock(home);
    if (lock) return lock;
    if (existsSync(join(home, DAEMON_FILE))) return undefined;
    if (waited >= LOCK_WAIT_MS)
      throw new EarmarkError(
        'daemon.startFailed',
        'Another Earmark daemon uses the state folder and does not answer; stop it ' +
          'with "earmark daemon stop".',
      );
    await delay(LOCK_POLL_MS);
  }
}

async function compose(
  options: ComposeOptions,
  open: DisposableStore,
  lock: Disposable,
): Promise<RunningDaemon> {
  const { home } = options;
  const clock = systemClock;
  // Holds the lock until everything else is closed.
  const held: { lock: Disposable; folder?: StateFolderWatch; sentence?: string } = { lock };
  open.add(toDisposable(() => held.lock.dispose()));
  const begun = clock.now();
  makePrivate(home);
  const logger = open.add(createFileLogger(join(home, 'logs'), DEFAULT_SETTINGS['log.level']));
  const settings = open.add(
    openSettings({
      home,
      env: options.env,
      given: options.given,
      logger: logger.child('settings'),
    }),
  );
  open.add(watchSettings(home, settings));
  logger.level = settings.current['log.level'];
  const telemetry = open.add(new Telemetry({ home, clock, logger: logger.child('telemetry') }));
  open.add(watchReserve(home, clock, logger.child('disk')));
  const traffic = new Traffic();
  const storage = open.add(
    await Storage.open({
      home,
      clock,
      logger,
      onSynced: (ms) => telemetry.observe('fsync', ms),
      keys: {
        key: settings.current['encryption.key'],
        keyFile: settings.current['encryption.keyFile'],
        platform: process.platform,
      },
    }),
  );
  const dump = new AudioDump({
    home,
    logger: logger.child('dump'),
    setting: () => ({
      on: settings.current['debug.audioDump'],
      maxBytes: settings.current['debug.audioDumpMegabytes'] * 1e6,
    }),
    encrypted: () => storage.encrypted,
  });
  open.add(toDisposable(() => dump.closeAll()));
  const shared = await options.share?.({
    store: storage.store,
    spools: storage.spools,
    clock,
    logger: logger.child('team'),
  });
  const kept = shared ?? storage;
  const spools = new BufferedSpools({
    spools: dump.watch(kept.spools),
    clock,
    logger: logger.child('spool'),
  });
  const store = bufferedStore(telemetry.watchStore(kept.store));
  const ephemeral = new EphemeralStore(store);
  const inMemory = dump.watch(new EphemeralSpools(clock));
  const models: Models =
    options.models?.({ clock, logger }) ??
    createModelManager({
      home,
      settings: () => settings.current,
      clock,
      logger: logger.child('models'),
      inUse: (id) =>
        engines.inUse(id) ||
        localModels.inUse(id) ||
        (id === VAD_MODEL && engines.list().some(({ state }) => state === 'READY')),
    });
  const engines: ManagedEngines = open.add(
    options.engines?.({ clock, logger, models }) ??
      createEngines({
        home,
        clock,
        logger: logger.child('engine'),
        models,
        settings: () => settings.current,
        limits: options.inferenceLimits,
      }),
  );
  await engines.refresh();
  const tokens = new TokenFile(join(home, 'tokens.json'), () => clock.wall());
  const offeredModel = new OfferedModel();
  const exams = new ExamFile(home, logger);
  const localModels = open.add(
    new LocalModels({
      models,
      worker: languageWorkerEntry(),
      exams,
      clock,
      logger: logger.child('llm'),
    }),
  );
  const { limits } = options;
  const llmOf = (current: Settings): LanguageModels =>
    composeLanguageModels({
      settings: current,
      clock,
      logger,
      offered: offeredModel,
      exams,
      local: (id) => localModels.queue(id),
      place: limits && ((most) => limits.place('model', most)),
    });
  let llm = llmOf(settings.current);
  const real = options.voices !== 'none';
  const inWorker = (name: string) => ({
    worker: workerEntry(),
    files: (id: string) => models.files(id),
    clock,
    logger: logger.child(name),
  });
  const scorer = real ? open.add(createTurnScorer(inWorker('turns'))) : undefined;
  const analysers = { model: () => llm.queue(), ...(scorer && { scorer }) };
  const analyzers = createAnalyzerFactory(analysers);
  const metrics = new MetricsEndpoint({
    home,
    logger: logger.child('metrics'),
    text: () => telemetry.text(),
    health: () => rpc.health(),
    ready: () => telemetry.canDecode,
  });
  const settingProblems = (): string[] => [
    ...settings.problems.map(({ message }) => message),
    ...(metrics.problem === undefined ? [] : [metrics.problem]),
  ];
  const spellers = symbolSpellers();
  const capture =
    options.capture?.({ clock, logger }) ??
    createCapture({
      recordersFolder: recordersFolder(),
      clock,
      logger: logger.child('capture'),
      audiotee: findAudiotee((name) => require.resolve(name)),
    });
  const voices = real ? open.add(createSpeakerModels(inWorker('voices'))) : undefined;
  const sentences = real
    ? open.add(
        new IdleWorker({
          ...inWorker('sentences'),
          role: 'sentences',
          provider: 'minilm',
          files: () => models.files(SENTENCE_MODEL),
        }),
      )
    : undefined;
  const team = await options.team?.({ clock, logger: logger.child('team') });
  const allowance = open.add(
    new AudioAllowance({
      buckets: options.limits?.buckets ?? new MemoryBuckets(() => clock.wall()),
      clock,
      logger: logger.child('limits'),
    }),
  );
  const managerOf: ManagerOf = (kept, organisation) =>
    createSessionManager({
      ...kept,
      capture,
      analyzers:
        organisation === undefined
          ? analyzers
          : createAnalyzerFactory({ ...analysers, model: () => llm.queue()?.of(organisation) }),
      learnNames: nameLearner(clock, spellers),
      ...(options.limits && {
        place: (owner: string, max: number) =>
          options.limits?.place(
            `sessions.${organisation === '' ? '' : `${organisation}.`}${owner}`,
            max,
          ) ?? Promise.resolve(undefined),
      }),
      allowance: (owner, frames) =>
        allowance.take(audioLimitsOf(settings.current, organisation, owner), frames),
      ...(voices && { voices }),
      clock,
      metrics: telemetry,
      logger: logger.child('session'),
      phrases: options.phrases ?? ((setup) => new PhraseSource(setup)),
      newId: () => randomBytes(9).toString('base64url').replace(/[-_]/g, '0'),
      options: { ...sessionLimitsOf(settings.current), ...options.sessionOptions },
    });
  const sessions = open.add(
    managerOf(
      {
        // Another server of a team may continue a session, so a team stores ephemeral ones too.
        ...(shared
          ? { store, spools }
          : {
              store: ephemeral,
              spools: spoolsByKind(spools, inMemory, (id) => ephemeral.has(id)),
            }),
        engines,
        voiceStore: storage.store,
        ...(shared && { ownership: shared.ownership }),
        ...(sentences && {
          meanings: {
            store: storage.store,
            embedder: {
              available: () =>
                models.files(SENTENCE_MODEL).then(
                  () => true,
                  () => false,
                ),
              embed: (texts) => sentences.call('embedTexts', { texts }),
            },
          },
        }),
      },
      '',
    ),
  );

  const uploads = open.add(
    new Uploads({
      records: storage.uploads,
      spools: storage.uploadSpools,
      logger: logger.child('upload'),
      clock,
      newId: () => randomBytes(9).toString('hex'),
      roomBytes: () => settings.current['uploads.maxGigabytes'] * 1e9,
    }),
  );

  let resolveEnded!: () => void;
  const ended = new Promise<void>((resolve) => (resolveEnded = resolve));
  const everybody = (): readonly Tenant['sessions'][] => [
    sessions,
    ...(tenants?.list ?? []).map((tenant) => tenant.sessions),
  ];
  const lifecycle: Lifecycle = open.add(
    new Lifecycle({
      sessions: {
        get activeCount() {
          return everybody().reduce((sum, { activeCount }) => sum + activeCount, 0);
        },
        drain: () => everybody().forEach((one) => one.drain()),
        shutdown: async (withinMs, cause) =>
          void (await Promise.all(everybody().map((one) => one.shutdown(withinMs, cause)))),
      },
      clock,
      logger,
      idleMs: () =>
        settings.current['listen.address'] === ''
          ? settings.current['daemon.idleMinutes'] * 60_000
          : Infinity,
      clients: () => rpc.clientCount,
      goodbye: (reason) => {
        rpc.goodbye(reason);
        for (const tenant of tenants?.list ?? []) tenant.goodbye(reason);
      },
      end: (reason) => {
        Promise.allSettled([
          transport.close(),
          metrics.close(),
          remote?.close(goodbyeOf(options.share || options.shareTenant ? 'drain' : reason)),
          capture.dispose(),
        ])
          .then(async () => {
            telemetry.save();
            await storage.close();
            tenants?.dispose();
            await allowance.close();
            await team?.close();
            logger.info('daemon.ended', { durationMs: Math.round(clock.now() - begun) });
            open.dispose();
            resolveEnded();
          })
          .catch((error: unknown) => {
            // Everything is flushed; the process closes the rest.
            logger.error('daemon.closeFailed', {
              error: error instanceof Error ? error.name : 'unknown',
            });
            resolveEnded();
          });
      },
    }),
  );
  const deps: RpcDeps = {
    sessions,
    uploads,
    vault: storage,
    models,
    engines,
    analysis: open.add(new AnalysisThreads({ clock, ...analysers })),
    freeMemory,
    languageModel: () => llm.queue(),
    noteModels: {
      offeredBy: (client) => llm.offeredBy(client),
      get server() {
        return llm.server;
      },
      local: (id) => localModels.queue(id),
      exams,
    },
    offeredModel,
    settings,
    speller: spellers,
    capture,
    ...(team
      ? {}
      : { microphone: createMicrophoneWatcher({ clock, logger: logger.child('microphone') }) }),
    platform: process.platform,
    devices: { list: () => capture.abilities() },
    tokens,
    clock,
    observed: {
      count: (...counted) => telemetry.count(...counted),
      observe: (...observed) => telemetry.observe(...observed),
      condition: () => telemetry.condition(),
      onDidAlert: telemetry.onDidAlert,
      profile: takeProfile,
      within: (request, work) => logger.within(request, work),
    },
    logger: logger.child('rpc'),
    control: {
      version,
      pid: process.pid,
      get draining() {
        return lifecycle.draining;
      },
      uptimeMs: () => clock.now() - begun,
      rssBytes: () => process.memoryUsage.rss(),
      // An alert repeats the sentence of its cause; it is listed once.
      problems: async () => [
        ...new Set([
          ...(await problems(models, engines, storage)),
          ...(llm.problem === undefined ? [] : [llm.problem]),
          ...settingProblems(),
          ...[held.folder?.problem ?? held.sentence ?? []].flat(),
          ...(dump.sentence === undefined ? [] : [dump.sentence]),
          ...telemetry.condition().alerts.map(({ message }) => message),
        ]),
      ],
      drain: (withinMs) => lifecycle.drain(withinMs),
      shutdown: () => lifecycle.shutdown(),
    },
  };
  const rpc: RpcServer = open.add(new RpcServer(deps));
  const tenants =
    team &&
    new Tenants((organisation) =>
      tenantOf(organisation, {
        home,
        team,
        shareTenant: options.shareTenant,
        telemetry,
        clock,
        logger,
        engines,
        deps,
        managerOf,
        needed: () => lifecycle.needed(),
      }),
    );
  open.add(rpc.onDidChangeClients(() => lifecycle.needed()));

  telemetry.begin({
    engines,
    sessions: () => everybody().flatMap(({ running }) => running),
    connections: () =>
      rpc.clientCount +
      (tenants?.list ?? []).reduce((sum, { clientCount }) => sum + clientCount, 0),
    traffic: () => traffic.total(),
    storeProblem: () => storage.problem,
    settingProblems,
    inMemory: () =>
      store.refusal === undefined && !spools.behind
        ? undefined
        : `${store.refusal ?? 'Earmark cannot write to the disk.'} Sessions continue in memory ` +
          'until the disk works again.',
    dump: () => dump.sentence,
    draining: () => lifecycle.draining,
    ...(options.teamState && { team: options.teamState }),
    lastErrors: () => logger.lastErrors,
  });
  const recover = async (): Promise<void> => {
    const recovered = await sessions.recover();
    if (recovered.length > 0) logger.info('sessions.recovered', { count: recovered.length });
  };
  if (storage.locked) logger.warn('store.locked');
  else await recover();
  if (options.orphans)
    open.add(
      options.orphans(({ organisation, sessionId }) =>
        (organisation === '' || !tenants ? sessions : tenants.of(organisation).manager).finish(
          sessionId,
        ),
      ),
    );
  const remoteLimits = {
    ...defaultRemoteLimits,
    ...networkLimitsOf(settings.current),
    ...options.remoteLimits,
  };
  const remote = await listen(
    home,
    settings.current,
    remoteLimits,
    team?.gate ?? tokens,
    tenants?.accept ?? rpc.accept,
    logger,
    traffic,
  );
  await metrics.move(settings.current['metrics.port']);
  open.add(
    settings.onDidChange(({ to, changed }) => {
      const has = (...names: readonly SettingName[]): boolean =>
        names.some((name) => changed.has(name));
      logger.level = to['log.level'];
      for (const one of [sessions, ...(tenants?.list ?? []).map(({ manager }) => manager)])
        one.configure({ ...sessionLimitsOf(to), ...options.sessionOptions });
      Object.assign(remoteLimits, networkLimitsOf(to), options.remoteLimits);
      dump.follow();
      if (has('metrics.port')) void metrics.move(to['metrics.port']);
      if (
        has(
          'llm.endpoint',
          'llm.model',
          'llm.localModel',
          'llm.plainHttp',
          'llm.concurrency',
          'llm.timeoutSeconds',
          'llm.key',
        )
      )
        llm = llmOf(to);
      for (const id of recognisersOf((setting) => has(setting))) engines.renew(id);
    }),
  );
  const transport = await openTransport({
    stateDir: home,
    traffic,
    ...(remote
      ? {
          listen: {
            url: remote.url,
            ...(remote.fingerprint === undefined ? {} : { fingerprint: remote.fingerprint }),
          },
        }
      : {}),
    accept: rpc.accept,
    logger: logger.child('transport'),
    limits: { ...defaultTransportLimits, ...options.transportLimits },
  });
  held.lock = held.folder = new StateFolderWatch({
    home,
    clock,
    logger: logger.child('folder'),
    lock,
    hasDatabase: () => !storage.locked && !shared,
    onLost: () => {
      spools.lost();
      sessions.warn('store.degraded', FOLDER_LOST);
    },
    move: async (to) => {
      await storage.moveTo(to);
      spools.moved();
      logger.reopen();
    },
    onMoved: (sentence) => {
      held.sentence = sentence;
      sessions.warn('store.degraded', sentence);
    },
    repair: () => transport.repair(),
  });
  logger.info('daemon.started', { version, durationMs: Math.round(clock.now() - begun) });
  void engines.preload();
  models
    .tidy()
    .then(async () =>
      tidyGraphs(
        graphFolder(home),
        (await models.list()).filter(({ status }) => status.state !== 'absent').map(({ id }) => id),
      ),
    )
    .catch((error: unknown) =>
      logger.warn('model.tidyFailed', {
        error: error instanceof EarmarkError ? error.code : 'unexpected',
      }),
    );
  return {
    logger,
    get ready() {
      return telemetry.ready;
    },
    metrics: () => telemetry.text(),
    shutdown: () => lifecycle.shutdown(),
    ended,
  };
}

/**
 * @returns undefined without a setting `listen.address`
 * @throws EarmarkError daemon.startFailed, rpc.invalidParams
 */
async function listen(
  home: string,
  settings: Settings,
  limits: RemoteLimits,
  tokens: TokenGate,
  accept: AcceptPeer,
  logger: Logger,
  traffic: Traffic,
): Promise<RemoteTransport | undefined> {
  const { 'listen.address': address, 'listen.certificate': cert, 'listen.key': key } = settings;
  if (address === '') return undefined;
  const { host, port } = listenAddress(address);
  if ((cert === '') !== (key === ''))
    throw new EarmarkError('daemon.startFailed', 'Give --tls-cert and --tls-key together.');
  const certificate =
    cert !== ''
      ? certificateOf({ cert, key })
      : isLoopback(host)
        ? undefined
        : ownCertificate(home, () => systemClock.wall());
  return await openRemote({
    host,
    port,
    ...(certificate ? { certificate } : {}),
    tokens,
    traffic,
    accept,
    logger: logger.child('remote'),
    limits,
    now: () => systemClock.now(),
  });
}

function goodbyeOf(reason: EndReason): EarmarkError {
  return reason === 'drain'
    ? new EarmarkError('rpc.draining', 'The Earmark daemon is making room for a newer one.')
    : new EarmarkError('rpc.disconnected', 'The Earmark daemon is shutting down.');
}

async function problems(
  models: Models,
  engines: ManagedEngines,
  { problem, damage: { setAside, salvaged } }: Storage,
): Promise<string[]> {
  const found: string[] = [];
  for (const { id, isDefault, status } of await models.list()) {
    if (isDefault && status.state === 'absent')
      found.push(`The model ${id} is not installed; run "earmark models pull ${id}".`);
    if (status.state === 'broken')
      found.push(`The model ${id} is damaged (${status.reason}); run "earmark models pull ${id}".`);
  }
  for (const { error } of engines.list()) if (error !== undefined) found.push(error);
  if (problem !== undefined) found.push(problem);
  if (setAside !== undefined) {
    const kept = salvaged
      ? `${salvaged.sessions} sessions were read from it, ${salvaged.lost} entries of them are lost`
      : 'nothing of it could be read';
    found.push(
      `The database of sessions was damaged and is now at ${setAside}: ${kept}. The ` +
        'affected sessions list the lost time.',
    );
  }
  return found;
}

/** Spellers of symbols share one pronouncing dictionary, which the first one opens. */
function symbolSpellers(): () => SymbolSpeller {
  let pronouncer: Pronouncer | undefined;
  return () => new SymbolSpeller([], (pronouncer ??= new Pronouncer(openCmuDictionary())));
}

function nameLearner(clock: Clock, spellers: () => SymbolSpeller): NameLearner {
  return async (names, wanted) => {
    const speller = await learnNames(clock, names, spellers(), wanted);
    return {
      find: (text) => speller.find(splitWords(text)).map(({ name }) => name),
      phrases: speller.phrases,
    };
  };
}
