/** `earmark daemon start|stop|status|logs`: manages the background process. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  createConnection,
  ensureDaemon,
  isAlive,
  readDaemonFile,
  type DaemonFile,
  type Requester,
} from '../../../client';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import { UploadList, type UploadInfo } from '../../../protocol/uploads';
import { DaemonHealth, DaemonShutdown, type DaemonHealthResult } from '../../../protocol/health';
import type { EngineState } from '../../../protocol/engine';
import { setStoreAside } from '../../adapters/store/encryption/encryptionMark';
import { isSameProcess } from '../../adapters/system/processStart';
import { METRICS_FILE, MetricsFile } from '../../adapters/telemetry/metricsServer';
import { tryInstanceLock } from '../../adapters/transport/instanceLock';
import { connectOptions, type Environment } from '../environment';
import { listenAddress, type ListenAddress } from '../../base/listenAddress';
import { SilentFailure, UsageError } from '../output/failure';
import { showLogs } from '../logs';
import { clockTime, megabytes, table } from '../output/output';
import { uploadText } from './uploads';

const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 50;
const WATCH_MS = 1_000;

export function daemonCommandGroup(program: Command, env: () => Environment): void {
  const daemon = program
    .command('daemon')
    .summary('manage the background process')
    .description(
      'Starts, stops and inspects the daemon. Clients start it when they need it; it ' +
        'ends when idle.',
    );
  daemon
    .command('start')
    .summary('start the daemon, or show the running one')
    .option(
      '--listen <HOST:PORT>',
      'also serve other machines; "earmark tokens create" gives a person access',
    )
    .option('--tls-cert <FILE>', 'TLS certificate (PEM) for --listen; default: self-signed')
    .option('--tls-key <FILE>', 'private key of the certificate (PEM)')
    .option(
      '--new-store',
      'set the stored sessions aside and begin without any; for a lost key file',
    )
    .action((options: ListenOptions & { newStore?: boolean }) => {
      if (options.newStore === true) startAnew(env());
      return start(env(), options);
    });
  daemon
    .command('stop')
    .summary('finish all sessions and stop the daemon')
    .action(() => stop(env()));
  daemon
    .command('status')
    .summary("show the daemon's state; exit code 1 if it is not running")
    .addOption(
      new Option('--format <F>', 'output format').choices(['text', 'json']).default('text'),
    )
    .option('--watch', 'refresh every second until Ctrl-C')
    .action((options: { format: 'text' | 'json'; watch?: boolean }) =>
      options.watch ? watch(env(), options.format) : status(env(), options.format),
    );
  daemon
    .command('logs')
    .summary("show the last lines of the daemon's log")
    .option('--follow', 'print new lines as they arrive')
    .addOption(new Option('--lines <N>', 'number of lines').argParser(lines).default(100))
    .addOption(
      new Option('--format <F>', 'output format').choices(['text', 'json']).default('text'),
    )
    .action((options: { follow?: boolean; lines: number; format: 'text' | 'json' }) =>
      showLogs(env(), { ...options, follow: options.follow ?? false }),
    );
}

interface ListenOptions {
  readonly listen?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** Moves the stored sessions into a folder of their own. @throws EarmarkError */
function startAnew(env: Environment): void {
  const lock = existsSync(env.home) ? tryInstanceLock(env.home) : undefined;
  if (!lock && existsSync(env.home))
    throw new EarmarkError(
      'daemon.startFailed',
      'The daemon is running. Stop it with "earmark daemon stop", then try again.',
    );
  try {
    const folder = setStoreAside(env.home, Date.now());
    if (folder !== undefined) env.out.write(`The stored sessions are now in ${folder}.\n`);
  } finally {
    lock?.dispose();
  }
}

