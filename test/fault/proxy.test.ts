/**
 * A recording over a bad link to a remote daemon: through delays, cuts, half-open connections, slow
 * readers and outages of up to a minute of audio its transcript is, byte for byte, that of a clean
 * run. Keepalive and backoff run a hundred times faster than in earnest, so an outage of a minute
 * takes as long as the client needs to find and mend it.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createConnection,
  createFramePusher,
  ensureDaemon,
  readDaemonFile,
  type FramePusher,
} from '../../client';
import { composeDaemon, type RunningDaemon } from '../../daemon/compose';
import { SessionGet, SessionStop, type SessionEvent } from '../../protocol/session';
import { TokensCreate } from '../../protocol/tokens';
import { until } from '../../testing/processes/daemonProcess';
import { LinkProxy } from '../../testing/processes/linkProxy';
import { scriptedParts } from '../../testing/fakes/scripted/scriptedParts';
import { say } from '../../testing/harness/sessionHarness';
import { retried } from '../../testing/harness/retried';

/**
 * A request that the link lost; a process that stands still for a moment takes its links for dead.
 */
const AGAIN = { again: 200, pauseMs: 50 };

/** 81 s of audio for outages of up to 60 s; other recordings have no need to be that long. */
const LONG = 90;
const SHORT = 30;
const SCALE = 100;
const TIMING = {
  keepaliveMs: 5_000 / SCALE,
  deadMs: 20_000 / SCALE,
  backoffMinMs: 300 / SCALE,
  backoffMaxMs: 30_000 / SCALE,
};

type At = Readonly<Record<number, (proxy: LinkProxy, pusher: FramePusher) => void | Promise<void>>>;

