/**
 * A daemon elsewhere recognises what the daemon of this machine records: meetings and dictations,
 * paused and stopped.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, ensureDaemon, readDaemonFile, type Connection } from '../../../client';
import { composeDaemon, type RunningDaemon } from '../../../daemon/compose';
import { AudioDevices } from '../../../protocol/audio';
import { DictationStart, DictationStop } from '../../../protocol/dictation';
import {
  SessionGet,
  SessionList,
  SessionPause,
  SessionResume,
  SessionStop,
  type SessionEvent,
} from '../../../protocol/session';
import { TokensCreate } from '../../../protocol/tokens';
import { DaemonFolder, scriptedDaemon, until } from '../../../testing/processes/daemonProcess';
import { scriptedParts } from '../../../testing/fakes/scripted/scriptedParts';

describe('recording here for a daemon elsewhere', function () {
  this.timeout(60_000);
  let here: DaemonFolder;
  let there: string;
  let daemon: RunningDaemon;
  let connection: Connection;

  before(async () => {
    here = new DaemonFolder();
    there = mkdtempSync(join(tmpdir(), 'earmark-there-'));
    const running = await composeDaemon({
      home: there,
      env: process.env,
      given: { 'daemon.idleMinutes': 1, 'log.level': 'error', 'listen.address': '127.0.0.1:0' },
      ...scriptedParts(),
    });
    ok(running);
    daemon = running;
    const admin = await ensureDaemon({ stateDir: there, client: { name: 'test', version: '0' } });
    const { token } = await admin.request(TokensCreate, { user: 'ann', scopes: ['record'] });
    admin.dispose();
    connection = createConnection({
      stateDir: here.path,
      client: { name: 'test', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: 30_000,
      remote: {
        url: readDaemonFile(there)?.listen?.url ?? '',
        token: () => Promise.resolve(token),
      },
    });
  });
  after(async () => {
    connection.dispose();
    daemon.shutdown();
    await daemon.ended;
    await here.remove();
    rmSync(there, { recursive: true, force: true });
  });

  it('lists the devices of this machine', async () =>
    equal((await connection.request(AudioDevices, {})).microphones[0]?.id, 'tone'));

  it('records a meeting through a pause, and keeps nothing of it here', async () => {
    const events: SessionEvent[] = [];
    const noteReceived = (source: string) =>
      events.filter((e) => e.kind === 'final' && e.segment.source === source).length;
    const { sessionId } = await connection.start(
      {
        kind: 'meeting',
        sources: [
          { source: 'mic', origin: { type: 'capture' } },
          { source: 'system', origin: { type: 'capture' } },
        ],
        partials: true,
        insights: false,
      },
      (e) => void events.push(e),
    );
    await until(() => noteReceived('mic') >= 2 && noteReceived('system') >= 2, 'both are heard');
    equal((await connection.request(SessionPause, { sessionId })).state, 'PAUSED');
    equal((await connection.request(SessionResume, { sessionId })).state, 'STREAMING');
    const before = noteReceived('mic');
    await until(() => noteReceived('mic') >= before + 2, 'it is heard again');
    equal(connection.quality?.grade, 'good');
    await connection.request(SessionStop, { sessionId });
    await until(() => events.some((e) => e.kind === 'state' && e.to === 'DONE'), 'it is done');
    const { segments } = await connection.request(SessionGet, { sessionId });
    deepEqual([...new Set(segments.map((s) => `${s.source} ${s.text}`))].sort(), [
      'mic w7',
      'system w9',
    ]);
    const local = await ensureDaemon({
      stateDir: here.path,
      client: { name: 'test', version: '0' },
    });
    deepEqual((await local.request(SessionList, {})).sessions, []);
    local.dispose();
  });

  it('dictates', async () => {
    let partials = 0;
    const { sessionId } = await connection.request(DictationStart, {});
    const subscription = await connection.attach(
      sessionId,
      0,
      (e) => void (e.kind === 'final' && partials++),
    );
    await until(() => partials >= 1, 'something is heard');
    const { text } = await connection.request(DictationStop, { sessionId });
    subscription.dispose();
    ok(/^w7( w7)*$/.test(text), text);
  });
});