async function start(env: Environment, { listen, tlsCert, tlsKey }: ListenOptions): Promise<void> {
  const asked = listen === undefined ? undefined : addressOf(listen);
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('Give --tls-cert and --tls-key together.');
  if (tlsCert !== undefined && asked === undefined)
    throw new UsageError('A certificate needs --listen; add --listen HOST:PORT.');
  const options = connectOptions(env);
  const extra = [
    ...(listen === undefined ? [] : ['--listen', listen]),
    ...(tlsCert === undefined || tlsKey === undefined
      ? []
      : ['--tls-cert', resolve(tlsCert), '--tls-key', resolve(tlsKey)]),
  ];
  const client = await ensureDaemon({
    ...options,
    daemon: { ...env.daemon, args: [...env.daemon.args, ...extra] },
  });
  const { pid } = client.daemon;
  client.dispose();
  const found = readDaemonFile(env.home)?.listen;
  if (asked && !listensAt(found?.url, asked))
    throw new EarmarkError(
      'daemon.startFailed',
      'The daemon is already running and does not listen there. Stop it with ' +
        '"earmark daemon stop", then start it again.',
    );
  env.out.write(`The daemon is running (process ${pid}).\n`);
  if (!found) return;
  env.out.write(`It listens on ${found.url}.\n`);
  if (found.fingerprint !== undefined)
    env.out.write(`Certificate fingerprint (SHA-256): ${found.fingerprint}\n`);
}

function addressOf(listen: string): ListenAddress {
  try {
    return listenAddress(listen);
  } catch (error) {
    throw new UsageError(isEarmarkError(error) ? error.message : '--listen takes HOST:PORT.');
  }
}

function listensAt(url: string | undefined, { host, port }: ListenAddress): boolean {
  if (url === undefined) return false;
  const there = new URL(url);
  return (
    there.hostname.replace(/^\[(.*)\]$/, '$1') === host &&
    (port === 0 || Number(there.port) === port)
  );
}

function lines(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > 100_000)
    throw new InvalidArgumentError('Use a whole number from 1 to 100000.');
  return n;
}

