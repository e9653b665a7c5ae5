/**
 * Connects to a remote daemon: WebSocket over TLS. The token is sent only to the expected
 * certificate.
 */
import { createConnection, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type WebSocket from 'ws';
import { EarmarkError } from '../../protocol/errors';
import { ANSWER_DEAD_MS, DEAD_MS, KEEPALIVE_MS, REMOTE_PATH } from '../../protocol/remote';
import { PROTOCOL_VERSION } from '../../protocol/version';
import type { ConnectOptions, DaemonClient, RemoteProfile, RemoteTiming } from '../api';
import { WireClient } from '../daemonClient';
import { requireOwnServer } from '../local/loopbackOwner';
import { CLIENT_LIMITS } from '../wire/socketWire';
import { webSocketWire } from '../wire/webSocketWire';
import { connectCancelled } from '../errors';

const CONNECT_MS = 10_000;
const REFUSAL_MAX_BYTES = 4_096;

const DEFAULT_TIMING: RemoteTiming = {
  keepaliveMs: KEEPALIVE_MS,
  deadMs: DEAD_MS,
  answerDeadMs: ANSWER_DEAD_MS,
  backoffMinMs: 300,
  backoffMaxMs: 30_000,
};

export function timingOf(remote: RemoteProfile): RemoteTiming {
  return { ...DEFAULT_TIMING, ...remote.timing };
}

/**
 * Returns one authenticated connection, after the greeting.
 * @throws EarmarkError rpc.disconnected, rpc.untrusted, rpc.unauthorized, rpc.expired, rpc.tooMany,
 * rpc.tooFast, rpc.versionMismatch, rpc.invalidParams, rpc.cancelled
 */
export async function connectRemote(
  options: ConnectOptions,
  remote: RemoteProfile,
): Promise<DaemonClient> {
  const url = remoteUrl(remote.url);
  const token = typeof remote.token === 'string' ? remote.token : await remote.token();
  if (!token)
    throw new EarmarkError(
      'rpc.unauthorized',
      'No token is set for the remote daemon; set the one that "earmark tokens ' +
        'create" printed there.',
    );
  const deadline = Date.now() + (options.timeoutMs ?? CONNECT_MS);
  const left = () => Math.max(100, deadline - Date.now());
  const abort = new AbortController();
  const onAbort = () => abort.abort(connectCancelled());
  const timer = setTimeout(() => abort.abort(unreachable(url)), left());
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const socket = await openStream(url, remote, abort.signal);
    const ws = await upgrade(url, token, socket, abort.signal);
    const { keepaliveMs, deadMs, answerDeadMs } = timingOf(remote);
    const trip: { ms: number | undefined } = { ms: undefined };
    const client = new WireClient(
      webSocketWire(
        ws,
        { ...CLIENT_LIMITS, keepaliveMs, deadMs, answerDeadMs },
        { onRoundTrip: (ms) => (trip.ms = ms), bytesRead: () => socket.bytesRead },
      ),
      () => trip.ms,
    );
    try {
      const protocol = options.protocol ?? PROTOCOL_VERSION;
      if ((await client.hello(options.client, protocol, left())) === 'ok') return client;
      throw new EarmarkError(
        'rpc.versionMismatch',
        'The remote Earmark daemon is older than this client; update it there.',
      );
    } catch (error) {
      client.dispose();
      throw error;
    }
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** @throws EarmarkError rpc.invalidParams for an address that may not be used */
function remoteUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new EarmarkError(
      'rpc.invalidParams',
      'The address of the remote daemon is not a URL; write it as wss://host:port.',
    );
  }
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:')
    throw new EarmarkError(
      'rpc.invalidParams',
      'The address of the remote daemon must start with wss://.',
    );
  if (url.protocol === 'ws:' && !isLoopback(hostOf(url)))
    throw new EarmarkError(
      'rpc.invalidParams',
      'Earmark connects to other machines over TLS only; write the address as ' +
        'wss://host:port.',
    );
  return url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

/** Opens a stream whose peer is verified. */
async function openStream(
  url: URL,
  { fingerprint }: RemoteProfile,
  signal: AbortSignal,
): Promise<Socket> {
  const host = hostOf(url);
  const at = { host, port: Number(url.port) || (url.protocol === 'ws:' ? 80 : 443) };
  if (url.protocol === 'ws:') {
    const socket = createConnection(at);
    await opened(socket, 'connect', url, signal);
    await ownServer(socket, url, signal);
    return socket;
  }
  const pinned =
    fingerprint === undefined ? undefined : fingerprint.replaceAll(':', '').toLowerCase();
  const socket = connectTls({
    ...at,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) ? {} : { servername: host }),
    rejectUnauthorized: pinned === undefined,
  });
  await opened(socket, 'secureConnect', url, signal);
  if (pinned !== undefined && shown(socket) !== pinned) {
    socket.destroy();
    throw new EarmarkError(
      'rpc.untrusted',
      `The certificate of ${url.host} does not match the fingerprint that is set. ` +
        'Compare it with "earmark daemon status" there. Set the new fingerprint only ' +
        'if you know why it changed.',
    );
  }
  return socket;
}

