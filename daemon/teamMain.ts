/**
 * Entry of a team's processes: `team.js worker [--provider P] [--model M] [--slots N] [--nats
 * URL]`, which logs to standard error and ends on SIGTERM when what it has in hand is done, and
 * `team.js server [--nats URL] --listen HOST:PORT …`, which is a daemon without models (main.ts).
 * NATS and PostgreSQL are loaded here and nowhere else.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { stateFolder } from '../client/local/stateFolder';
import { EarmarkError, isEarmarkError } from '../protocol/errors';
import type { SettingName, Settings } from '../protocol/settings';
import { openSettings } from './adapters/config/settingsFile';
import { openBuckets } from './adapters/nats/kvBuckets';
import { openLeases } from './adapters/nats/kvLeases';
import { openSessions, openSessionStream, SessionSubjects } from './adapters/nats/sessionStream';
import { openBus } from './adapters/nats/teamBus';
import { careForStreams } from './adapters/nats/streamCare';
import { TeamWatch } from './adapters/nats/teamWatch';
import { openTeamHome } from './adapters/postgres/teamHome';
import { openHealth } from './adapters/telemetry/healthServer';
import { createStreamLogger } from './adapters/telemetry/logger';
import { WorkerMetrics } from './adapters/telemetry/workerMetrics';
import { makePrivateFolder } from './adapters/transport/socketPath';
import type { DetectorService } from './asr/engine/speechEngine';
import { systemClock } from './base/clock';
import type { Logger } from './base/logger';
import { placeOf } from './base/placeOf';
import type { ComposeOptions, RunningDaemon } from './compose';
import { parseOptions, runDaemon } from './runDaemon';
import { Orphans, type OrphansSetup } from './team/orphans';
import { DistributedSemaphore } from './team/distributedSemaphore';
import { Presence } from './team/presence';
import { Readiness } from './telemetry/readiness';
import { gatewayEngines, shareDatabase, shareSessions } from './teamServer';
import type { TeamHome } from './team/tenants';
import { startWorker, type WorkerOptions } from './teamWorker';

const WORKER_OPTIONS = {
  home: { type: 'string' },
  nats: { type: 'string' },
  provider: { type: 'string' },
  model: { type: 'string' },
  slots: { type: 'string' },
  health: { type: 'string' },
} as const;

/** Parts that tests replace. */
export type TeamParts = Pick<WorkerOptions, 'engine'> & {
  readonly detector?: DetectorService;
  readonly daemon?: Partial<ComposeOptions>;
  readonly orphans?: Pick<OrphansSetup, 'graceMs'>;
};

/** Runs until it is told to end, then ends the process. */
export async function runTeam(argv: readonly string[], parts: TeamParts = {}): Promise<void> {
  try {
    const [role, ...args] = argv;
    if (role === 'worker') await worker(args, parts);
    else if (role === 'server') await server(args, parts);
    else
      throw new EarmarkError(
        'rpc.invalidParams',
        'This program accepts "worker" or "server" and their options; run `earmark ' +
          'worker --help`.',
      );
    process.exit();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `${isEarmarkError(error) ? reason : `An unexpected error occurred: ${reason}`}\n`,
    );
    process.exit(1);
  }
}

async function worker(args: readonly string[], parts: TeamParts): Promise<void> {
  let values: { readonly [name in keyof typeof WORKER_OPTIONS]?: string };
  try {
    ({ values } = parseArgs({ args: [...args], options: WORKER_OPTIONS }));
  } catch {
    throw new EarmarkError('rpc.invalidParams', 'Unknown argument; run `earmark worker --help`.');
  }
  const { home = stateFolder(), nats, provider = '', model = '', slots, health } = values;
  makePrivateFolder(home);
  const { current: settings } = openSettings({
    home,
    env: process.env,
    given: {
      ...(nats === undefined ? {} : { 'team.nats': nats }),
      ...(health === undefined ? {} : { 'health.address': health }),
    },
  });
  requireNats(settings, 'worker');
  const logger = createStreamLogger(process.stderr, settings['log.level'], 'worker');
  process.on('unhandledRejection', (error) =>
    logger.error('process.unhandledRejection', { error: placeOf(error) }),
  );
  const metrics = new WorkerMetrics();
  const readiness = await answerProbes(settings, logger, () => metrics.text());
  const running = await startWorker({
    home,
    settings,
    logger,
    readiness,
    metrics,
    provider,
    model,
    slots: slots === undefined ? undefined : countOf(slots),
    ...(parts.engine ? { engine: parts.engine } : {}),
  });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  await running.drain();
}