async function stop(env: Environment): Promise<void> {
  const found = readDaemonFile(env.home);
  try {
    const client = await ensureDaemon({
      ...connectOptions(env, { start: false }),
      timeoutMs: 5_000,
    });
    const closed = new Promise<void>((resolve) => client.onDidClose(() => resolve()));
    await client.request(DaemonShutdown, {}).catch((error: unknown) => {
      if (!isEarmarkError(error, 'rpc.disconnected')) throw error;
    });
    await Promise.race([closed, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    client.dispose();
  } catch (error) {
    if (!isEarmarkError(error)) throw error;
    if (!isLockHeld(env.home)) {
      env.out.write('The daemon is not running.\n');
      return;
    }
    signal(found, error);
  }
  if (found !== undefined && !(await hasEnded(found.pid)))
    throw new EarmarkError(
      'rpc.timeout',
      `The daemon (process ${found.pid}) does not stop. Stop it with "kill -9 ${found.pid}"; no ` +
        'recording is lost.',
    );
  env.out.write('The daemon has stopped.\n');
}

/**
 * A running daemon holds the lock of its state folder; the system releases it when the daemon ends.
 */
function isLockHeld(home: string): boolean {
  if (!existsSync(home)) return false;
  const lock = tryInstanceLock(home);
  lock?.dispose();
  return lock === undefined;
}

/**
 * Ends a daemon that does not answer or uses another protocol. A process id that now belongs to
 * another program receives no signal. @throws EarmarkError
 */
function signal(found: DaemonFile | undefined, reason: EarmarkError): void {
  if (found === undefined) throw reason;
  if (found.startMs === undefined || !isSameProcess(found.pid, found.startMs))
    throw new EarmarkError(
      'rpc.disconnected',
      `The daemon does not answer, and process ${found.pid} in daemon.json may be another program. ` +
        "Stop the daemon in your system's list of processes.",
    );
  process.kill(found.pid, 'SIGTERM');
}

async function hasEnded(pid: number): Promise<boolean> {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (isAlive(pid) && Date.now() < deadline) await delay(POLL_MS);
  return !isAlive(pid);
}

/** Redraws a terminal; other outputs receive one block after the other. */
async function watch(env: Environment, format: 'text' | 'json'): Promise<void> {
  const connection = createConnection(connectOptions(env, { start: false }));
  try {
    while (!env.signal.aborted) {
      await connection.whenConnected();
      const health = await connection.request(DaemonHealth, {});
      const uploads = await uploadsOf(connection);
      const text =
        format === 'json'
          ? `${JSON.stringify({ ...health, uploads })}\n`
          : `${healthText(env, health, uploads)}${liveText(health)}`;
      env.out.write(format === 'text' && process.stdout.isTTY ? `\u001b[2J\u001b[H${text}` : text);
      await delay(WATCH_MS, undefined, { signal: env.signal }).catch(() => undefined);
    }
  } finally {
    connection.dispose();
  }
}

/** Alerts, last errors and all metrics. */
function liveText({ ready, parts, alerts, lastErrors, metrics }: DaemonHealthResult): string {
  const block = (title: string, rows: readonly string[][]): string =>
    rows.length === 0 ? '' : `\n${title}\n${table(rows, [])}`;
  return [
    `\n${ready ? 'Ready' : 'Not ready'}\n`,
    block(
      'Parts',
      parts.map(({ name, state, reason }) => [name, state, reason ?? '']),
    ),
    block(
      'Alerts',
      alerts.map(({ id, at, message }) => [id, at, message]),
    ),
    block(
      'Last warnings and errors',
      lastErrors.map(({ at, level, component, event, error }) => [
        at,
        level,
        component,
        event,
        error ?? '',
      ]),
    ),
    block(
      'Metrics',
      Object.entries(metrics).map(([name, value]) => [name, String(value)]),
    ),
  ].join('');
}

async function status(env: Environment, format: 'text' | 'json'): Promise<void> {
  let health: DaemonHealthResult;
  let uploads: readonly UploadInfo[];
  try {
    const client = await ensureDaemon({
      ...connectOptions(env, { start: false }),
      timeoutMs: 5_000,
    });
    health = await client.request(DaemonHealth, {});
    uploads = await uploadsOf(client);
    client.dispose();
  } catch (error) {
    if (!isEarmarkError(error, 'rpc.disconnected')) throw error;
    env.out.write(
      format === 'json'
        ? 'null\n'
        : 'The daemon is not running. It starts when a client needs it.\n',
    );
    throw new SilentFailure();
  }
  env.out.write(
    format === 'json'
      ? `${JSON.stringify({ ...health, uploads }, null, 2)}\n`
      : healthText(env, health, uploads),
  );
}

/** Upload copies not yet confirmed by a remote daemon; a remote request returns none. */
async function uploadsOf(client: Requester): Promise<readonly UploadInfo[]> {
  try {
    return (await client.request(UploadList, {})).uploads;
  } catch (error) {
    if (isEarmarkError(error, 'rpc.forbidden') || isEarmarkError(error, 'rpc.unknownMethod'))
      return [];
    throw error;
  }
}

function healthText(
  env: Environment,
  health: DaemonHealthResult,
  uploads: readonly UploadInfo[],
): string {
  const { style } = env.out;
  const listen = readDaemonFile(env.home)?.listen;
  const page = metricsPage(env.home);
  const rows = [
    [
      'daemon',
      `${health.version}, process ${health.pid}, up ${clockTime(health.uptimeMs)}, ${megabytes(health.rssBytes)}`,
    ],
    ...(listen
      ? [
          [
            'listens on',
            `${listen.url}${listen.fingerprint === undefined ? '' : `, certificate SHA-256 ${listen.fingerprint}`}`,
          ],
        ]
      : []),
    ...(page === undefined ? [] : [['metrics', page]]),
    ['clients', String(health.clients)],
    [
      'sessions',
      health.sessions.length === 0
        ? 'none'
        : health.sessions.map((s) => `${s.id} ${s.state.toLowerCase()}`).join(', '),
    ],
    ...uploads.map((upload) => ['recording', uploadText(upload)]),
    ...health.engines.map((engine) => [
      'engine',
      `${engine.provider} ${engine.model}: ${engine.error ?? engineState(engine.state)}` +
        `${engine.rtf.mean > 0 ? `, ${Math.round(1 / engine.rtf.mean)}× faster than speech` : ''}`,
    ]),
    ...health.workers.map((w) => [
      'worker',
      `${w.name}: ${w.state}${w.rssBytes ? `, ${megabytes(w.rssBytes)}` : ''}` +
        `${w.restarts > 0 ? `, ${w.restarts} restarts` : ''}`,
    ]),
  ];
  return `${table(rows, [style.dim])}${health.problems.map((p) => `${style.yellow('!')} ${p}\n`).join('')}`;
}

/** Address of the local page, with its token after the #. */
function metricsPage(home: string): string | undefined {
  try {
    const { url, token } = MetricsFile.parse(
      JSON.parse(readFileSync(join(home, METRICS_FILE), 'utf8')),
    );
    return `${url}/#${token}`;
  } catch {
    return undefined;
  }
}

export function engineState(state: EngineState): string {
  return {
    UNINITIALIZED: 'not loaded',
    LOADING: 'loading',
    WARMING_UP: 'warming up',
    READY: 'ready',
    UNLOADING: 'unloading',
    ERROR: 'failed',
  }[state];
}
