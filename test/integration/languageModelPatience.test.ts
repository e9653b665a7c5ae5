/** A language model behind a local server that asks for patience: the request waits, bounded. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { configuredModel } from '../../daemon/adapters/llm/configuredModel';
import { systemClock } from '../../daemon/base/clock';
import type { ModelQueue } from '../../daemon/insights/model/modelQueue';
import { DEFAULT_SETTINGS } from '../../protocol/settings';

describe('a language model that is busy', function () {
  this.timeout(20_000);
  let server: Server;
  let queue: ModelQueue;
  /** Answers in order: a status with its Retry-After, or the last one, an answer. */
  let busy: { readonly status: number; readonly retryAfter?: string }[];
  let times: number[];

  beforeEach(async () => {
    times = [];
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        times.push(performance.now());
        const next = busy.shift();
        if (next)
          response
            .writeHead(next.status, next.retryAfter ? { 'retry-after': next.retryAfter } : {})
            .end();
        else response.end(JSON.stringify({ choices: [{ message: { content: '{}' } }] }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const made = configuredModel(
      { ...DEFAULT_SETTINGS, 'llm.endpoint': `http://127.0.0.1:${port}/v1`, 'llm.model': 'm' },
      systemClock,
    );
    ok(made);
    queue = made;
  });
  afterEach(() => void server.close());

  const ask = (): Promise<string> =>
    queue.complete([{ role: 'user', content: 'Hello' }], {}, new AbortController().signal);

  it('is asked again when its Retry-After is over', async () => {
    busy = [
      { status: 503, retryAfter: '1' },
      { status: 429, retryAfter: '1' },
    ];
    equal(await ask(), '{}');
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    ok(
      waits.every((ms) => ms >= 990),
      `waited ${waits.map(Math.round).join(', ')} ms`,
    );
    deepEqual(waits.length, 2);
  });

  it('is asked again after a growing wait when it names no time', async () => {
    busy = [{ status: 503 }];
    equal(await ask(), '{}');
    deepEqual(times.length, 2);
  });

  it('is not waited for when it asks for an hour', async () => {
    busy = [{ status: 429, retryAfter: '3600' }];
    await rejects(ask(), { code: 'engine.rateLimited' });
    deepEqual([times.length, queue.metrics.failed], [1, 1]);
  });
});
