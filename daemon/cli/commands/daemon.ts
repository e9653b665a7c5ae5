/** `earmark daemon start|stop|status|logs`: the background process itself. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  createConnection,
  ensureDaemon,
  isAlive,
  readDaemonFile,
  type Requester,
} from '../../../client';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import { UploadList, type UploadInfo } from '../../../protocol/uploads';
import { DaemonHealth, DaemonShutdown, type DaemonHealthResult } from '../../../protocol/health';
import type { EngineState } from '../../../protocol/engine';
import { METRICS_FILE, MetricsFile } from '../../adapters/telemetry/metricsServer';
import { connectOptions, type Environment } from '../environment';
import { listenAddress, type ListenAddress } from '../../base/listenAddress';
import { SilentFailure, UsageError } from '../failure';
import { showLogs } from '../logs';
import { clockTime, megabytes, table } from '../output';
import { uploadText } from './uploads';

const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 50;
const WATCH_MS = 1_000;

export function daemonCommandGroup(program: Command, env: () => Environment): void {
  const daemon = program
    .command('daemon')
    .summary('the background process')
    .description(
      'Starts, stops and looks at the daemon. Clients start it by themselves; it ends when nobody needs it.',
    );
  daemon
    .command('start')
    .summary('start it, or find it running')
    .option(
      '--listen <HOST:PORT>',
      'also serve other machines; people get in with "earmark tokens create"',
    )
    .option(
      '--tls-cert <FILE>',
      'certificate (PEM) for --listen; without one the daemon signs its own',
    )
    .option('--tls-key <FILE>', 'its key (PEM)')
    .action((options: ListenOptions) => start(env(), options));
  daemon
    .command('stop')
    .summary('finish every session and end it')
    .action(() => stop(env()));
  daemon
    .command('status')
    .summary('what it does; exit code 1 when it does not run')
    .addOption(
      new Option('--format <F>', 'what to print').choices(['text', 'json']).default('text'),
    )
    .option('--watch', 'go on, anew each second, until Ctrl-C')
    .action((options: { format: 'text' | 'json'; watch?: boolean }) =>
      options.watch ? watch(env(), options.format) : status(env(), options.format),
    );
  daemon
    .command('logs')
    .summary('the last lines of its log')
    .option('--follow', 'go on as lines come')
    .addOption(new Option('--lines <N>', 'how many').argParser(lines).default(100))
    .addOption(
      new Option('--format <F>', 'what to print').choices(['text', 'json']).default('text'),
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

async function start(env: Environment, { listen, tlsCert, tlsKey }: ListenOptions): Promise<void> {
  const asked = listen === undefined ? undefined : addressOf(listen);
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key belong together.');
  if (tlsCert !== undefined && asked === undefined)
    throw new UsageError('A certificate is for --listen; name HOST:PORT.');
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
      'The daemon runs already and does not listen there; end it with "earmark daemon stop", then start it again.',
    );
  env.out.write(`The daemon runs (process ${pid}).\n`);
  if (!found) return;
  env.out.write(`It listens at ${found.url}.\n`);
  if (found.fingerprint !== undefined)
    env.out.write(`Fingerprint of its certificate (SHA-256): ${found.fingerprint}\n`);
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
    throw new InvalidArgumentError('It must be a whole number from 1 to 100000.');
  return n;
}

async function stop(env: Environment): Promise<void> {
  const pid = readDaemonFile(env.home)?.pid;
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
    if (isEarmarkError(error, 'rpc.disconnected') && (pid === undefined || !isAlive(pid))) {
      env.out.write('The daemon does not run.\n');
      return;
    }
    // One that does not answer any more, or speaks another protocol, still hears SIGTERM. Its
    // socket is ours, so its process is.
    if (pid === undefined || !isEarmarkError(error)) throw error;
    process.kill(pid, 'SIGTERM');
  }
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (pid !== undefined && isAlive(pid) && Date.now() < deadline) await delay(POLL_MS);
  if (pid !== undefined && isAlive(pid))
    throw new EarmarkError(
      'rpc.timeout',
      `The daemon (process ${pid}) does not end; end it with "kill -9 ${pid}", nothing that was said is lost.`,
    );
  env.out.write('The daemon ended.\n');
}

/** A terminal is drawn anew; anything else gets one block after the other. */
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

/** Alerts, last errors and every figure. */
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
        : 'The daemon does not run; it starts when something needs it.\n',
    );
    throw new SilentFailure();
  }
  env.out.write(
    format === 'json'
      ? `${JSON.stringify({ ...health, uploads }, null, 2)}\n`
      : healthText(env, health, uploads),
  );
}

/**
 * Recordings that a daemon elsewhere has not confirmed; one that is asked from afar does not tell.
 */
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
            'listens at',
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
      `${engine.provider} ${engine.model}: ${engine.error ?? engineState(engine.state)}${engine.rtf.mean > 0 ? `, ${Math.round(1 / engine.rtf.mean)}× faster than speech` : ''}`,
    ]),
    ...health.workers.map((w) => [
      'worker',
      `${w.name}: ${w.state}${w.rssBytes ? `, ${megabytes(w.rssBytes)}` : ''}${w.restarts > 0 ? `, ${w.restarts} restarts` : ''}`,
    ]),
  ];
  return `${table(rows, [style.dim])}${health.problems.map((p) => `${style.yellow('!')} ${p}\n`).join('')}`;
}

/** The address of the local page, its token behind the #. */
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
