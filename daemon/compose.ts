/** Builds the daemon from its rooms: the one file that knows every adapter. */
import { openCmuDictionary } from './adapters/dictionary/cmuDictionary';
import { Pronouncer } from './dictation/pronounce';
import { SymbolSpeller } from './dictation/respell';
import { splitWords } from './dictation/words';
import type { NameFinder } from './session/codeContext';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DAEMON_FILE } from '../client/daemonFile';
import { EarmarkError } from '../protocol/errors';
import { version } from '../package.json';
import { createCapture, type DeviceCapture, findAudiotee } from './adapters/capture/capture';
import { createDetectors, createSpeechEngine } from './adapters/inference/createSpeechEngine';
import { createSpeakerEmbedder } from './adapters/inference/createSpeakerEmbedder';
import type { WorkerEntry } from './adapters/inference/forkWorker';
import { processProviders } from './adapters/inference/processProviders';
import { readWarmUp } from './adapters/inference/warmUpPhrase';
import { machineLoad } from './adapters/system/machineLoad';
import { probeSystem } from './adapters/system/probeSystem';
import { createModelManager } from './adapters/download/createModelManager';
import { Storage } from './adapters/store/storage';
import { type FiguresServer, openFigures } from './adapters/telemetry/figuresServer';
import { createFileLogger, type LogLevel } from './adapters/telemetry/logger';
import { configuredModel } from './adapters/llm/configuredModel';
import { takeProfile } from './adapters/telemetry/profile';
import { Telemetry } from './adapters/telemetry/telemetry';
import { tryInstanceLock } from './adapters/transport/instanceLock';
import { certificateOf, ownCertificate } from './adapters/transport/certificate';
import { defaultRemoteLimits, defaultTransportLimits, type RemoteLimits, type TransportLimits } from './adapters/transport/limits';
import { openRemote, type RemoteTransport } from './adapters/transport/remoteServer';
import { openTransport } from './adapters/transport/server';
import { makePrivateFolder } from './adapters/transport/socketPath';
import { TokenFile } from './adapters/transport/tokenFile';
import { Traffic } from './adapters/transport/traffic';
import { createAnalyzerFactory } from './analysis/analyzerFactory';
import type { ModelQueue } from './analysis/model/modelQueue';
import { moonshineInfo, whisperInfo } from './asr/providerInfos';
import type { ChoiceSetup, ProviderFact } from './asr/engineChoice';
import { createEnginePool } from './asr/enginePool';
import type { MachineFacts, ManagedEngines } from './asr/enginesApi';
import { shareDetectors } from './asr/sharedDetectors';
import { type Clock, systemClock } from './base/clock';
import { type Disposable, DisposableStore } from './base/disposable';
import { isLoopback, type ListenAddress } from './base/listenAddress';
import type { Logger } from './base/logger';
import type { Models } from './models/api';
import { type Capabilities, soldGb } from './models/capabilities';
import { tierOf } from './models/tiers';
import { type EndReason, Lifecycle } from './rpc/lifecycle';
import { RpcServer } from './rpc/server';
import type { SessionManagerDeps } from './session/deps';
import type { SessionOptions } from './session/options';
import { createSessionManager } from './session/sessionManager';
import { PhraseSource } from './vad/phraseSource';

export interface ComposeOptions {
  /** State folder, absolute. */
  readonly home: string;
  readonly idleMs: number;
  readonly logLevel: LogLevel;
  /** Parts that tests replace. */
  readonly engines?: (context: { readonly clock: Clock; readonly logger: Logger; readonly models: Models }) => ManagedEngines;
  readonly models?: (context: { readonly clock: Clock; readonly logger: Logger }) => Models;
  readonly capture?: (context: { readonly clock: Clock; readonly logger: Logger }) => DeviceCapture;
  readonly phrases?: SessionManagerDeps['phrases'];
  /** `none` where scripted words have no voice. */
  readonly voices?: 'none';
  readonly sessionOptions?: Partial<SessionOptions>;
  readonly transportLimits?: Partial<TransportLimits>;
  readonly remoteLimits?: Partial<RemoteLimits>;
  /** Where to listen for other machines. Such a daemon does not end by itself. */
  readonly listen?: ListenAddress & { readonly files?: { readonly cert: string; readonly key: string } };
}

export interface RunningDaemon {
  readonly logger: Logger;
  /** Flushes every session and ends. Idempotent. */
  shutdown(): void;
  /** Resolves when all is closed and the process may end. */
  readonly ended: Promise<void>;
}

