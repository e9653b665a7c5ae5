/** A small HTTP server for metrics and probes: bounded; answers are not cached on the way. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { UnadmittedSockets } from '../transport/unadmittedSockets';

const CONNECTIONS = 64;
/** Connections without a whole request. At this bound the oldest ends, so that a new one gets in. */
const WAITING = 16;
const HEADER_BYTES = 4 * 1024;
const REQUEST_MS = 5_000;
/** Node looks for slow requests twice a minute otherwise. */
const CHECK_MS = 1_000;

export function plainServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  // Node's own limits count for later requests of a connection.
  const waiting = new UnadmittedSockets(
    { handshakeMs: REQUEST_MS, unadmitted: WAITING, unadmittedPerAddress: WAITING },
    () => undefined,
  );
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
    },
    (request, response) => {
      waiting.admit(request.socket);
      answer(request, response);
    },
  );
  server.maxConnections = CONNECTIONS;
  server.on('connection', (socket) => waiting.add(socket));
  server.on('close', () => waiting.close());
  return server;
}

export function end(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}

/** Rejects with the operating system's error. */
export async function listening(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

export async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** Digests have equal length, so the comparison takes constant time. */
export function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
