/**
 * Probes of an orchestrator over HTTP. `/livez`: the process answers. `/readyz`: whether it accepts
 * work, and the missing parts if not. Both need no token. `/metrics` (Prometheus) needs the metrics
 * token and is absent without one.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EarmarkError } from '../../../protocol/errors';
import { listenAddress } from '../../base/listenAddress';
import type { Logger } from '../../base/logger';
import type { Readiness } from '../../telemetry/readiness';
import { closed, digest, end, listening, plainServer } from './plainHttp';

export interface HealthServerSetup {
  /** HOST:PORT; port 0 picks a free port. */
  readonly address: string;
  readonly readiness: Readiness;
  /** Metrics in the text form of Prometheus, for requests with the token. */
  readonly metrics?: { readonly token: string; readonly text: () => Promise<string> };
  readonly logger: Logger;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws EarmarkError rpc.invalidParams, daemon.startFailed if the address is taken */
export async function openHealth({
  address,
  readiness,
  metrics,
  logger,
}: HealthServerSetup): Promise<HealthServer> {
  const server = plainServer((request, response) => {
    answer({ readiness, metrics }, request, response).catch((error: unknown) => {
      logger.warn('health.failed', { error: error instanceof Error ? error.name : 'unknown' });
      end(response, 500, 'The state could not be determined.\n');
    });
  });
  await listening(server, listenAddress(address, '--health')).catch(
    (cause: NodeJS.ErrnoException) => {
      throw cause instanceof EarmarkError
        ? cause
        : new EarmarkError(
            'daemon.startFailed',
            `Cannot answer probes at ${address} (${cause.code ?? cause.name}); choose ` +
              'another address with --health.',
            { cause },
          );
    },
  );
  const { port } = server.address() as AddressInfo;
  logger.info('health.listening', { port });
  return { port, close: () => closed(server) };
}

async function answer(
  {
    readiness,
    metrics,
  }: Pick<HealthServerSetup, 'readiness'> & { readonly metrics: HealthServerSetup['metrics'] },
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD')
    return end(response, 405, 'Only GET requests of probes are answered here.\n');
  if (url === '/livez') return end(response, 200, 'ok\n');
  if (url === '/metrics' && metrics) {
    if (!timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${metrics.token}`)))
      return end(
        response,
        401,
        'Send "Authorization: Bearer TOKEN" with the token of metrics.token.\n',
        undefined,
        { 'www-authenticate': 'Bearer' },
      );
    return end(response, 200, await metrics.text(), 'text/plain; version=0.0.4; charset=utf-8');
  }
  if (url !== '/readyz')
    return end(
      response,
      404,
      'Available: /livez, /readyz, and /metrics if metrics.token is set.\n',
    );
  const missing = await readiness.missing();
  return end(
    response,
    missing.length === 0 ? 200 : 503,
    missing.length === 0 ? 'ok\n' : `missing: ${missing.join(', ')}\n`,
  );
}