/** Recognisers that workers run. */
const WORKER_PROVIDERS: readonly ProviderFact[] = [{ info: moonshineInfo }, { info: whisperInfo }];
const VAD_MODEL = 'silero-vad';
const SPEAKER_MODEL = 'speaker-encoder-ge2e';
/** An older daemon that makes room closes its socket a little before its process ends. */
const LOCK_WAIT_MS = 12_000;
const LOCK_POLL_MS = 25;
/** More sessions than may run. */
const SESSIONS_COUNTED = 1_000;

/** @returns undefined when another daemon serves this folder */
export async function composeDaemon(options: ComposeOptions): Promise<RunningDaemon | undefined> {
  const { home } = options;
  makePrivateFolder(home);
  const lock = await waitForLock(home);
  if (!lock) return undefined;
  const open = new DisposableStore();
  open.add(lock);
  try {
    return await compose(options, open);
  } catch (error) {
    open.dispose();
    throw error;
  }
}

/** Another daemon that is on its way out is waited for; one that serves is left alone. */
async function waitForLock(home: string): Promise<Disposable | undefined> {
  for (let waited = 0; ; waited += LOCK_POLL_MS) {
    const lock = tryInstanceLock(home);
    if (lock) return lock;
    if (existsSync(join(home, DAEMON_FILE))) return undefined;
    if (waited >= LOCK_WAIT_MS) throw new EarmarkError('daemon.startFailed', 'Another Earmark daemon holds the state folder and does not answer; end it with "earmark daemon stop".');
    await delay(LOCK_POLL_MS);
  }
}

async function compose(options: ComposeOptions, open: DisposableStore): Promise<RunningDaemon> {
  const { home } = options;
  const clock = systemClock;
  const begun = clock.now();
  const logger = open.add(createFileLogger(join(home, 'logs'), options.logLevel));
  const telemetry = open.add(new Telemetry({ home, clock, logger: logger.child('telemetry') }));
  const traffic = new Traffic();
  const storage = open.add(new Storage({ home, clock, logger, onSynced: (ms) => telemetry.observe('fsync', ms), keys: { env: process.env, platform: process.platform } }));
  const { spools } = storage;
  const store = telemetry.watchStore(storage.store);
  const models = options.models?.({ clock, logger }) ?? createModelManager({ home, env: process.env, clock, logger: logger.child('models'), inUse: (id) => engines.inUse(id) || (id === VAD_MODEL && engines.list().some(({ state }) => state === 'READY')) });
  const engines: ManagedEngines = telemetry.watchEngines(open.add(options.engines?.({ clock, logger, models }) ?? createEngines({ clock, logger: logger.child('engine'), models })));
  await engines.refresh();
  const tokens = new TokenFile(join(home, 'tokens.json'), () => clock.wall());
  const llm = languageModel(clock, logger);
  const analyzers = createAnalyzerFactory({ ...(llm.queue && { model: llm.queue }) });
  const spellers = symbolSpellers();
  const capture = options.capture?.({ clock, logger }) ?? createCapture({ recordersFolder: recordersFolder(), clock, logger: logger.child('capture'), audiotee: findAudiotee((name) => require.resolve(name)) });
  const voices = options.voices === 'none' ? undefined : open.add(createSpeakerEmbedder({ worker: workerEntry(), files: () => models.files(SPEAKER_MODEL), clock, logger: logger.child('voices') }));
  const sessions = open.add(
    createSessionManager({
      store,
      spools,
      engines,
      capture,
      analyzers,
      nameFinder: nameFinder(spellers),
      ...(voices && { voices }),
      clock,
      figures: telemetry,
      logger: logger.child('session'),
      phrases: options.phrases ?? ((setup) => new PhraseSource(setup)),
      newId: () => randomBytes(9).toString('base64url').replace(/[-_]/g, '0'),
      ...(options.sessionOptions ? { options: options.sessionOptions } : {}),
    }),
  );

  let resolveEnded!: () => void;
  const ended = new Promise<void>((resolve) => (resolveEnded = resolve));
  const lifecycle: Lifecycle = open.add(
    new Lifecycle({
      sessions,
      clock,
      logger,
      idleMs: options.listen ? Infinity : options.idleMs,
      clients: () => rpc.clientCount,
      goodbye: (reason) => rpc.goodbye(reason),
      end: (reason) => {
        Promise.allSettled([transport.close(), figures?.close(), remote?.close(goodbyeOf(reason)), capture.dispose()])
          .then(() => {
            telemetry.save();
            logger.info('daemon.ended', { durationMs: Math.round(clock.now() - begun) });
            open.dispose();
            resolveEnded();
          })
          .catch((error: unknown) => {
            // Nothing is left to flush; what could not be closed ends with the process.
            logger.error('daemon.closeFailed', { error: error instanceof Error ? error.name : 'unknown' });
            resolveEnded();
          });
      },
    }),
  );
  const rpc: RpcServer = open.add(
    new RpcServer({
      sessions,
      vault: storage,
      models,
      engines,
      analyzers,
      ...(llm.queue && { languageModel: llm.queue }),
      speller: () => spellers([]),
      capture,
      devices: { list: () => capture.abilities() },
      tokens,
      clock,
      observed: { count: (...counted) => telemetry.count(...counted), observe: (...observed) => telemetry.observe(...observed), condition: () => telemetry.condition(), onDidAlert: telemetry.onDidAlert, profile: takeProfile, within: (request, work) => logger.within(request, work) },
      logger: logger.child('rpc'),
      control: {
        version,
        pid: process.pid,
        get draining() {
          return lifecycle.draining;
        },
        uptimeMs: () => clock.now() - begun,
        rssBytes: () => process.memoryUsage.rss(),
        problems: async () => [...(await problems(models, engines, storage)), ...(llm.problem === undefined ? [] : [llm.problem]), ...telemetry.condition().alerts.map(({ message }) => message)],
        drain: (withinMs) => lifecycle.drain(withinMs),
        shutdown: () => lifecycle.shutdown(),
      },
    }),
  );
  open.add(rpc.onDidChangeClients(() => lifecycle.needed()));

  telemetry.begin({
    engines, sessions: () => sessions.list({ limit: SESSIONS_COUNTED, offset: 0, active: true }),
    connections: () => rpc.clientCount,
    traffic: () => traffic.total(),
    storeProblem: () => storage.problem,
    settingProblems: () => [],
    draining: () => lifecycle.draining,
    lastErrors: () => logger.lastErrors,
  });
  const recover = (): void => {
    const recovered = sessions.recover();
    if (recovered.length > 0) logger.info('sessions.recovered', { count: recovered.length });
  };
  if (storage.locked) logger.warn('store.locked');
  else recover();
  const remote = options.listen ? await listen(options, options.listen, tokens, rpc, logger, traffic) : undefined;
  const figures = await serveFigures(home, 0, telemetry, rpc, logger.child('figures'));
  const transport = await openTransport({ stateDir: home, traffic, ...(remote ? { listen: { url: remote.url, ...(remote.fingerprint === undefined ? {} : { fingerprint: remote.fingerprint }) } } : {}), accept: rpc.accept, logger: logger.child('transport'), limits: { ...defaultTransportLimits, ...options.transportLimits } });
  logger.info('daemon.started', { version, durationMs: Math.round(clock.now() - begun) });
  void engines.preload();
  models.tidy().catch((error: unknown) => logger.warn('model.tidyFailed', { error: error instanceof EarmarkError ? error.code : 'unexpected' }));
  return { logger, shutdown: () => lifecycle.shutdown(), ended };
}