/** @throws EarmarkError rpc.untrusted; rpc.disconnected if the link breaks meanwhile */
async function ownServer(socket: Socket, url: URL, signal: AbortSignal): Promise<void> {
  const broken = new AbortController();
  const onBreak = (): void => broken.abort();
  socket.on('error', onBreak).on('close', onBreak);
  try {
    await requireOwnServer(socket, AbortSignal.any([signal, broken.signal]));
    if (broken.signal.aborted) throw unreachable(url);
    socket.off('error', onBreak).off('close', onBreak);
  } catch (error) {
    socket.destroy(); // Its listener for errors stays.
    throw signal.aborted ? signal.reason : broken.signal.aborted ? unreachable(url) : error;
  }
}

function shown(socket: TLSSocket): string {
  return (socket.getPeerX509Certificate()?.fingerprint256 ?? '').replaceAll(':', '').toLowerCase();
}

async function opened<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  url: URL,
  signal: AbortSignal,
): Promise<S> {
  return await new Promise<S>((resolve, reject) => {
    const finish = (error?: EarmarkError) => {
      signal.removeEventListener('abort', onAbort);
      socket.off('close', onClose).off('error', onError).off(event, onOpen);
      if (!error) return resolve(socket);
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const onAbort = () => finish(signal.reason as EarmarkError);
    const onClose = () => finish(unreachable(url));
    const onError = (cause: NodeJS.ErrnoException) =>
      finish(isCertificateError(cause) ? untrusted(url, cause) : unreachable(url, cause));
    const onOpen = () => finish();
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('close', onClose).on('error', onError).on(event, onOpen);
  });
}

async function upgrade(
  url: URL,
  token: string,
  stream: Socket,
  signal: AbortSignal,
): Promise<WebSocket> {
  // Loaded here, because most windows use only the local daemon.
  const { default: WebSocket } = await import('ws');
  return await new Promise<WebSocket>((resolve, reject) => {
    const ws = new WebSocket(new URL(REMOTE_PATH, url), {
      headers: { authorization: `Bearer ${token}` },
      createConnection: () => stream,
      perMessageDeflate: false,
      maxPayload: CLIENT_LIMITS.readBytes,
      followRedirects: false,
    });
    const fail = (error: EarmarkError) => {
      signal.removeEventListener('abort', onAbort);
      ws.on('error', () => undefined).terminate();
      stream.destroy();
      reject(error);
    };
    const onAbort = () => fail(signal.reason as EarmarkError);
    signal.addEventListener('abort', onAbort, { once: true });
    ws.once('open', () => {
      signal.removeEventListener('abort', onAbort);
      ws.off('error', onError);
      // No message is lost: the wire listens in the same turn in which this promise resolves.
      ws.pause();
      resolve(ws);
      setImmediate(() => ws.resume());
    });
    const onError = (cause: Error) => fail(unreachable(url, cause));
    ws.on('error', onError);
    ws.once('unexpected-response', (_request, response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        if (text.length < REFUSAL_MAX_BYTES) text += part;
      });
      response.on('close', () =>
        fail(
          refusalOf(text) ??
            new EarmarkError(
              'rpc.unauthorized',
              `The server at ${url.host} is not Earmark; correct the address of the remote ` +
                'daemon.',
            ),
        ),
      );
    });
  });
}

function refusalOf(text: string): EarmarkError | undefined {
  try {
    const { message, data } = JSON.parse(text) as { message?: unknown; data?: unknown };
    return typeof message === 'string' ? EarmarkError.fromData(message, data) : undefined;
  } catch {
    return undefined;
  }
}

/** Recognises Node's error names for a chain that does not verify (OpenSSL, verify(1)). */
function isCertificateError({ code = '' }: NodeJS.ErrnoException): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER|HOSTNAME|ALTNAME/.test(code);
}

function untrusted(url: URL, cause: unknown): EarmarkError {
  return new EarmarkError(
    'rpc.untrusted',
    `This machine does not trust the certificate of ${url.host}. Set its ` +
      'fingerprint; "earmark daemon status" prints it there.',
    { cause },
  );
}

function unreachable(url: URL, cause?: unknown): EarmarkError {
  return new EarmarkError(
    'rpc.disconnected',
    `Could not reach the remote Earmark daemon at ${url.host}. Check that it is ` +
      'running and that the network allows the connection.',
    cause === undefined ? {} : { cause },
  );
}
