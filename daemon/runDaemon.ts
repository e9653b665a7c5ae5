/**
 * Runs the daemon's process: `daemon.js [--home FOLDER] [--idle-ms N] [--log-level LEVEL] [--listen
 * HOST:PORT [--tls-cert FILE --tls-key FILE]]`. Writes one sentence to stderr when it cannot start;
 * everything else goes to the log.
 */
import { parseArgs } from 'node:util';
import { stateFolder } from '../client/local/stateFolder';
import { EarmarkError, isEarmarkError } from '../protocol/errors';
import type { SettingName } from '../protocol/settings';
import { listenAddress } from './base/listenAddress';
import { placeOf } from './base/placeOf';
import { composeDaemon, type ComposeOptions, type RunningDaemon } from './compose';
import { whatIsWrong } from './config/resolveSettings';

const OPTIONS = {
  home: { type: 'string' },
  'idle-ms': { type: 'string' },
  'log-level': { type: 'string' },
  listen: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
} as const;

/** Given options override every other source of a setting. @throws EarmarkError rpc.invalidParams */
export function parseOptions(argv: readonly string[]): ComposeOptions {
  const usage = (what: string) =>
    new EarmarkError(
      'rpc.invalidParams',
      `${what}; the daemon accepts --home FOLDER, --idle-ms N, --log-level ` +
        'debug|info|warn|error, --listen HOST:PORT, --tls-cert FILE and --tls-key FILE.',
    );
  let values: { readonly [name in keyof typeof OPTIONS]?: string };
  try {
    ({ values } = parseArgs({ args: [...argv], options: OPTIONS }));
  } catch {
    throw usage('Unknown argument');
  }
  const {
    home = stateFolder(),
    'idle-ms': idleMs,
    'log-level': level,
    listen,
    'tls-cert': cert,
    'tls-key': key,
  } = values;
  const given: Partial<Record<SettingName, unknown>> = {
    ...(idleMs === undefined ? {} : { 'daemon.idleMinutes': Number(idleMs) / 60_000 }),
    ...(level === undefined ? {} : { 'log.level': level }),
    ...(listen === undefined ? {} : { 'listen.address': listen }),
    ...(cert === undefined ? {} : { 'listen.certificate': cert }),
    ...(key === undefined ? {} : { 'listen.key': key }),
  };
  const wrong = (Object.keys(given) as SettingName[]).find(
    (name) => whatIsWrong(name, given[name]) !== undefined,
  );
  if (wrong !== undefined)
    throw usage(`The value of ${ARGUMENT_OF[wrong] ?? wrong} cannot be meant`);
  if (listen !== undefined) listenAddress(listen);
  else if (cert !== undefined) throw usage('A certificate is for --listen');
  return { home, env: process.env, given };
}

const ARGUMENT_OF: Partial<Record<SettingName, string>> = {
  'daemon.idleMinutes': '--idle-ms',
  'log.level': '--log-level',
  'listen.address': '--listen',
  'listen.certificate': '--tls-cert',
  'listen.key': '--tls-key',
};

/**
 * Runs until the daemon ends, then ends the process.
 * @param replace parts for tests (see test/fakes/)
 * @param began called when the daemon serves
 */
export async function runDaemon(
  argv: readonly string[],
  replace: Partial<ComposeOptions> = {},
  began: (daemon: RunningDaemon) => void = () => undefined,
): Promise<void> {
  try {
    const daemon = await composeDaemon({ ...parseOptions(argv), ...replace });
    if (!daemon) return;
    began(daemon);
    const { logger } = daemon;
    process.on('SIGTERM', () => daemon.shutdown());
    process.on('SIGINT', () => daemon.shutdown());
    // The daemon survives the terminal that started it.
    process.on('SIGHUP', () => undefined);
    process.on('unhandledRejection', (error) =>
      logger.error('process.unhandledRejection', { error: placeOf(error) }),
    );
    process.on('uncaughtException', (error) => {
      logger.error('process.uncaughtException', { error: placeOf(error) });
      process.exitCode = 1;
      // The state is unknown. Sessions are flushed, and a client that needs a daemon starts a new
      // one.
      daemon.shutdown();
    });
    await daemon.ended;
    process.exit();
  } catch (error) {
    const sentence = isEarmarkError(error)
      ? error.message
      : `An unexpected error: ${error instanceof Error ? error.message : String(error)}`;
    process.stderr.write(`${sentence}\n`);
    process.exit(1);
  }
}