describe('a recording over a bad link', function () {
  this.timeout(90_000);
  let folder: string;
  let daemon: RunningDaemon;
  let token: string;
  let clean: string;
  const scenarios: {
    readonly at: At;
    readonly words: number;
    outcome?: Promise<{ transcript: string; dropped: number }>;
  }[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'earmark-link-'));
    const running = await composeDaemon({
      home: folder,
      env: process.env,
      given: { 'daemon.idleMinutes': 1, 'log.level': 'error', 'listen.address': '127.0.0.1:0' },
      remoteLimits: { keepaliveMs: TIMING.keepaliveMs, deadMs: TIMING.deadMs },
      ...scriptedParts(),
    });
    ok(running);
    daemon = running;
    const local = await ensureDaemon({ stateDir: folder, client: { name: 'test', version: '0' } });
    ({ token } = await local.request(TokensCreate, { user: 'ann', scopes: ['record'] }));
    local.dispose();
    clean = (await record({}, LONG)).transcript;
    // Most of a recording's time is waiting: five run beside each other, each over a link of its
    // own.
    let next = 0;
    const partition = async (): Promise<void> => {
      const scenario = scenarios[next++];
      if (!scenario) return;
      scenario.outcome = record(scenario.at, scenario.words);
      await scenario.outcome.catch(() => undefined);
      await partition();
    };
    await Promise.all(Array.from({ length: 5 }, partition));
  });
  after(async () => {
    daemon.shutdown();
    await daemon.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  /** Pushes the words from 1 on, doing `at[n]` before the n-th. */
  async function record(at: At, words: number): Promise<{ transcript: string; dropped: number }> {
    const proxy = new LinkProxy({
      host: '127.0.0.1',
      port: Number(new URL(readDaemonFile(folder)?.listen?.url ?? '').port),
    });
    await proxy.listen();
    const connection = createConnection({
      stateDir: folder,
      client: { name: 'test', version: '0' },
      timeoutMs: 1_000,
      remote: { url: `ws://127.0.0.1:${proxy.port}`, token, timing: TIMING },
    });
    const events: SessionEvent[] = [];
    const key = randomUUID();
    const subscription = await retried(AGAIN, () =>
      connection.start(
        {
          kind: 'file',
          key,
          sources: [{ source: 'mic', origin: { type: 'push' } }],
          partials: false,
          insights: false,
        },
        (event) => void events.push(event),
      ),
    );
    const pusher = createFramePusher(connection, subscription, { source: 'mic' });
    try {
      for (let n = 1; n <= words; n++) {
        await at[n]?.(proxy, pusher);
        pusher.write(say(n));
        await delay(2);
      }
      await pusher.end();
      await retried(AGAIN, () =>
        connection.request(
          SessionStop,
          { sessionId: subscription.sessionId },
          { timeoutMs: 1_000 },
        ),
      );
      await until(
        () => events.some((e) => e.kind === 'state' && e.to === 'DONE'),
        'the session is done',
      );
      const { segments } = await retried(AGAIN, () =>
        connection.request(SessionGet, { sessionId: subscription.sessionId }, { timeoutMs: 2_000 }),
      );
      const durable = events.flatMap((e) => ('seq' in e ? [e.seq] : []));
      deepEqual(
        durable,
        durable.map((_, i) => i + 1),
        'every event once and in order',
      );
      const lines = segments.map(({ startMs, endMs, source, speaker, text, confidence }) =>
        JSON.stringify({ startMs, endMs, source, speaker, text, confidence }),
      );
      return { transcript: lines.join('\n'), dropped: pusher.dropped };
    } finally {
      pusher.dispose();
      subscription.dispose();
      connection.dispose();
      await proxy.close();
    }
  }

  it('hears every word over a clean link', () =>
    deepEqual(
      clean.split('\n').map((line) => (JSON.parse(line) as { text: string }).text),
      Array.from({ length: LONG }, (_, i) => `w${i + 1}`),
    ));

  function scenario(title: string, at: At, words = SHORT): void {
    const mine: (typeof scenarios)[number] = { at, words };
    scenarios.push(mine);
    it(title, async () => {
      const outcome = await mine.outcome;
      equal(outcome?.dropped, 0);
      ok(
        outcome.transcript === clean.split('\n').slice(0, words).join('\n'),
        'the transcript is that of the clean run',
      );
    });
  }
  const set = (change: Partial<LinkProxy['faults']>) => (p: LinkProxy) =>
    void Object.assign(p.faults, change);
  const cut =
    (reset = false) =>
    (p: LinkProxy) =>
      p.cut(reset);
  const outage = (
    begin: number,
    words: number,
    how: Partial<LinkProxy['faults']> = { refuse: true },
  ): At => ({
    [begin]: (p) => {
      Object.assign(p.faults, how);
      p.cut();
    },
    [begin + words]: set({ refuse: false, swallow: false }),
  });

  scenario('one cut', { 10: cut() });
  scenario('a reset', { 10: cut(true) });
  scenario(
    'ten cuts',
    Object.fromEntries(Array.from({ length: 10 }, (_, i) => [2 + i * 3, cut(i % 2 === 0)])),
  );
  scenario('a cut before the first word', { 1: cut() });
  scenario('a cut after the last word', { [SHORT]: cut() });
  scenario('a cut in the middle of a frame, again and again', {
    5: set({ cutAfterBytes: 50_000 }),
    25: set({ cutAfterBytes: 0 }),
  });
  scenario('a half-open connection', { 10: (p) => p.halfOpen() });
  scenario('three half-open connections', {
    7: (p) => p.halfOpen(),
    15: (p) => p.halfOpen(),
    23: (p) => p.halfOpen(),
  });
  scenario("a daemon whose side is closed while the client's stands", { 10: (p) => p.closeFar() });
  scenario('an outage of 5 s', outage(10, 6));
  scenario('an outage of 20 s', outage(5, 22));
  scenario('an outage of 60 s', outage(10, 67), LONG);
  scenario(
    'an outage of 60 s in which connections stand and carry nothing',
    outage(10, 67, { swallow: true }),
    LONG,
  );
  scenario('two outages of 30 s', { ...outage(5, 33), ...outage(50, 33) }, LONG);
  scenario('a delay of 50 ms each way', { 1: set({ latencyMs: 50 }) });
  scenario(
    'a delay that comes and goes',
    Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [5 * (i + 1), set({ latencyMs: (35 * (i + 1)) % 40 })]),
    ),
  );
  scenario('a slow link', { 1: set({ bytesPerSecond: 1_500_000 }) });
  scenario('a slow link that is cut', {
    1: set({ bytesPerSecond: 1_500_000 }),
    12: cut(),
    20: cut(true),
  });
  scenario('an old connection that arrives after a new one', {
    10: async (p) => {
      p.hold(150);
      await delay(20);
      p.halfOpen();
    },
    11: async (p, pusher) => {
      await until(() => pusher.bufferedMs > 0, 'sound waits');
      p.cut();
    },
  });
  scenario('a delay, a cut, a half-open connection and an outage together', {
    1: set({ latencyMs: 10 }),
    6: cut(),
    12: (p) => p.halfOpen(),
    ...outage(18, 10),
  });
});
