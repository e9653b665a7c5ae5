/**
 * A client over daemons that are killed: no event missing or twice, no audio lost, nothing said
 * twice.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { createConnection, createFramePusher, type Connection } from '../../../client';
import { isAlive } from '../../../client/local/startLock';
import { ERRORS, type EarmarkError } from '../../../protocol/errors';
import { SessionGet, SessionStop, type SessionEvent } from '../../../protocol/session';
import { DaemonFolder, scriptedDaemon, until } from '../../../testing/processes/daemonProcess';
import { say } from '../../../testing/harness/sessionHarness';

describe('client over lost daemons', function () {
  this.timeout(90_000);
  let folder: DaemonFolder;
  let connection: Connection;
  beforeEach(() => {
    folder = new DaemonFolder();
    connection = createConnection({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: 30_000,
    });
  });
  afterEach(async () => {
    connection.dispose();
    await folder.remove();
  });

  it('pushes a recording through three kills: every word once, every event once and in order', async () => {
    const events: SessionEvent[] = [];
    const session = await connection.start(
      {
        kind: 'file',
        sources: [{ source: 'file', origin: { type: 'push' } }],
        partials: false,
        insights: false,
      },
      (e) => void events.push(e),
    );
    const pusher = createFramePusher(connection, session, { source: 'file' });
    const words = Array.from({ length: 60 }, (_, i) => i + 1);
    const kills = new Set([10, 25, 40]);
    let pid: number | undefined;
    for (const n of words) {
      pusher.write(say(n));
      await pusher.whenReady(3_000);
      if (!kills.has(n)) continue;
      pid = await folder.kill();
      // The next word is written while nobody is there.
      void pid;
    }
    await pusher.end();
    await connection.request(SessionStop, { sessionId: session.sessionId });
    await until(
      () => events.some((e) => e.kind === 'state' && e.to === 'DONE'),
      'the session is done',
      40_000,
    );
    const { segments } = await connection.request(SessionGet, { sessionId: session.sessionId });
    const durable = events.flatMap((e) => ('seq' in e ? [e.seq] : []));
    const finals = events.flatMap((e) => (e.kind === 'final' ? [e.segment.text] : []));
    deepEqual(
      durable,
      durable.map((_, i) => i + 1),
    );
    deepEqual(
      { finals: finals.length, stored: segments.map((s) => s.text), dropped: pusher.dropped },
      { finals: words.length, stored: words.map((n) => `w${n}`), dropped: 0 },
    );
    deepEqual([...finals].sort(), words.map((n) => `w${n}`).sort());
    pusher.dispose();
  });

  it('keeps listeners and subscriptions, and tells its state', async () => {
    const first = await connection.whenConnected();
    const states: string[] = [];
    connection.onDidChangeState(({ to }) => states.push(to.kind));
    await folder.kill();
    await until(() => first.closed, 'the loss is noticed');
    const second = await connection.whenConnected(30_000);
    ok(second !== first && second.daemon.pid !== first.daemon.pid);
    deepEqual(states, ['waiting', 'connecting', 'connected']);
  });

  it('gives up on a daemon that dies again and again, and tries again when asked', async () => {
    await connection.whenConnected();
    for (let i = 0; i < 10 && connection.state.kind !== 'failed'; i++) {
      await folder.kill().catch(() => undefined);
      await until(() => connection.state.kind !== 'connected', 'the loss is noticed');
      await until(
        () => connection.state.kind === 'connected' || connection.state.kind === 'failed',
        'it settles',
        30_000,
      );
    }
    equal(connection.state.kind, 'failed');
    const error = await connection.whenConnected().catch((e: EarmarkError) => e);
    ok('code' in error && ERRORS[error.code].user);
    connection.retry();
    const again = await connection.whenConnected(30_000);
    ok(isAlive(again.daemon.pid));
  });

  it('rejects a request whose daemon dies under it, with an error that says a retry helps', async () => {
    await connection.whenConnected();
    const pending = connection
      .request(SessionGet, { sessionId: 'x' })
      .catch((e: EarmarkError) => e.code);
    await folder.kill();
    ok(['rpc.disconnected', 'session.notFound'].includes(String(await pending)));
  });
});
