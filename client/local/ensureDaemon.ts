/**
 * Connects to the daemon of a state folder (`daemon/hello`, `daemon/drain`) and starts it if none
 * runs; or connects to a remote daemon.
 */
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import { DaemonDrain } from '../../protocol/health';
import { PROTOCOL_VERSION } from '../../protocol/version';
import type { ConnectOptions, DaemonClient, Disposable } from '../api';
import { readDaemonFile } from './daemonFile';
import { WireClient } from '../daemonClient';
import { openSocket } from '../wire/handshake';
import { connectRemote } from '../remote/remote';
import { CLIENT_LIMITS, socketWire } from '../wire/socketWire';
import { startDaemon, type StartingDaemon } from './startDaemon';
import { tryStartLock } from './startLock';
import { connectCancelled } from '../errors';

const DEFAULT_TIMEOUT_MS = 15_000;
const POLL_MS = 30;
/**
 * Time limit for an older daemon to finish or hand over its sessions before a newer daemon starts.
 */
const DRAIN_MS = 10_000;

/**
 * Returns one authenticated connection, after the greeting.
 * @throws EarmarkError rpc.disconnected (none runs and none may be started), daemon.startFailed,
 * rpc.unauthorized, rpc.versionMismatch, rpc.timeout, rpc.cancelled
 */
export async function ensureDaemon(options: ConnectOptions): Promise<DaemonClient> {
  if (options.remote) return await connectRemote(options, options.remote);
  const limits: Limits = {
    deadline: Date.now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
    started: false,
  };
  let lock: Disposable | undefined;
  let starting: StartingDaemon | undefined;
  let last: EarmarkError | undefined;
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      try {
        const client = await connectOnce(options, limits);
        if (client) return client;
      } catch (error) {
        if (!isEarmarkError(error)) throw error;
        if (error.code !== 'rpc.disconnected' || !options.daemon) throw error;
        last = error;
      }
      if (starting?.failure) throw starting.failure;
      if (options.daemon && !starting) {
        lock ??= tryStartLock(options.stateDir);
        if (lock) {
          options.log?.('daemon.starting');
          starting = await startDaemon(options.daemon, options.stateDir);
          limits.started = true;
        }
      }
      if (Date.now() > limits.deadline) {
        throw new EarmarkError(
          'rpc.timeout',
          'Could not reach the Earmark daemon in time; run "earmark daemon logs" to see ' + 'why.',
          last ? { cause: last } : {},
        );
      }
      await delay(POLL_MS, undefined, options.signal ? { signal: options.signal } : {});
    }
  } catch (error) {
    if (options.signal?.aborted) throw connectCancelled();
    throw error;
  } finally {
    lock?.dispose();
  }
}

interface Limits {
  deadline: number;
  /**
   * True if this call started a daemon. A daemon that is too old was then started by this client.
   */
  started: boolean;
}

/** Returns undefined after asking an older daemon to drain. */
async function connectOnce(
  options: ConnectOptions,
  limits: Limits,
): Promise<DaemonClient | undefined> {
  const left = () => Math.max(100, limits.deadline - Date.now());
  const file = readDaemonFile(options.stateDir);
  if (!file)
    throw new EarmarkError(
      'rpc.disconnected',
      'No Earmark daemon is running; start it with "earmark daemon start".',
    );
  let socket: Socket;
  try {
    socket = await openSocket(file, Math.min(left(), 5_000), options.signal);
  } catch (error) {
    // The daemon was replaced after its file was read; the new daemon has a new token.
    if (
      isEarmarkError(error, 'rpc.unauthorized') &&
      readDaemonFile(options.stateDir)?.token !== file.token
    )
      return await connectOnce(options, limits);
    throw error;
  }
  const client = new WireClient(socketWire(socket, CLIENT_LIMITS));
  try {
    const protocol = options.protocol ?? PROTOCOL_VERSION;
    const negotiation = await client.hello(options.client, protocol, left());
    if (negotiation === 'ok') return client;
    if (!options.daemon) {
      throw new EarmarkError(
        'rpc.versionMismatch',
        `The running Earmark daemon uses protocol ${file.protocol.major}, this client ${protocol.major}. ` +
          'Stop the daemon with "earmark daemon stop" and try again.',
      );
    }
    if (limits.started) {
      throw new EarmarkError(
        'rpc.versionMismatch',
        `The installed Earmark daemon uses protocol ${file.protocol.major}, this ` +
          `client ${protocol.major}; reinstall Earmark.`,
      );
    }
    options.log?.('daemon.draining', { daemonMajor: file.protocol.major });
    limits.deadline = Math.max(limits.deadline, Date.now() + DRAIN_MS + DEFAULT_TIMEOUT_MS);
    const gone = new Promise<void>((resolve) => client.onDidClose(() => resolve()));
    await client.request(DaemonDrain, { withinMs: DRAIN_MS }, { timeoutMs: left() });
    await Promise.race([gone, delay(left(), undefined, { ref: false })]);
    client.dispose();
    return undefined;
  } catch (error) {
    client.dispose();
    throw error;
  }
}
