/**
 * Metrics of a running daemon: over HTTP for who has the token, in daemon/health, and in the file
 * that is saved.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDaemon, type DaemonClient } from '../../../client';
import { METRICS_FILE, MetricsFile } from '../../../daemon/adapters/telemetry/metricsServer';
import { STAGES } from '../../../daemon/telemetry/metrics';
import { AudioPush } from '../../../protocol/audio';
import { DaemonHealth } from '../../../protocol/health';
import { SessionGet, SessionStart, SessionStop } from '../../../protocol/session';
import { DaemonFolder, scriptedDaemon, until } from '../../../testing/processes/daemonProcess';
import { say } from '../../../testing/harness/sessionHarness';

describe('metrics', function () {
  this.timeout(60_000);
  let folder: DaemonFolder;
  let client: DaemonClient;
  let file: MetricsFile;

  before(async () => {
    folder = new DaemonFolder();
    client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '0' },
      daemon: { ...scriptedDaemon(), args: [...scriptedDaemon().args, '--log-level', 'debug'] },
      timeoutMs: 40_000,
    });
    file = MetricsFile.parse(JSON.parse(readFileSync(join(folder.path, METRICS_FILE), 'utf8')));
    const {
      session: { id: sessionId },
    } = await client.request(SessionStart, {
      kind: 'meeting',
      sources: [{ source: 'mic', origin: { type: 'push' } }],
      partials: true,
      insights: false,
    });
    const pcm = say(1, 2, 3);
    for (let at = 0; at < pcm.length; at += 16_000) {
      const part = pcm.slice(at, at + 16_000);
      const whole = new Int16Array(Math.ceil(part.length / 320) * 320);
      whole.set(part);
      await client.request(AudioPush, {
        sessionId,
        source: 'mic',
        seq: at / 320,
        captureMs: at / 16,
        pcm: Buffer.from(whole.buffer).toString('base64'),
      });
    }
    await client.request(SessionStop, { sessionId });
    const done = async (): Promise<boolean> =>
      (await client.request(SessionGet, { sessionId })).session.state === 'DONE';
    while (!(await done())) await new Promise((r) => setTimeout(r, 50));
  });
  after(async () => {
    client.dispose();
    await folder.remove();
  });

  const get = (
    path: string,
    headers: Record<string, string> = { authorization: `Bearer ${file.token}` },
  ) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const asked = request(`${file.url}${path}`, { headers }, (response) => {
        let body = '';
        response
          .on('data', (chunk: Buffer) => (body += chunk.toString()))
          .on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      asked.on('error', reject).end();
    });
  const status = async (path: string, headers?: Record<string, string>) =>
    (await get(path, headers)).status;

  it('promise: metrics need the token and refuse web pages', async () => {
    const auth = { authorization: `Bearer ${file.token}` };
    deepEqual(
      await Promise.all([
        status('/metrics', {}),
        status('/health.json', { authorization: 'Bearer wrong' }),
        status('/readyz', {}),
        status('/livez', { authorization: file.token }),
        status('/metrics', { ...auth, host: 'evil.example' }),
        status('/other'),
        status('/', {}),
      ]),
      [401, 401, 401, 401, 403, 404, 200],
    );
    ok(file.url.startsWith('http://127.0.0.1:'));
    if (process.platform !== 'win32')
      equal(statSync(join(folder.path, METRICS_FILE)).mode & 0o777, 0o600);
  });

  it('promise: slow connections do not keep others from the metrics', async () => {
    const { port } = new URL(file.url);
    const slow = Array.from({ length: 80 }, () => connect(Number(port), '127.0.0.1'));
    let ended = 0;
    for (const socket of slow)
      socket
        .on('error', () => undefined)
        .on('close', () => ended++)
        .write('GET /metrics HTTP/1.1\r\nHost: ');
    await until(() => ended >= slow.length - 16, 'the oldest slow connections end');
    equal(await status('/livez'), 200);
    await until(() => ended === slow.length, 'all slow connections end', 10_000);
  });

  it('count frames, windows, phrases and each stage of every phrase', async () => {
    const { body } = await get('/metrics');
    const value = (line: string): number =>
      Number(
        body
          .split('\n')
          .find((l) => l.startsWith(`${line} `))
          ?.split(' ')
          .at(-1),
      );
    deepEqual(
      {
        phrases: value('earmark_phrases_total{outcome="spoken"}'),
        stages: STAGES.map((stage) =>
          value(`earmark_phrase_stage_seconds_count{stage="${stage}"}`),
        ),
        inference: value('earmark_inference_seconds_count{provider="scripted"}'),
        finals: value('earmark_final_latency_seconds_count'),
        frames: value('earmark_frames_total{source="mic"}') > 100,
        bytes:
          value('earmark_audio_bytes_total') === 640 * value('earmark_frames_total{source="mic"}'),
        stored: value('earmark_store_seconds_count{call="append"}') > 3,
        synced: value('earmark_fsync_seconds_count') >= 0,
        skipped: value('earmark_vad_skip_ratio') > 0 && value('earmark_vad_skip_ratio') < 1,
        network: value('earmark_network_bytes{direction="in"}') > 10_000,
        connections: value('earmark_connections'),
      },
      {
        phrases: 3,
        stages: STAGES.map(() => 3),
        inference: 3,
        finals: 3,
        frames: true,
        bytes: true,
        stored: true,
        synced: true,
        skipped: true,
        network: true,
        connections: 1,
      },
    );
  });

  it('stand in daemon/health, with the state of each part', async () => {
    const { ready, parts, alerts, metrics } = await client.request(DaemonHealth, {});
    deepEqual(
      {
        ready,
        alerts,
        parts: parts.map(({ name, state }) => `${name} ${state}`),
        phrases: metrics['phrases.spoken'],
      },
      {
        ready: true,
        alerts: [],
        parts: ['store ok', 'recognition ok', 'speech detector ok', 'settings ok', 'requests ok'],
        phrases: 3,
      },
    );
    deepEqual([await status('/livez'), await status('/readyz')], [200, 200]);
    equal((JSON.parse((await get('/health.json')).body) as { pid: number }).pid, client.daemon.pid);
  });

  it('tell the stages of a phrase under one trace, and requests by their number', () => {
    const log = folder.log();
    const traces = log.filter(({ event }) => event === 'phrase.stages');
    deepEqual(
      traces.map((line) => [
        line['trace'],
        STAGES.every((stage) => typeof line[stage] === 'number'),
      ]),
      [
        [1, true],
        [2, true],
        [3, true],
      ],
    );
    const started = log.find(
      (line) => line.event === 'rpc.request' && line['method'] === 'session/start',
    );
    match(String(started?.['request']), /^\d+-\d+$/);
    ok(
      log.some(
        (line) => line.event === 'session.state' && line['request'] === started?.['request'],
      ),
      'the session that a request starts says which',
    );
  });

  it('are saved when the daemon ends', async () => {
    const { pid } = client.daemon;
    process.kill(pid, 'SIGTERM');
    const path = join(folder.path, 'logs', 'metrics.log');
    await until(() => folder.log().at(-1)?.event === 'daemon.ended', 'it ends');
    await until(() => readFileSync(path, 'utf8').includes('\n'), 'they are saved');
    equal(
      (
        JSON.parse(readFileSync(path, 'utf8').split('\n').filter(Boolean).at(-1) ?? '{}') as Record<
          string,
          number
        >
      )['phrases.spoken'],
      3,
    );
  });
});
