/**
 * Entry of the daemon's process: `daemon.js [--home FOLDER] [--idle-ms N] [--log-level LEVEL] [--listen HOST:PORT [--tls-cert FILE --tls-key FILE]]`.
 * Writes one sentence to stderr when it cannot start; everything else goes to the log.
 */
import { parseArgs } from 'node:util';
import { stateFolder } from '../client/stateFolder';
import { EarmarkError, isEarmarkError } from '../protocol/errors';
import { listenAddress } from './base/listenAddress';
import { composeDaemon, type ComposeOptions } from './compose';

const IDLE_MS = 10 * 60_000;

export function parseOptions(argv: readonly string[]): ComposeOptions {
  const usage = (what: string) => new EarmarkError('rpc.invalidParams', `${what}; the daemon takes --home FOLDER, --idle-ms N, --log-level debug|info|warn|error, --listen HOST:PORT, --tls-cert FILE and --tls-key FILE.`);
  let values: { home?: string; 'idle-ms'?: string; 'log-level'?: string; listen?: string; 'tls-cert'?: string; 'tls-key'?: string };
  try {
    ({ values } = parseArgs({ args: [...argv], options: { home: { type: 'string' }, 'idle-ms': { type: 'string' }, 'log-level': { type: 'string' }, listen: { type: 'string' }, 'tls-cert': { type: 'string' }, 'tls-key': { type: 'string' } } }));
  } catch {
    throw usage('An argument is not known');
  }
  const idleMs = values['idle-ms'] === undefined ? IDLE_MS : Number(values['idle-ms']);
  if (!(idleMs >= 100)) throw usage('--idle-ms is not a number of at least 100');
  const logLevel = values['log-level'] ?? 'info';
  if (logLevel !== 'debug' && logLevel !== 'info' && logLevel !== 'warn' && logLevel !== 'error') throw usage('--log-level is not known');
  const { 'tls-cert': cert, 'tls-key': key } = values;
  if ((cert === undefined) !== (key === undefined)) throw usage('--tls-cert and --tls-key belong together');
  if (values.listen === undefined && cert !== undefined) throw usage('A certificate is for --listen');
  const listen = values.listen === undefined ? undefined : { ...listenAddress(values.listen), ...(cert === undefined || key === undefined ? {} : { files: { cert, key } }) };
  return { home: values.home ?? stateFolder(), idleMs, logLevel, ...(listen ? { listen } : {}) };
}

/**
 * Runs until the daemon ends, then ends the process.
 * @param replace parts for tests (see test/fakes/)
 */
export async function runDaemon(argv: readonly string[], replace: Partial<ComposeOptions> = {}): Promise<void> {
  try {
    const daemon = await composeDaemon({ ...parseOptions(argv), ...replace });
    if (!daemon) return;
    const { logger } = daemon;
    process.on('SIGTERM', () => daemon.shutdown());
    process.on('SIGINT', () => daemon.shutdown());
    // A terminal that closes takes its daemon with it only when it asks for that.
    process.on('SIGHUP', () => undefined);
    process.on('unhandledRejection', (error) => logger.error('process.unhandledRejection', { error: placeOf(error) }));
    process.on('uncaughtException', (error) => {
      logger.error('process.uncaughtException', { error: placeOf(error) });
      process.exitCode = 1;
      // What state it is in nobody knows; sessions are flushed, and a client that needs a daemon starts a new one.
      daemon.shutdown();
    });
    await daemon.ended;
    process.exit();
  } catch (error) {
    const sentence = isEarmarkError(error) ? error.message : `An unexpected error: ${error instanceof Error ? error.message : String(error)}`;
    process.stderr.write(`${sentence}\n`);
    process.exit(1);
  }
}

/** Name and place, without the message, which may quote anything. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, 8).map((line) => line.trim())].join(' | ');
}

if (require.main === module) void runDaemon(process.argv.slice(2));