/** A wrong address is no reason not to start: the rules do without, and the problem is shown. */
function languageModel(clock: Clock, logger: Logger): { readonly queue?: ModelQueue; readonly problem?: string } {
  try {
    const queue = configuredModel(process.env, clock);
    return queue ? { queue } : {};
  } catch (error) {
    logger.warn('llm.notConfigured', { error: error instanceof EarmarkError ? error.code : 'unexpected' });
    return { problem: error instanceof EarmarkError ? error.message : 'The language model cannot be used; see the daemon\'s log.' };
  }
}

function createEngines({ clock, logger, models }: { readonly clock: Clock; readonly logger: Logger; readonly models: Models }): ManagedEngines {
  const worker = workerEntry();
  const detectors = createDetectors({ worker, clock, logger, files: () => models.files(VAD_MODEL) });
  const detectorsOf = shareDetectors(detectors);
  const inThisProcess = processProviders(process.env, clock);
  const providers = [...WORKER_PROVIDERS, ...inThisProcess];
  // Until the probes have answered this is a machine without a GPU.
  let machine: MachineFacts = factsOf({ platform: process.platform, arch: process.arch, cpu: 'unknown', cores: availableParallelism(), instructionSets: [], memoryGb: soldGb(totalmem()), unknown: ['GPU'] });
  const probed = probeSystem(clock).then((capabilities) => (machine = factsOf(capabilities)));
  const choice = (models: ChoiceSetup['models']): ChoiceSetup => ({ providers, preferred: machine.choice.targets, models });
  const look = async (): Promise<ChoiceSetup> =>
    choice((await models.list()).filter(({ kind }) => kind === 'asr').map(({ id, provider, languages, status }) => ({ id, provider, languages, installed: status.state === 'installed' })));
  return createEnginePool({
    clock,
    logger,
    look,
    choice: choice([]),
    probed,
    machine: () => machine,
    sharedWorkers: () => detectors.health(),
    load: machineLoad(clock),
    create: (target) => {
      const inProcess = inThisProcess.find(({ info }) => info.id === target.provider);
      return createSpeechEngine({
        clock,
        logger,
        asr: { ...target, files: () => (inProcess?.defaultModel !== undefined ? Promise.resolve({ id: target.model, files: {} }) : models.files(target.model)) },
        runs: inProcess ? { in: 'process', create: () => inProcess.create() } : { in: 'workers', worker, cores: availableParallelism() },
        detectors: detectorsOf(),
        // What is sent to a server may cost money; such a provider checks itself when it loads.
        ...(inProcess ? {} : { warmUp: () => readWarmUp(warmUpPath()) }),
      });
    },
  });
}

