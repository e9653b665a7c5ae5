/**
 * Sessions that write finals into one database, in this process: how long its event loop stands
 * still, and how long a write is waited for; once with the store on its thread, once in place.
 * Prints JSON. Usage: `node storeWork.js SECONDS`, as bench/store.ts bundles it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../daemon/adapters/store/openStore';
import { openStoreThread } from '../daemon/adapters/store/storeThread';
import { systemClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';
import { EventLog } from '../daemon/session/events/eventLog';
import { defaultSessionOptions } from '../daemon/session/contract/options';
import type { SessionStore } from '../daemon/session/contract/store';
import { inPlace } from '../testing/fakes/inPlaceStore';
import { percentile } from '../testing/scoring/statistics';

const SESSIONS = 50;
/** Between two writes of a session: a final, or insights, of 35 % speech. */
const EVERY_MS = 2_000;
/** Of the meter; taken off what it says. */
const RESOLUTION_MS = 1;

export interface StoreMeasurements {
  readonly what: string;
  readonly writes: number;
  readonly loopP50Ms: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly waitP50Ms: number;
  readonly waitP95Ms: number;
}

async function openSession(store: SessionStore, id: string): Promise<EventLog> {
  await store.createSession({
    id,
    kind: 'meeting',
    title: id,
    state: 'STREAMING',
    startedAt: new Date().toISOString(),
    createdMs: Date.now(),
    durationMs: 0,
    sources: [{ source: 'mic', origin: { type: 'push' } }],
    language: 'en',
    provider: 'none',
    model: 'none',
    live: true,
    partials: false,
    insights: true,
    ephemeral: false,
    keepAudio: false,
  });
  return new EventLog({
    sessionId: id,
    store,
    counts: { lastSeq: 0, lastTime: 0 },
    clock: systemClock,
    logger: silentLogger,
    options: defaultSessionOptions,
    sessionMs: () => performance.now(),
    check: () => undefined,
    onWritten: () => undefined,
    onProgress: () => undefined,
    onOutage: () => undefined,
    onFault: () => undefined,
    onOverflow: () => undefined,
  });
}

/** @returns milliseconds until it was on disk */
async function write(log: EventLog, n: number): Promise<number> {
  const begun = performance.now();
  const words = Array.from({ length: 12 }, (_, i) => ({
    text: `word${(n * 7 + i) % 997}`,
    startMs: i * 300,
    endMs: i * 300 + 250,
    confidence: 0.9,
    timing: 'model' as const,
  }));
  log.append(
    [
      {
        kind: 'final',
        segment: {
          id: `s${n}`,
          startMs: n,
          endMs: n + 3000,
          source: 'mic',
          speaker: 'You',
          text: words.map(({ text }) => text).join(' '),
          words,
          confidence: 0.9,
          revision: 0,
        },
      },
    ],
    [{ source: 'mic', finalThrough: n }],
  );
  await log.written();
  return performance.now() - begun;
}

async function measure(
  what: string,
  store: SessionStore,
  seconds: number,
  flood: boolean,
): Promise<StoreMeasurements> {
  const logs = await Promise.all(
    Array.from({ length: SESSIONS }, (_, i) => openSession(store, `${what} ${i}`)),
  );
  const flooder = flood ? await openSession(store, `${what} flood`) : undefined;
  const waits: number[] = [];
  let going = true;
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loop.enable();
  const poured = (async () => {
    for (let n = 1; going && flooder; n++) {
      await write(flooder, n);
      await new Promise(setImmediate); // In place nothing else would ever have its turn.
    }
  })();
  await Promise.all(
    logs.map(async (log) => {
      const until = performance.now() + seconds * 1000;
      for (let n = 1; performance.now() < until; n++) {
        await delay(Math.random() * 2 * EVERY_MS);
        waits.push(await write(log, n));
      }
    }),
  );
  going = false;
  await poured;
  loop.disable();
  for (const log of [...logs, ...(flooder ? [flooder] : [])]) log.dispose();
  const ms = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  return {
    what,
    writes: waits.length,
    loopP50Ms: ms(loop.percentile(50)),
    loopP99Ms: ms(loop.percentile(99)),
    loopMaxMs: ms(loop.max),
    waitP50Ms: percentile(waits, 0.5),
    waitP95Ms: percentile(waits, 0.95),
  };
}

async function main(seconds: number): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'earmark-storework-'));
  try {
    const metrics: StoreMeasurements[] = [];
    for (const [what, store] of [
      ['in place', inPlace(openStore({ file: join(home, 'a', 'earmark.db') }).store)],
      [
        'on its thread',
        (await openStoreThread({ file: join(home, 'b', 'earmark.db'), now: Date.now })).store,
      ],
    ] as const) {
      for (const flood of [false, true])
        metrics.push(
          await measure(flood ? `${what}, one session floods` : what, store, seconds, flood),
        );
      await store.close();
    }
    process.stdout.write(JSON.stringify(metrics));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

if (process.argv[2] !== undefined) void main(Number(process.argv[2]));
