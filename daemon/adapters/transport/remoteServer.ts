/**
 * Listens for other machines: TLS, one WebSocket path, and a token check before everything else.
 * Every refusal has a close code and an error of the catalogue. A peer's resources are bounded
 * before and after admission.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { webSocketWire } from '../../../client/wire/webSocketWire';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import { closeCodeOf, REMOTE_PATH } from '../../../protocol/remote';
import {
  type AccessToken,
  type Identity,
  keepsScopes,
  type TokenCheck,
  type TokenGate,
} from '../../base/identity';
import type { Logger } from '../../base/logger';
import type { AcceptPeer } from '../../base/peer';
import { TokenBucket } from '../../base/tokenBucket';
import type { Certificate } from './certificate';
import type { RemoteLimits } from './limits';
import { UnadmittedSockets } from './unadmittedSockets';
import type { Traffic } from './traffic';
import { tooLongForMethod } from './messageLength';
import { WirePeer } from './wirePeer';

export interface RemoteOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Absent: no TLS, for this machine only. */
  readonly certificate?: Certificate;
  readonly tokens: TokenGate;
  readonly accept: AcceptPeer;
  readonly logger: Logger;
  readonly traffic?: Traffic;
  readonly limits: RemoteLimits;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export interface RemoteTransport {
  readonly url: string;
  readonly fingerprint: string | undefined;
  /** Number of admitted connections, and refusals since the start by error. */
  readonly counts: { readonly connections: number; readonly refused: ReadonlyMap<string, number> };
  close(reason?: EarmarkError): Promise<void>;
}

const TLS_HANDSHAKE_RECORD = 0x16;
const HTTP_STATUS: Readonly<Record<string, string>> = {
  'rpc.unauthorized': '401 Unauthorized',
  'rpc.expired': '401 Unauthorized',
  'rpc.forbidden': '403 Forbidden',
  'rpc.tooMany': '503 Service Unavailable',
  'rpc.tooFast': '429 Too Many Requests',
  'rpc.versionMismatch': '426 Upgrade Required',
  'store.unwritable': '503 Service Unavailable',
};

/** @throws EarmarkError daemon.startFailed */
export async function openRemote(options: RemoteOptions): Promise<RemoteTransport> {
  const remote = new RemoteServer(options);
  await remote.listen();
  return remote;
}

interface Admitted {
  readonly peer: WirePeer;
  readonly token: AccessToken;
}

class RemoteServer implements RemoteTransport {
  private readonly http: HttpServer;
  private readonly front;
  private readonly sockets: WebSocketServer;
  private readonly admitted = new Set<Admitted>();
  private readonly open = new Set<Socket>();
  private readonly unadmitted: UnadmittedSockets;
  /** Token → end of its penalty for an exceeded rate. */
  private readonly penalties = new Map<string, number>();
  private readonly refused = new Map<string, number>();

