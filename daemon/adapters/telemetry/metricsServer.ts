/**
 * Metrics over HTTP, only for this machine and with the token: `/metrics` (Prometheus),
 * `/health.json`, `/livez`, `/readyz`, and the page `/`. The token is in `metrics.json` (0600) of
 * the state folder and is valid only for metrics.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { EarmarkError } from '../../../protocol/errors';
import type { Logger } from '../../base/logger';
import { METRICS_PAGE, PAGE_POLICY } from './metricsPage';
import { closed, digest, end, listening, plainServer } from './plainHttp';

export const METRICS_FILE = 'metrics.json';

/** Schema of `metrics.json`. */
export const MetricsFile = z.object({ url: z.string(), token: z.string().regex(/^[0-9a-f]{64}$/) });
export type MetricsFile = z.infer<typeof MetricsFile>;

const HOST = '127.0.0.1';

export interface MetricsServerSetup {
  readonly home: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly logger: Logger;
  /** Returns the text form of Prometheus. */
  readonly text: () => Promise<string>;
  readonly health: () => Promise<object>;
  /** True if a phrase could be decoded now. */
  readonly ready: () => boolean;
}

export interface MetricsServer {
  readonly file: MetricsFile;
  close(): Promise<void>;
}

/** @throws EarmarkError daemon.startFailed if the port is taken */
export async function openMetrics(setup: MetricsServerSetup): Promise<MetricsServer> {
  const token = randomBytes(32).toString('hex');
  const expected = digest(`Bearer ${token}`);
  const server = plainServer((request, response) => {
    answer(setup, expected, request, response).catch((error: unknown) => {
      setup.logger.warn('metrics.failed', {
        error: error instanceof Error ? error.name : 'unknown',
      });
      end(response, 500, 'Could not read the metrics.\n');
    });
  });
  await listening(server, { host: HOST, port: setup.port }).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new EarmarkError(
        'daemon.startFailed',
        `Could not serve the metrics at port ${setup.port} (${cause.code ?? cause.name}); ` +
          'choose another "metrics.port" in config.json.',
        { cause },
      );
    },
  );
  const { port } = server.address() as AddressInfo;
  const file: MetricsFile = { url: `http://${HOST}:${port}`, token };
  const path = join(setup.home, METRICS_FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(file)}\n`, { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
  setup.logger.info('metrics.listening', { port });
  return {
    file,
    close: async () => {
      // Another daemon may have replaced the file.
      if (existsSync(path) && readFileSync(path, 'utf8').includes(token))
        rmSync(path, { force: true });
      await closed(server);
    },
  };
}

async function answer(
  { text, health, ready }: MetricsServerSetup,
  expected: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { port } = request.socket.address() as AddressInfo;
  // A web page whose own name resolves to this machine sends that name.
  if (![`${HOST}:${port}`, `localhost:${port}`].includes(request.headers.host ?? ''))
    return end(response, 403, 'Ask 127.0.0.1.\n');
  if (request.method !== 'GET')
    return end(response, 405, 'Only GET requests for metrics are answered here.\n');
  const path = request.url ?? '';
  // The page itself contains no data: it sends requests with the token after the # of its address,
  // which no request contains.
  if (path === '/')
    return end(response, 200, METRICS_PAGE, 'text/html; charset=utf-8', {
      'content-security-policy': PAGE_POLICY,
    });
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected))
    return end(
      response,
      401,
      'Send "Authorization: Bearer TOKEN" with the token of metrics.json.\n',
      undefined,
      { 'www-authenticate': 'Bearer' },
    );
  if (path === '/metrics')
    return end(response, 200, await text(), 'text/plain; version=0.0.4; charset=utf-8');
  if (path === '/livez') return end(response, 200, 'ok\n');
  if (path === '/readyz')
    return end(response, ready() ? 200 : 503, ready() ? 'ok\n' : 'not ready\n');
  if (path !== '/health.json')
    return end(response, 404, 'Available: /metrics, /health.json, /livez and /readyz.\n');
  return end(response, 200, JSON.stringify(await health()), 'application/json');
}
