/**
 * Settings of a real daemon while a client pushes: nothing is lost, metrics move to another port,
 * what is wrong is named everywhere.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureDaemon, type DaemonClient } from '../../../client';
import { METRICS_FILE, MetricsFile } from '../../../daemon/adapters/telemetry/metricsServer';
import { AudioPush } from '../../../protocol/audio';
import { DaemonAlert, DaemonHealth } from '../../../protocol/health';
import { SessionGet, SessionStart, SessionStop } from '../../../protocol/session';
import { SettingsSet } from '../../../protocol/settings';
import { DaemonFolder, scriptedDaemon, until } from '../../../testing/processes/daemonProcess';
import { say } from '../../../testing/harness/sessionHarness';

const PUSH = 16_000;

describe('settings of a running daemon', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let client: DaemonClient;
  const alerts: string[] = [];

  before(async () => {
    folder = new DaemonFolder();
    writeFileSync(join(folder.path, 'config.json'), '{"log.level": "debug"}');
    client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: 40_000,
    });
    client.onNotification(
      DaemonAlert,
      ({ id, op, message }) => void alerts.push(`${id} ${op} ${message}`),
    );
  });
  after(async () => {
    client.dispose();
    await folder.remove();
  });

  const port = (): number =>
    Number(
      new URL(
        MetricsFile.parse(JSON.parse(readFileSync(join(folder.path, METRICS_FILE), 'utf8'))).url,
      ).port,
    );
  const freePort = async (): Promise<number> => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port: free } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    return free;
  };
  const write = (values: object | string): void =>
    writeFileSync(
      join(folder.path, 'config.json'),
      typeof values === 'string' ? values : JSON.stringify(values),
    );

  it('hold from the start', () =>
    equal(
      folder.log().some(({ level }) => level === 20),
      true,
    ));

  it('change without a lost frame or word', async () => {
    const {
      session: { id: sessionId },
    } = await client.request(SessionStart, {
      kind: 'meeting',
      sources: [{ source: 'mic', origin: { type: 'push' } }],
      partials: true,
      insights: false,
    });
    const wanted = await freePort();
    const pcm = say(1, 2, 3, 4, 5, 6, 7, 8);
    const changes = [
      '{"log.level": "warn"}',
      '{"log.level": "wa',
      { 'metrics.port': wanted, 'sessions.max': 3 },
      { 'metrics.port': 'x', 'sessions.max': 3 },
      { 'metrics.port': wanted, 'models.offline': true },
    ];
    let ack = -1;
    for (let at = 0, n = 0; at < pcm.length; at += PUSH, n++) {
      const whole = new Int16Array(PUSH);
      whole.set(pcm.slice(at, at + PUSH));
      ({ ackSeq: ack } = await client.request(AudioPush, {
        sessionId,
        source: 'mic',
        seq: at / 320,
        captureMs: at / 16,
        pcm: Buffer.from(whole.buffer).toString('base64'),
      }));
      const change = changes[n];
      if (change !== undefined) {
        write(change);
        // What a client sets makes the daemon look at the file at once.
        await client.request(SettingsSet, { values: { 'limits.connections': 100 + n } });
      }
    }
    await client.request(SessionStop, { sessionId });
    let kept = await client.request(SessionGet, { sessionId });
    while (kept.session.state !== 'DONE') {
      await delay(50);
      kept = await client.request(SessionGet, { sessionId });
    }
    deepEqual(
      [kept.segments.map(({ text }) => text).join(' '), kept.stats['framesLost'] ?? 0],
      ['w1 w2 w3 w4 w5 w6 w7 w8', 0],
    );
    equal(ack >= 0, true);
    await until(() => port() === wanted, 'the metrics are at their new port');
    deepEqual(JSON.parse(readFileSync(join(folder.path, 'config.json'), 'utf8')), {
      'metrics.port': wanted,
      'models.offline': true,
      'limits.connections': 104,
    });
  });

  it('that are wrong change nothing and are named in health, in the log and to clients, until they are right', async () => {
    const before = port();
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    write({ 'metrics.port': (taken.address() as AddressInfo).port, 'sessions.max': 0 });
    await until(() => alerts.length > 0, 'the daemon tells of it');
    const { problems, parts } = await client.request(DaemonHealth, {});
    deepEqual(problems.length, new Set(problems).size);
    match(
      problems.join('\n'),
      /"sessions\.max" in config\.json: Too small: expected number to be >=1; 256 stays until you correct it\.\nCould not serve the metrics at port \d+ \(EADDRINUSE\); choose another "metrics\.port" in config\.json\./,
    );
    deepEqual(
      [
        parts.find(({ name }) => name === 'settings')?.state,
        port(),
        alerts.map((a) => a.split(' ').slice(0, 2).join(' ')),
      ],
      ['degraded', before, ['settings.wrong raised']],
    );
    await new Promise((done) => taken.close(done));
    write({});
    await until(() => alerts.length > 1, 'the daemon tells that all is well');
    deepEqual(
      [
        alerts[1]?.startsWith('settings.wrong cleared'),
        (await client.request(DaemonHealth, {})).parts.find(({ name }) => name === 'settings')
          ?.state,
      ],
      [true, 'ok'],
    );
    equal(
      folder.log().some(({ event, name }) => event === 'settings.wrong' && name === 'sessions.max'),
      true,
    );
  });

  it('promise: settings are in a file of one user', () => {
    if (process.platform !== 'win32')
      equal(statSync(join(folder.path, 'config.last.json')).mode & 0o777, 0o600);
  });
});