/** Runs until the daemon it is ends, which also ends the process. */
async function server(args: readonly string[], parts: TeamParts): Promise<void> {
  const [own, team] = parted(args, { '--nats': 'team.nats', '--health': 'health.address' });
  const { home, given } = parseOptions(own);
  makePrivateFolder(home);
  const { current: settings } = openSettings({
    home,
    env: process.env,
    given: { ...given, ...team },
  });
  requireNats(settings, 'server');
  if (settings['listen.address'] === '')
    throw new EarmarkError(
      'daemon.startFailed',
      'The server needs an address for its clients; give --listen HOST:PORT.',
    );
  const logger = createStreamLogger(process.stderr, settings['log.level'], 'server');
  const metrics: { text: () => Promise<string> } = { text: () => Promise.resolve('') };
  const readiness = await answerProbes(settings, logger, () => metrics.text());
  const bus = await openBus({
    servers: settings['team.nats'],
    ...(settings['team.natsToken'] === '' ? {} : { token: settings['team.natsToken'] }),
    name: 'server',
    replicas: settings['team.replicas'],
    logger: logger.child('nats'),
  });
  const name = `${hostname()}.${process.pid}.${randomBytes(3).toString('hex')}`;
  const leases = await openLeases(bus, systemClock, logger.child('leases'));
  const buckets = await openBuckets(bus, () => systemClock.wall());
  const presence = new Presence(systemClock);
  const watch = new TeamWatch(bus, presence, systemClock);
  const semaphore = new DistributedSemaphore(leases, name);
  await openSessionStream(bus);
  careForStreams(bus, systemClock, logger.child('nats'));
  const sharing = { bus, leases, name };
  const kept: Partial<ComposeOptions> =
    settings['team.database'] === ''
      ? { share: (own) => shareSessions(sharing, own) }
      : {
          team: () => databaseOf(settings, name, readiness),
          shareTenant: (own) => shareDatabase(sharing, own),
        };
  const orphans: ComposeOptions['orphans'] = (finish) =>
    new Orphans({
      clock: systemClock,
      logger: logger.child('orphans'),
      finish,
      ...parts.orphans,
      open: () => openSessions(bus),
      held: async ({ organisation, sessionId }) =>
        (await leases.holder(new SessionSubjects(organisation).lease(sessionId))) !== undefined,
    });
  readiness.need('nats', () => bus.reachable());
  const began = (daemon: RunningDaemon): void => {
    readiness.need('sessions', () => daemon.ready);
    metrics.text = () => daemon.metrics();
    readiness.started();
  };
  await runDaemon(
    own,
    {
      orphans,
      limits: { place: (kind, max) => semaphore.take(kind, max), buckets },
      engines: (context) => gatewayEngines(bus, presence, context, parts.detector),
      teamState: watch.state,
      ...kept,
      ...parts.daemon,
    },
    began,
  );
}

/**
 * From before anything else is tried until the process ends. @throws EarmarkError
 * daemon.startFailed, rpc.invalidParams
 */
async function answerProbes(
  settings: Settings,
  logger: Logger,
  metrics: () => Promise<string>,
): Promise<Readiness> {
  const readiness = new Readiness(systemClock);
  const { 'health.address': address, 'metrics.token': token } = settings;
  if (address !== '')
    await openHealth({
      address,
      readiness,
      ...(token === '' ? {} : { metrics: { token, text: metrics } }),
      logger: logger.child('health'),
    });
  return readiness;
}

/**
 * Options of a team's server, by the settings that they give, apart from those that it has in
 * common with the daemon.
 */
function parted(
  args: readonly string[],
  options: Readonly<Record<string, SettingName>>,
): [readonly string[], Partial<Record<SettingName, string>>] {
  const [rest, given]: [string[], Partial<Record<SettingName, string>>] = [[], {}];
  for (let i = 0; i < args.length; i++) {
    const [arg = '', setting] = [args[i], options[args[i] ?? '']];
    if (setting === undefined) rest.push(arg);
    else given[setting] = args[++i] ?? '';
  }
  return [rest, given];
}

/** @throws EarmarkError daemon.startFailed, store.unwritable */
async function databaseOf(
  settings: Settings,
  server: string,
  readiness: Readiness,
): Promise<TeamHome> {
  const kept = await teamHome(settings, server);
  readiness.need('database', () => kept.reachable());
  return kept;
}

/** @throws EarmarkError daemon.startFailed, store.unwritable */
function teamHome(settings: Settings, server: string): Promise<TeamHome> {
  const {
    'team.database': url,
    'team.issuer': issuer,
    'team.audience': audience,
    'team.organisationClaim': claim,
  } = settings;
  if ((issuer === '') !== (audience === ''))
    throw new EarmarkError(
      'daemon.startFailed',
      'Issuer and audience of sign-in tokens belong together; set EARMARK_ISSUER and ' +
        'EARMARK_AUDIENCE.',
    );
  return openTeamHome({
    url,
    server,
    wall: () => systemClock.wall(),
    ...(issuer === ''
      ? {}
      : { signIn: { issuer, audience, ...(claim === '' ? {} : { organisationClaim: claim }) } }),
  });
}

/** @throws EarmarkError daemon.startFailed */
function requireNats(settings: Settings, role: string): void {
  if (settings['team.nats'] === '')
    throw new EarmarkError(
      'daemon.startFailed',
      `A ${role} needs NATS; name its servers with --nats, EARMARK_NATS or the setting team.nats.`,
    );
}

/** @throws EarmarkError rpc.invalidParams */
function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 64)
    throw new EarmarkError('rpc.invalidParams', '--slots takes a whole number from 1 to 64.');
  return count;
}

if (require.main === module) void runTeam(process.argv.slice(2));
