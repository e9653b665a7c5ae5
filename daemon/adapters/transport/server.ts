/**
 * Listens on the local socket, admits clients with the token and passes each connection to the
 * handlers. Bounds a peer's resources: time and bytes of the greeting, message length, unread
 * output, connections.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { DAEMON_FILE, type DaemonFile } from '../../../client/local/daemonFile';
import { linger, socketWire } from '../../../client/wire/socketWire';
import type { Wire } from '../../../client/wire/wire';
import { EarmarkError } from '../../../protocol/errors';
import {
  HANDSHAKE_DENIED,
  HANDSHAKE_MAX_BYTES,
  HANDSHAKE_OK,
  HANDSHAKE_PREFIX,
  PROTOCOL_VERSION,
} from '../../../protocol/version';
import { LOCAL } from '../../base/identity';
import type { Logger } from '../../base/logger';
import type { AcceptPeer } from '../../base/peer';
import { ownStartMs } from '../system/processStart';
import type { TransportLimits } from './limits';
import type { Traffic } from './traffic';
import { makePrivateFolder, socketPath } from './socketPath';
import { tooLongForMethod } from './messageLength';
import { WirePeer } from './wirePeer';

export interface TransportOptions {
  readonly stateDir: string;
  readonly accept: AcceptPeer;
  readonly logger: Logger;
  readonly limits: TransportLimits;
  readonly traffic?: Traffic;
  /** Network address of the daemon, for `daemon.json`. */
  readonly listen?: DaemonFile['listen'];
}

export interface Transport {
  readonly socket: string;
  /**
   * Writes `daemon.json` again if it was changed or deleted, and opens a deleted socket again. Call
   * only while holding the instance lock.
   */
  repair(): Promise<void>;
  /**
   * Admits no new clients, sends the queues and ends every connection. Removes the socket and
   * `daemon.json`.
   */
  close(): Promise<void>;
}

/** Call only while holding the instance lock: removes the socket of a killed daemon. */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  const { stateDir, logger, limits } = options;
  makePrivateFolder(stateDir);
  const path = socketPath(stateDir);
  const token = randomBytes(32).toString('hex');
  const expected = digest(`${HANDSHAKE_PREFIX}${token}`);
  const peers = new Set<WirePeer>();
  const unauthenticated = new Set<Socket>();
  const admit = (socket: Socket, rest: Buffer) => {
    socket.write(HANDSHAKE_OK);
    if (rest.length > 0) socket.unshift(rest);
    socket.on('error', (error: NodeJS.ErrnoException) =>
      logger.debug('transport.socketError', { error: error.code ?? error.name }),
    );
    const peer = new WirePeer(LOCAL, wireOf(socket, limits), logger, () => peers.delete(peer));
    if (peers.size >= limits.connections)
      return peer.refuse(
        'rpc.tooMany',
        'Too many programs are using the Earmark daemon; close one and try again.',
      );
    peers.add(peer);
    peer.serve(options.accept);
  };

  const greetSocket = (socket: Socket): void => {
    if (unauthenticated.size >= limits.unauthenticated) return void socket.destroy();
    unauthenticated.add(socket);
    options.traffic?.add(socket);
    greet(socket, expected, limits.handshakeMs, (outcome) => {
      unauthenticated.delete(socket);
      if (outcome.kind === 'admitted') return admit(socket, outcome.rest);
      logger.warn('transport.refused', { reason: outcome.reason });
      socket.on('error', () => undefined);
      socket.end(HANDSHAKE_DENIED);
      linger(socket);
    });
  };
  let closed = false;
  let server = createServer({ pauseOnConnect: false }, greetSocket);

  if (!path.startsWith('\\\\')) rmSync(path, { force: true });
  const content = `${JSON.stringify({
    socket: path,
    pid: process.pid,
    startMs: ownStartMs(),
    protocol: { ...PROTOCOL_VERSION },
    token,
    ...(options.listen ? { listen: options.listen } : {}),
  } satisfies DaemonFile)}\n`;
  // Written before the socket exists, so that no client sends an old token to a new daemon.
  writeDaemonFile(stateDir, content);
  try {
    await listen(server, path);
  } catch (cause) {
    rmSync(join(stateDir, DAEMON_FILE), { force: true });
    throw new EarmarkError(
      'daemon.startFailed',
      `Could not open the socket ${path}; set EARMARK_HOME to a folder on a local ` + 'disk.',
      { cause },
    );
  }
  logger.info('transport.listening');

  return {
    socket: path,
    repair: async () => {
      if (closed) return;
      if (!isWritten(stateDir, content)) writeDaemonFile(stateDir, content);
      if (!isSocket(path)) server = await reopen(server, path, greetSocket);
    },
    close: async () => {
      closed = true;
      rmSync(join(stateDir, DAEMON_FILE), { force: true });
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of unauthenticated) socket.destroy();
      for (const peer of peers) peer.close();
      await ended;
    },
  };
}