function factsOf(capabilities: Capabilities): MachineFacts {
  return { capabilities, choice: tierOf(capabilities) };
}

/** `warmUp.s16` lies beside `daemon.js`; from the sources it is the adapter's own. */
function warmUpPath(): string {
  return join(__dirname, extname(__filename) === '.ts' ? 'adapters/inference/warmUp.s16' : 'warmUp.s16');
}

/** @throws EarmarkError daemon.startFailed */
async function listen({ home, remoteLimits }: ComposeOptions, { host, port, files }: NonNullable<ComposeOptions['listen']>, tokens: TokenFile, rpc: RpcServer, logger: Logger, traffic: Traffic): Promise<RemoteTransport> {
  const certificate = files ? certificateOf(files) : isLoopback(host) ? undefined : ownCertificate(home, () => systemClock.wall());
  return await openRemote({ host, port, ...(certificate ? { certificate } : {}), tokens, traffic, accept: rpc.accept, logger: logger.child('remote'), limits: { ...defaultRemoteLimits, ...remoteLimits }, now: () => systemClock.now() });
}

/** Recording goes on where figures cannot be served. */
async function serveFigures(home: string, port: number, telemetry: Telemetry, rpc: RpcServer, logger: Logger): Promise<FiguresServer | undefined> {
  try {
    return await openFigures({ home, port, logger, text: () => telemetry.text(), health: () => rpc.health() });
  } catch (error) {
    logger.error('figures.notServed', { error: error instanceof EarmarkError ? error.message : 'unexpected' });
    return undefined;
  }
}

function goodbyeOf(reason: EndReason): EarmarkError {
  return reason === 'drain' ? new EarmarkError('rpc.draining', 'The Earmark daemon makes room for a newer one.') : new EarmarkError('rpc.disconnected', 'The Earmark daemon ends.');
}

async function problems(models: Models, engines: ManagedEngines, { problem, damage: { setAside, salvaged } }: Storage): Promise<string[]> {
  const found: string[] = [];
  for (const { id, isDefault, status } of await models.list()) {
    if (isDefault && status.state === 'absent') found.push(`The model ${id} is not installed; run "earmark models pull ${id}".`);
    if (status.state === 'broken') found.push(`The model ${id} is damaged (${status.reason}); run "earmark models pull ${id}".`);
  }
  for (const { error } of engines.list()) if (error !== undefined) found.push(error);
  if (problem !== undefined) found.push(problem);
  if (setAside !== undefined) {
    const kept = salvaged ? `${salvaged.sessions} sessions were read from it, ${salvaged.lost} entries of them are lost` : 'nothing of it could be read';
    found.push(`The database of sessions was damaged and lies now at ${setAside}: ${kept}. The sessions say from when to when.`);
  }
  return found;
}

/** `recorders/` lies beside `daemon.js`; from the sources it is the adapter's own folder. */
function recordersFolder(): string {
  return extname(__filename) === '.ts' ? join(__dirname, 'adapters/capture/recorders') : join(__dirname, 'recorders');
}

/** `worker.js` lies beside `daemon.js`; from the sources it is `worker.ts`, loaded the way this process was. */
function workerEntry(): WorkerEntry {
  if (extname(__filename) === '.ts') return { path: join(__dirname, 'worker.ts'), execArgv: process.execArgv };
  return { path: join(__dirname, 'worker.js') };
}

/** Spellers of symbols share one dictionary of sounds, which is opened with the first. */
function symbolSpellers(): (names: readonly string[]) => SymbolSpeller {
  let pronouncer: Pronouncer | undefined;
  return (names) => new SymbolSpeller(names, (pronouncer ??= new Pronouncer(openCmuDictionary())));
}

/** Finds spoken names of the code. */
function nameFinder(spellers: (names: readonly string[]) => SymbolSpeller): (names: readonly string[]) => NameFinder {
  return (names) => {
    const speller = spellers(names);
    return (text) => speller.find(splitWords(text)).map(({ name }) => name);
  };
}
