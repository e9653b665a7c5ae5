/**
 * Who serves a plain connection on this machine. While the daemon is down, any local user can listen
 * on its port; the token must not reach them. Linux lists the owner of every TCP socket.
 */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { EarmarkError } from '../../protocol/errors';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const ESTABLISHED = '01';
const ROOT = 0;
/** A socket has an owner once its server has accepted it. */
const ACCEPT_MS = 5_000;
const LOOK_MS = 20;

/**
 * Owners of the serving ends of a connection, from the tables of the kernel.
 * @param table text of `/proc/net/tcp`
 * @param serverPort port that was connected to
 * @param clientPort port of this end
 * @returns user ids; undefined for an end that is not accepted yet
 */
export function serversOf(
  table: string,
  serverPort: number,
  clientPort: number,
): (number | undefined)[] {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, local = '', remote = '', state]) =>
        state === ESTABLISHED &&
        local.endsWith(`:${hex(serverPort)}`) &&
        remote.endsWith(`:${hex(clientPort)}`),
    )
    .map((row) => (row[9] === '0' ? undefined : Number(row[7])));
}

/**
 * Resolves if a process of this user, or of root, serves the connection.
 * @throws EarmarkError rpc.untrusted; rpc.disconnected if no server accepts it in time
 */
export async function requireOwnServer(
  socket: Socket,
  signal: AbortSignal,
  user = process.getuid?.(),
  platform = process.platform,
): Promise<void> {
  if (platform !== 'linux' || user === undefined)
    throw new EarmarkError(
      'rpc.untrusted',
      'Earmark cannot verify here who serves a plain ws:// address. Start that daemon with TLS, ' +
        'and use wss:// with its fingerprint.',
    );
  const { remotePort = 0, localPort = 0 } = socket;
  const until = performance.now() + ACCEPT_MS;
  while (!signal.aborted && performance.now() < until) {
    const tables = await Promise.all(TABLES.map((file) => readFile(file, 'utf8').catch(() => '')));
    const owners = tables.flatMap((table) => serversOf(table, remotePort, localPort));
    const foreign = owners.find((owner) => owner !== undefined && ![user, ROOT].includes(owner));
    if (foreign !== undefined)
      throw new EarmarkError(
        'rpc.untrusted',
        `Another user of this machine (${foreign}) serves port ${remotePort}; Earmark sends it no ` +
          'token. Start your daemon, or correct the address.',
      );
    if (owners.length > 0 && !owners.includes(undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new EarmarkError(
    'rpc.disconnected',
    `The server on port ${remotePort} did not accept the connection; start the daemon there.`,
  );
}
