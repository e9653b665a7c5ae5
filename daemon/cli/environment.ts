/** What every command gets: terminals, the state folder, a way to the daemon, and the user's Ctrl-C. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createConnection, type Connection, type ConnectOptions, type DaemonCommand } from '../../client';
import type { Terminal } from './output';

export interface Environment {
  readonly out: Terminal;
  readonly err: Terminal;
  readonly home: string;
  readonly version: string;
  readonly daemon: DaemonCommand;
  /** Aborted by the first Ctrl-C or SIGTERM; the second ends the process at once. */
  readonly signal: AbortSignal;
}

export function connectOptions(env: Environment, options: { readonly start?: boolean; readonly window?: boolean } = {}): ConnectOptions {
  return {
    stateDir: env.home,
    client: { name: 'cli', version: env.version, ...(options.window === undefined ? {} : { window: options.window }) },
    ...(options.start === false ? {} : { daemon: env.daemon }),
  };
}

/** Runs `work` with a connection to the daemon, started where there is none. */
export async function withDaemon<T>(env: Environment, work: (connection: Connection) => Promise<T>, options: { readonly start?: boolean; readonly window?: boolean } = {}): Promise<T> {
  const connection = createConnection(connectOptions(env, options));
  try {
    await connection.whenConnected();
    return await work(connection);
  } finally {
    connection.dispose();
  }
}

/** `daemon.js` lies beside `cli.js`; from the sources it is `daemon/main.ts`, run the way this process runs. */
export function daemonCommand(): DaemonCommand {
  const built = join(__dirname, 'daemon.js');
  if (existsSync(built)) return { command: process.execPath, args: [built] };
  return { command: process.execPath, args: [...process.execArgv, resolve(__dirname, '../main.ts')] };
}