function wireOf(socket: Socket, { messageBytes, queuedBytes }: TransportLimits): Wire {
  return socketWire(socket, {
    readBytes: messageBytes,
    writeBytes: queuedBytes,
    queuedBytes,
    refusal: tooLongForMethod,
  });
}

type Outcome =
  | { readonly kind: 'admitted'; readonly rest: Buffer }
  | { readonly kind: 'refused'; readonly reason: 'token' | 'length' | 'time' | 'closed' };

/** Reads exactly one line. */
function greet(
  socket: Socket,
  expected: Buffer,
  limitMs: number,
  done: (outcome: Outcome) => void,
): void {
  let line = Buffer.alloc(0);
  const finish = (outcome: Outcome) => {
    clearTimeout(timer);
    socket.off('data', onData).off('close', onClose).off('error', onClose);
    socket.pause();
    done(outcome);
  };
  const onData = (chunk: Buffer) => {
    line = Buffer.concat([line, chunk]);
    const end = line.indexOf(0x0a);
    if (end >= HANDSHAKE_MAX_BYTES || (end < 0 && line.length >= HANDSHAKE_MAX_BYTES))
      return finish({ kind: 'refused', reason: 'length' });
    if (end < 0) return;
    // Digests have equal length, so the comparison takes constant time.
    if (!timingSafeEqual(digest(line.subarray(0, end)), expected))
      return finish({ kind: 'refused', reason: 'token' });
    finish({ kind: 'admitted', rest: line.subarray(end + 1) });
  };
  const onClose = () => finish({ kind: 'refused', reason: 'closed' });
  const timer = setTimeout(() => finish({ kind: 'refused', reason: 'time' }), limitMs);
  socket.on('data', onData).on('close', onClose).on('error', onClose);
}

function digest(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

/** Opens a deleted socket again; connections of the old server stay. */
async function reopen(
  old: Server,
  path: string,
  onSocket: (socket: Socket) => void,
): Promise<Server> {
  makePrivateFolder(dirname(path));
  rmSync(path, { force: true });
  old.close();
  const server = createServer({ pauseOnConnect: false }, onSocket);
  await listen(server, path);
  return server;
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The socket is created within this call, and its permissions are limited to its owner from the
    // start.
    const before = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

/** Written to a second file and renamed, so that clients never read an incomplete file. */
function writeDaemonFile(stateDir: string, content: string): void {
  const path = join(stateDir, DAEMON_FILE);
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, content, { mode: 0o600, flag: 'wx' });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}

/** True if the file has exactly this content and only its user may read it. */
function isWritten(stateDir: string, content: string): boolean {
  const path = join(stateDir, DAEMON_FILE);
  try {
    if (process.platform !== 'win32' && (lstatSync(path).mode & 0o777) !== 0o600) return false;
    return readFileSync(path, 'utf8') === content;
  } catch {
    return false;
  }
}

/** Pipes of Windows cannot be deleted. */
function isSocket(path: string): boolean {
  return path.startsWith('\\\\') || lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}
