/**
 * Environment of every command: terminals, the state folder, a connection to the daemon, and the
 * user's Ctrl-C.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  createConnection,
  type Connection,
  type ConnectOptions,
  type DaemonCommand,
  type RemoteProfile,
} from '../../client';
import { UsageError } from './output/failure';
import type { Terminal } from './output/output';
import { isSignedIn, signedInToken } from './signInFile';

export interface Environment {
  readonly out: Terminal;
  readonly err: Terminal;
  readonly home: string;
  readonly version: string;
  readonly daemon: DaemonCommand;
  /** Absent: the daemon of this machine. */
  readonly remote?: RemoteProfile;
  /** Aborted by the first Ctrl-C or SIGTERM; the second ends the process at once. */
  readonly signal: AbortSignal;
}

export function connectOptions(
  env: Environment,
  options: { readonly start?: boolean; readonly window?: boolean } = {},
): ConnectOptions {
  return {
    stateDir: env.home,
    client: {
      name: 'cli',
      version: env.version,
      ...(options.window === undefined ? {} : { window: options.window }),
    },
    ...(env.remote ? { remote: env.remote } : {}),
    ...(options.start === false ? {} : { daemon: env.daemon }),
  };
}

/**
 * The remote daemon of `--remote` or `EARMARK_REMOTE`, with `EARMARK_TOKEN` or the stored sign-in.
 * `EARMARK_REMOTE_FINGERPRINT` identifies a self-signed certificate.
 * @throws UsageError
 */
export function remoteProfile(
  option: string | undefined,
  env: NodeJS.ProcessEnv,
  home: string,
): RemoteProfile | undefined {
  const url = option ?? env['EARMARK_REMOTE'];
  if (url === undefined || url.trim() === '') return undefined;
  const given = env['EARMARK_TOKEN']?.trim();
  if (!given && !isSignedIn(home))
    throw new UsageError(
      'The remote daemon needs a token. Set EARMARK_TOKEN to the one that "earmark ' +
        'tokens create" printed there, or run "earmark sign-in".',
    );
  const fingerprint = env['EARMARK_REMOTE_FINGERPRINT']?.trim();
  return {
    url: url.trim(),
    token: given ? given : () => signedInToken(home),
    ...(fingerprint ? { fingerprint } : {}),
  };
}

/** Runs `work` with a connection to the daemon, which starts if necessary. */
export async function withDaemon<T>(
  env: Environment,
  work: (connection: Connection) => Promise<T>,
  options: { readonly start?: boolean; readonly window?: boolean } = {},
): Promise<T> {
  const connection = createConnection(connectOptions(env, options));
  try {
    await connection.whenConnected();
    return await work(connection);
  } finally {
    connection.dispose();
  }
}

/**
 * `daemon.js` is beside `cli.js`; from the sources it is `daemon/main.ts`, run in the way of this
 * process.
 */
export function daemonCommand(): DaemonCommand {
  const built = join(__dirname, 'daemon.js');
  if (existsSync(built)) return { command: process.execPath, args: [built] };
  return {
    command: process.execPath,
    args: [...process.execArgv, resolve(__dirname, '../main.ts')],
  };
}