  constructor(private readonly options: RemoteOptions) {
    const { certificate, limits, tokens } = options;
    this.unadmitted = new UnadmittedSockets(limits, (reason) =>
      this.count(reason === 'time' ? 'rpc.timeout' : 'rpc.tooMany'),
    );
    this.sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: limits.messageBytes,
      clientTracking: false,
    });
    // This server does not listen, so its own time limits never run; `unadmitted` has them.
    const http = { maxHeaderSize: limits.headerBytes, keepAlive: false };
    this.http = certificate
      ? createHttpsServer({
          ...http,
          cert: certificate.cert,
          key: certificate.key,
          minVersion: 'TLSv1.2',
          ALPNProtocols: ['http/1.1'],
        })
      : createHttpServer(http);
    this.http.on('upgrade', (request, socket, head) => void this.upgrade(request, socket, head));
    this.http.on('request', (_request, response) =>
      this.refuse(
        response.socket ?? undefined,
        new EarmarkError(
          'rpc.versionMismatch',
          `Earmark serves WebSocket connections at ${REMOTE_PATH}; use an Earmark client.`,
        ),
      ),
    );
    this.http.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
      // A lost connection is no attack.
      if (!code?.startsWith('HPE_')) return void socket.destroy();
      this.refuse(
        socket,
        new EarmarkError('rpc.versionMismatch', 'The request is not HTTP; use an Earmark client.'),
      );
    });
    this.http.on('tlsClientError', (_error, socket) => {
      this.count('tls');
      socket.destroy();
    });
    this.front = createServer((socket) => this.connected(socket));
    tokens.onDidRevoke((id) => {
      for (const { peer, token } of this.admitted)
        if (token.id === id)
          peer.refuse('rpc.unauthorized', 'The token was revoked; ask for a new one.');
    });
  }

  get url(): string {
    const { port } = this.front.address() as AddressInfo;
    const { host, certificate } = this.options;
    return `${certificate ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  get fingerprint(): string | undefined {
    return this.options.certificate?.fingerprint;
  }

  get counts(): RemoteTransport['counts'] {
    return { connections: this.admitted.size, refused: this.refused };
  }

  async listen(): Promise<void> {
    const { host, port, logger } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.front.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new EarmarkError(
            'daemon.startFailed',
            `Cannot listen on ${host}:${port} (${cause.code ?? cause.name}); choose ` +
              'another port or address.',
            { cause },
          ),
        ),
      );
      this.front.listen({ host, port }, () => {
        this.front.removeAllListeners('error');
        resolve();
      });
    });
    logger.info('remote.listening', { tls: this.options.certificate !== undefined });
  }

  async close(
    reason: EarmarkError = new EarmarkError(
      'rpc.disconnected',
      'The Earmark daemon is shutting down.',
    ),
  ): Promise<void> {
    const closed = new Promise<void>((resolve) => this.front.close(() => resolve()));
    for (const { peer } of this.admitted) peer.close(reason);
    this.unadmitted.close();
    const timer = setTimeout(() => this.open.forEach((socket) => socket.destroy()), 1_000);
    await closed;
    clearTimeout(timer);
    this.sockets.close();
  }

  /**
   * Checks the first byte: plain HTTP on a TLS port gets an error, and the request is not parsed.
   */
  private connected(socket: Socket): void {
    const { certificate } = this.options;
    socket.on('error', () => undefined);
    this.open.add(socket);
    this.unadmitted.add(socket);
    this.options.traffic?.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.open.delete(socket));
    if (!certificate) return void this.http.emit('connection', socket);
    socket.once('data', (chunk: Buffer) => {
      socket.pause();
      if (chunk[0] !== TLS_HANDSHAKE_RECORD)
        return this.refuse(
          socket,
          new EarmarkError(
            'rpc.versionMismatch',
            'This daemon accepts TLS connections only; use wss://.',
          ),
        );
      socket.unshift(chunk);
      this.http.emit('connection', socket);
    });
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => undefined);
    const verdict = await this.judge(request);
    if (verdict instanceof EarmarkError) return this.refuse(socket, verdict);
    if (socket.destroyed || !this.unadmitted.admit(request.socket)) return void socket.destroy();
    this.sockets.handleUpgrade(request, socket, head, (ws) => this.admit(ws, verdict));
  }

  /** Checks the token first; before a match, only its header and the origin are read. */
  private async judge({ headers, url }: IncomingMessage): Promise<AccessToken | EarmarkError> {
    const { tokens, limits, now } = this.options;
    // Browsers send the origin with every WebSocket, and pages cannot omit it; Earmark's clients
    // never send it.
    if (headers.origin !== undefined)
      return new EarmarkError('rpc.forbidden', 'Web pages cannot use the Earmark daemon.');
    const secret = /^Bearer ([\x21-\x7e]{1,6000})$/.exec(headers.authorization ?? '')?.[1];
    if (secret === undefined)
      return new EarmarkError(
        'rpc.unauthorized',
        'The token is missing; set the one that "earmark tokens create" printed.',
        { details: { reason: 'missing' } },
      );
    const check = await tokens.check(secret).catch(whyNot);
    if (check instanceof EarmarkError) return check;
    if (check.kind !== 'ok') return tokenError(check.kind);
    const { token } = check;
    if (url !== REMOTE_PATH)
      return new EarmarkError(
        'rpc.versionMismatch',
        `Earmark serves at ${REMOTE_PATH}; update Earmark on both sides.`,
      );
    const penalty = (this.penalties.get(token.id) ?? 0) - now();
    if (penalty > 0)
      return new EarmarkError(
        'rpc.tooFast',
        'This token has reached its data limit; wait before you connect again.',
        { retryAfterMs: Math.ceil(penalty) },
      );
    const own = [...this.admitted].filter(
      (a) => a.token.user === token.user && a.token.organisation === token.organisation,
    ).length;
    if (this.admitted.size >= limits.connections || own >= limits.connectionsPerUser)
      return new EarmarkError(
        'rpc.tooMany',
        'Too many programs are using the Earmark daemon; close one and try again.',
        { retryAfterMs: 1_000 },
      );
    return token;
  }

  private admit(ws: WebSocket, token: AccessToken): void {
    const { limits, logger, tokens, accept } = this.options;
    const identity: Identity = {
      kind: 'remote',
      user: token.user,
      scopes: token.scopes,
      tokenId: token.id,
      ...(token.organisation === undefined ? {} : { organisation: token.organisation }),
    };
    const wire = webSocketWire(
      ws,
      {
        readBytes: limits.messageBytes,
        writeBytes: limits.queuedBytes,
        queuedBytes: limits.queuedBytes,
        refusal: tooLongForMethod,
        keepaliveMs: limits.keepaliveMs,
        deadMs: limits.deadMs,
      },
      {
        gate: this.rateGate(token, () => admitted.peer),
        onTick: () => {
          // While the database does not answer, a valid token stays valid.
          tokens.recheck(token).then(
            (now) => {
              if (now.kind !== 'ok') admitted.peer.close(tokenError(now.kind));
              else if (!keepsScopes(token, now.token))
                admitted.peer.refuse(
                  'rpc.forbidden',
                  'You have fewer permissions on this server than before; connect again.',
                );
            },
            () => undefined,
          );
        },
      },
    );
    const admitted: Admitted = {
      token,
      peer: new WirePeer(identity, wire, logger, () => this.admitted.delete(admitted)),
    };
    this.admitted.add(admitted);
    let greeted = false;
    admitted.peer.serve((peer) => {
      const handler = accept(peer);
      return {
        ...handler,
        request: (method, params, signal) => {
          greeted = true;
          return handler.request(method, params, signal);
        },
        closed: () => {
          clearTimeout(timer);
          handler.closed();
        },
      };
    });
    const timer = setTimeout(() => {
      if (!greeted)
        admitted.peer.refuse('rpc.timeout', 'The client sent nothing in time; connect again.');
    }, limits.handshakeMs);
  }

  /**
   * Counts input of a connection before parsing. A connection that continues after many refusals is
   * closed and its token refused for a time.
   */
  private rateGate(
    token: AccessToken,
    peer: () => WirePeer,
  ): (bytes: number) => EarmarkError | undefined {
    const { limits, now } = this.options;
    const begun = now();
    const messages = new TokenBucket(limits.messagesPerSecond, limits.messageBurst, begun);
    const bytes = new TokenBucket(limits.bytesPerSecond, limits.byteBurst, begun);
    let refusals = { since: begun, count: 0 };
    return (length) => {
      const at = now();
      const waitMs = Math.max(messages.take(1, at), bytes.take(length, at));
      if (waitMs === 0) return undefined;
      this.count('rpc.tooFast');
      if (at - refusals.since > 1_000) refusals = { since: at, count: 0 };
      if (++refusals.count > limits.refusals) {
        this.punish(token.id, at + limits.penaltyMs);
        peer().close(tooFast(limits.penaltyMs));
      }
      return tooFast(waitMs);
    };
  }

  private punish(tokenId: string, until: number): void {
    const now = this.options.now();
    for (const [id, end] of this.penalties) if (end <= now) this.penalties.delete(id);
    this.penalties.set(tokenId, until);
  }

  /** Refuses before the upgrade: an HTTP answer with the close code and the error. */
  private refuse(socket: Duplex | undefined, error: EarmarkError): void {
    this.count(error.code);
    if (!socket || socket.destroyed || !socket.writable) return;
    const body = JSON.stringify({ message: error.message, data: error.toData() });
    const retry =
      error.retryAfterMs === undefined
        ? ''
        : `Retry-After: ${Math.ceil(error.retryAfterMs / 1000)}\r\n`;
    socket.on('error', () => undefined);
    socket.end(
      `HTTP/1.1 ${HTTP_STATUS[error.code] ?? '400 Bad Request'}\r\nConnection: close\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `Earmark-Close: ${closeCodeOf(error.code)}\r\n${retry}\r\n${body}`,
    );
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), 1_000);
    socket.once('close', () => clearTimeout(timer));
  }

  private count(what: string): void {
    this.refused.set(what, (this.refused.get(what) ?? 0) + 1);
    // Logs the first of each kind, then every thousandth, so that repeated attempts do not fill the
    // log.
    const n = this.refused.get(what) ?? 0;
    if (n === 1 || n % 1_000 === 0)
      this.options.logger.warn('remote.refused', { reason: what, count: n });
  }
}

function tokenError(kind: Exclude<TokenCheck['kind'], 'ok'>): EarmarkError {
  if (kind === 'expired')
    return new EarmarkError('rpc.expired', 'The token has expired; ask for a new one.');
  const sentence =
    kind === 'revoked'
      ? 'The token was revoked; ask for a new one.'
      : 'This daemon does not know the token; set the one that "earmark tokens create" ' +
        'printed.';
  return new EarmarkError('rpc.unauthorized', sentence, { details: { reason: kind } });
}

/** A failure of the gate: an error of the catalogue, or an internal error. */
function whyNot(error: unknown): EarmarkError {
  return isEarmarkError(error)
    ? error
    : new EarmarkError(
        'internal',
        'Could not check the token. Try again, and look at the log of the server.',
      );
}

function tooFast(retryAfterMs: number): EarmarkError {
  return new EarmarkError(
    'rpc.tooFast',
    'The connection has reached its data limit; wait, then send again.',
    { retryAfterMs },
  );
}
