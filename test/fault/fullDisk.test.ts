/**
 * A real small disk that fills up under a daemon: a meeting goes on, another begins, a daemon
 * starts; nothing is lost, and everybody is told.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureDaemon, type DaemonClient } from '../../client';
import { DaemonAlert, DaemonHealth, DaemonShutdown } from '../../protocol/health';
import {
  SessionEventNotification,
  SessionGet,
  SessionStart,
  SessionStop,
  type SessionEvent,
} from '../../protocol/session';
import { scriptedDaemon, until } from '../../testing/processes/daemonProcess';

/** Time without room. */
const FULL_MS = 4_000;

describe('a full disk', function () {
  this.timeout(90_000);
  let folder: string;
  let home: string;
  let client: DaemonClient;
  const alerts: string[] = [];
  const events = new Map<string, SessionEvent[]>();

  before(function () {
    folder = mkdtempSync(join(tmpdir(), 'earmark-full-'));
    home = join(folder, 'home');
    try {
      execFileSync('mkdir', [home]);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', home], {
        stdio: 'ignore',
      });
    } catch {
      console.log('      (skipped: a small file system can be made by root on Linux only)');
      this.skip();
    }
  });
  after(async () => {
    await client?.request(DaemonShutdown, {}).catch(() => undefined);
    client?.dispose();
    await until(() => !existsSync(join(home, 'daemon.json')), 'the daemon ended');
    try {
      execFileSync('umount', ['-l', home], { stdio: 'ignore' });
    } catch {
      // It never was one.
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const connect = async (): Promise<void> => {
    client = await ensureDaemon({
      stateDir: home,
      client: { name: 'test', version: '0', window: true },
      daemon: scriptedDaemon(),
      timeoutMs: 40_000,
    });
    client.onNotification(
      DaemonAlert,
      ({ id, op, message }) => void alerts.push(`${id} ${op} ${message}`),
    );
    client.onNotification(
      SessionEventNotification,
      ({ sessionId, event }) =>
        void events.set(sessionId, [...(events.get(sessionId) ?? []), event]),
    );
  };
  const fill = (): void => {
    const fd = openSync(join(home, 'ballast'), 'a');
    try {
      for (const size of [1 << 20, 1 << 12]) {
        try {
          for (;;) writeSync(fd, Buffer.alloc(size));
        } catch {
          // That is the end.
        }
      }
    } finally {
      closeSync(fd);
    }
    equal(statfsSync(home).bavail, 0);
  };
  const free = (): void => rmSync(join(home, 'ballast'));
  const start = async (): Promise<string> => {
    const { session } = await client.request(SessionStart, {
      kind: 'meeting',
      sources: [{ source: 'mic', origin: { type: 'capture' } }],
      partials: true,
      insights: false,
    });
    return session.id;
  };
  const finish = async (sessionId: string) => {
    await client.request(SessionStop, { sessionId });
    for (;;) {
      const found = await client.request(SessionGet, { sessionId });
      if (found.session.state === 'DONE') return found;
      ok(found.session.state !== 'FAILED', 'the session failed');
      await delay(100);
    }
  };
  const reported = (sessionId: string): readonly SessionEvent[] => events.get(sessionId) ?? [];

  it('while a meeting is recorded, and another begins: both are whole afterwards', async () => {
    await connect();
    const first = await start();
    await delay(1_500);
    fill();
    await delay(1_000);
    const second = await start();
    await until(() => alerts.length > 0, 'the daemon tells of it');
    await delay(FULL_MS);
    await until(
      () =>
        [first, second].every((id) =>
          reported(id).some((event) => event.kind === 'health' && event.unwritten === true),
        ),
      'both say that they are not written',
    );
    const { problems } = await client.request(DaemonHealth, {});
    free();
    await until(
      () =>
        [first, second].every((id) =>
          reported(id).some((event) => event.kind === 'warning' && event.code === 'store.degraded'),
        ),
      'the warning is written',
    );
    const [one, two] = [await finish(first), await finish(second)];
    match(
      problems.join('\n'),
      /The disk is full.*Sessions continue in memory until the disk works again\./,
    );
    match(
      alerts.filter((alert) => alert.startsWith('store.memory')).join(),
      /^store\.memory raised The disk is full/,
    );
    for (const { session, segments, stats } of [one, two]) {
      // A word a second, as long as it was recorded.
      const seconds = session.durationMs / 1000;
      ok(
        segments.every(({ text }) => text === 'w7') && segments.length >= Math.floor(seconds) - 2,
        `${segments.length} words in ${seconds} s`,
      );
      deepEqual([stats['lostFrames'], stats['gapFrames']], [0, 0]);
    }
    ok(two.session.durationMs > FULL_MS, 'the second was recorded while nothing could be written');
    deepEqual(
      [first, second].map((id) =>
        reported(id)
          .flatMap((event) => ('seq' in event ? [event.seq] : []))
          .every((seq, i) => seq === i + 1),
      ),
      [true, true],
    );
  });

  it('when the daemon starts: the reserve gives the room to start, a session goes on in memory', async () => {
    await client.request(DaemonShutdown, {});
    client.dispose();
    await until(() => !existsSync(join(home, 'daemon.json')), 'the daemon ended');
    await delay(500);
    // What a daemon makes while there is plenty; here there never is.
    writeFileSync(join(home, 'reserve'), Buffer.alloc(2 << 20, 1));
    fill();
    alerts.length = 0;
    await connect();
    equal(existsSync(join(home, 'reserve')), false);
    fill();
    const id = await start();
    await until(
      () => alerts.some((alert) => alert.startsWith('store.memory raised')),
      'the daemon tells of it',
    );
    free();
    await until(
      () => reported(id).filter(({ kind }) => kind === 'final').length > 3,
      'four words are written',
    );
    const { segments, stats } = await finish(id);
    deepEqual([segments.length > 3, stats['lostFrames']], [true, 0]);
  });
});
