/**
 * The promises about a state folder that is removed or damaged under a running daemon. Real
 * processes and files.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureDaemon, readDaemonFile, type DaemonClient } from '../../client';
import { AudioPush } from '../../protocol/audio';
import { DaemonHealth } from '../../protocol/health';
import {
  SessionAttach,
  SessionEventNotification,
  SessionGet,
  SessionStart,
  SessionStop,
} from '../../protocol/session';
import { DaemonFolder, scriptedDaemon, until } from '../../testing/processes/daemonProcess';
import { cli } from '../../testing/processes/runCli';
import { say } from '../../testing/harness/sessionHarness';

/** The promise: a removed folder is noticed after this time. */
const NOTICED_MS = 5_000;
const CHUNK = 25;

describe('promise: a removed state folder is noticed and loses no word', function () {
  this.timeout(90_000);
  let folder: DaemonFolder;
  let client: DaemonClient | undefined;
  let pid = 0;
  const connect = async (env: Record<string, string> = {}, start = true): Promise<DaemonClient> => {
    client = await ensureDaemon({
      stateDir: folder.path,
      client: { name: 'test', version: '1' },
      ...(start ? { daemon: { ...scriptedDaemon(), env } } : {}),
    });
    pid = client.daemon.pid;
    return client;
  };
  beforeEach(() => (folder = new DaemonFolder()));
  afterEach(async () => {
    client?.dispose();
    client = undefined;
    await folder.remove();
    for (const name of readdirSync(dirname(folder.path)))
      if (join(dirname(folder.path), name).startsWith(`${folder.path}-`))
        rmSync(join(dirname(folder.path), name), { recursive: true });
  });

  for (const [how, env] of [
    ['removed', {}],
    ['removed, with encrypted sessions', { EARMARK_KEY: 'correct horse battery' }],
    ['moved away', {}],
  ] as const)
    it(`${how}: noticed in ${NOTICED_MS / 1000} s with a warning, and no word is lost`, async () => {
      const daemon = await connect(env);
      const { session } = await daemon.request(SessionStart, {
        kind: 'meeting',
        title: 'Plan',
        sources: [{ source: 'mic', origin: { type: 'push' } }],
        partials: false,
        insights: false,
      });
      const warnings: string[] = [];
      daemon.onNotification(SessionEventNotification, ({ event }) => {
        if (event.kind === 'warning' && event.code === 'store.degraded')
          warnings.push(event.message);
      });
      await daemon.request(SessionAttach, { sessionId: session.id, afterSeq: 0 });
      let seq = 0;
      const push = async (...words: number[]): Promise<void> => {
        const pcm = say(...words);
        for (let at = 0; at < pcm.length; at += CHUNK * 320) {
          const part = pcm.slice(at, at + CHUNK * 320);
          await daemon.request(AudioPush, {
            sessionId: session.id,
            source: 'mic',
            seq,
            captureMs: seq * 20,
            pcm: Buffer.from(part.buffer).toString('base64'),
          });
          seq += part.length / 320;
        }
      };
      const texts = async (of = daemon): Promise<readonly string[]> =>
        (await of.request(SessionGet, { sessionId: session.id })).segments.map(({ text }) => text);
      await push(1, 2);
      await until(async () => (await texts()).length >= 1, 'a text is final');
      if (how === 'moved away') renameSync(folder.path, `${folder.path}-away`);
      else rmSync(folder.path, { recursive: true, force: true });
      const begun = Date.now();
      await push(3);
      await until(() => warnings.length > 0, 'a warning arrives', 2 * NOTICED_MS);
      const ms = Date.now() - begun;
      console.log(`        ${ms} ms, mark ${NOTICED_MS} ms`);
      ok(ms <= NOTICED_MS, `${ms} ms, mark ${NOTICED_MS} ms`);
      await push(4);
      await until(() => existsSync(join(folder.path, 'daemon.json')), 'the new folder is complete');
      deepEqual(
        [
          /state folder was removed/.test(warnings.join(' ')),
          statSync(folder.path).mode & 0o777,
          existsSync(join(folder.path, 'spool', session.id)),
          (await daemon.request(DaemonHealth, {})).problems.some((one) => /removed/.test(one)),
        ],
        [true, 0o700, true, true],
      );
      await until(async () => (await texts()).length >= 3, 'the next texts are final');
      client?.dispose();
      process.kill(pid, 'SIGKILL');
      const again = await connect(env);
      await again.request(SessionStop, { sessionId: session.id });
      await until(
        async () =>
          (await again.request(SessionGet, { sessionId: session.id })).session.state === 'DONE',
        'the session ends',
      );
      deepEqual(await texts(again), ['w1', 'w2', 'w3', 'w4']);
    });

  for (const [what, damage] of [
    ['daemon.json is deleted', (path: string) => rmSync(join(path, 'daemon.json'))],
    [
      'daemon.json is damaged',
      (path: string) => writeFileSync(join(path, 'daemon.json'), '{"pid":'),
    ],
    ['the socket is deleted', (path: string) => rmSync(join(path, 'daemon.sock'))],
  ] as const)
    it(`${what}: commands reach the daemon again in ${NOTICED_MS / 1000} s`, async () => {
      await connect();
      const before = pid;
      damage(folder.path);
      const begun = Date.now();
      await until(
        () =>
          readDaemonFile(folder.path) !== undefined && existsSync(join(folder.path, 'daemon.sock')),
        'the files are back',
      );
      ok(Date.now() - begun <= NOTICED_MS, `${Date.now() - begun} ms, mark ${NOTICED_MS} ms`);
      client?.dispose();
      deepEqual([(await connect({}, false)).daemon.pid, pid], [before, before]);
      client?.dispose();
      const { code, out } = await cli(folder.path, ['daemon', 'stop']);
      deepEqual([code, out], [0, 'The daemon has stopped.\n']);
    });
});
