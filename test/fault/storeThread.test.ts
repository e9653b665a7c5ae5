/**
 * The thread of the database dies, by turns before it wrote and between commit and answer: what was
 * asked for is there once, in order, and whoever listens hears it.
 */
import { deepEqual, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openStore } from '../../daemon/adapters/store/openStore';
import { openStoreThread } from '../../daemon/adapters/store/storeThread';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { EventLog } from '../../daemon/session/events/eventLog';
import type { DurableEvent, SessionRecord } from '../../daemon/session/contract/events';
import { bufferedStore } from '../../daemon/session/events/bufferedStore';

const EVENTS = 30;
const SESSIONS = ['a', 'b', 'c', 'd'];
const warning = (
  message: string,
): { readonly kind: 'warning'; readonly code: 'source.gap'; readonly message: string } => ({
  kind: 'warning',
  code: 'source.gap',
  message,
});
const record = (id: string): SessionRecord => ({
  id,
  kind: 'meeting',
  title: id,
  state: 'IDLE',
  startedAt: '2026-01-05T09:00:00+00:00',
  createdMs: 1,
  durationMs: 0,
  sources: [],
  language: 'en',
  provider: 'p',
  model: 'm',
  live: true,
  partials: true,
  insights: true,
  ephemeral: false,
  keepAudio: false,
});

describe('the thread of the database dies', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'earmark-thread-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  const open = async () => {
    const lives = new Int32Array(new SharedArrayBuffer(8));
    const seen = { lost: 0, reopened: 0 };
    const { store } = await openStoreThread({
      ...{ lives },
      file: join(folder, 'earmark.db'),
      now: Date.now,
      onLost: () => seen.lost++,
      onReopened: () => seen.reopened++,
      entry: {
        path: resolve(__dirname, '../../testing/fakes/dyingStoreThread.ts'),
        execArgv: ['--require', require.resolve('tsx/cjs')],
      },
    });
    return { store, seen, dieEvery: (n: number) => void Atomics.store(lives, 1, n) };
  };

  it('and nothing is lost or doubled', async () => {
    const { store: thread, seen, dieEvery } = await open();
    const store = bufferedStore(thread);
    dieEvery(5);
    const logs = await Promise.all(
      SESSIONS.map(async (sessionId) => {
        await store.createSession(record(sessionId));
        const received: DurableEvent[] = [];
        const log = new EventLog({
          sessionId,
          store,
          counts: { lastSeq: 0, lastTime: 0 },
          clock: systemClock,
          logger: silentLogger,
          options: { maxPendingEvents: 1_000, storeRetryMs: 20 },
          sessionMs: () => 1,
          check: () => undefined,
          onWritten: () => undefined,
          onProgress: () => undefined,
          onOutage: () => undefined,
          onFault: (error) => {
            throw error;
          },
          onOverflow: () => undefined,
        });
        log.attach(
          0,
          (event) => 'seq' in event && received.push(event),
          () => undefined,
        );
        return { sessionId, log, received };
      }),
    );
    await Promise.all(
      logs.map(async ({ log }) => {
        for (let n = 0; n < EVENTS; n++) {
          // A person waits for the answer, the machine does not.
          if (n % 3 === 0) await log.appendNow([warning(`${n}`)]);
          else log.append([warning(`${n}`)]);
        }
        await log.written();
      }),
    );
    dieEvery(0);
    for (const { sessionId, log, received } of logs) {
      const kept = await store.readEvents(sessionId, 0, 1_000);
      deepEqual(
        kept.map((event) => [event.seq, event.kind === 'warning' && event.message]),
        Array.from({ length: EVENTS }, (_, n) => [n + 1, `${n}`]),
      );
      deepEqual(received, kept);
      log.dispose();
    }
    ok(seen.lost >= 3 && seen.reopened === seen.lost, JSON.stringify(seen));
    await store.close();
    const again = openStore({ file: join(folder, 'earmark.db') });
    deepEqual(
      {
        setAside: again.setAside,
        sessions: again.store.listSessions({ limit: 9, offset: 0 }).length,
      },
      { setAside: undefined, sessions: SESSIONS.length },
    );
    again.store.close();
  });

  it('and what it dies of each time is refused, while the rest is done', async () => {
    const { store, seen, dieEvery } = await open();
    await store.createSession(record('a'));
    dieEvery(1);
    await rejects(store.setSetting('x', '1'), { code: 'store.unwritable', message: /try again/ });
    dieEvery(0);
    deepEqual(
      { title: (await store.getSession('a'))?.title, lost: seen.lost },
      { title: 'a', lost: 2 },
    );
    await store.close();
    await rejects(store.getSession('a'), { code: 'store.unwritable' });
  });
});
