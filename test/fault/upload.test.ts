/**
 * A recording for a daemon elsewhere, over TLS and a link that fails: outages longer than the
 * memory of the client, a remote daemon and a client that are killed, a copy that is damaged. The
 * transcript is that of an undisturbed run, and the copy here goes when the other side has
 * confirmed it, never before.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  createConnection,
  ensureDaemon,
  readDaemonFile,
  type Connection,
  type DaemonClient,
  type RemoteProfile,
} from '../../client';
import { composeDaemon, type RunningDaemon } from '../../daemon/compose';
import { SessionDelete, SessionGet, SessionStop } from '../../protocol/session';
import { TokensCreate } from '../../protocol/tokens';
import {
  UploadDiscard,
  UploadList,
  UploadTranscribe,
  type UploadInfo,
} from '../../protocol/uploads';
import { DaemonFolder, scriptedDaemon, until } from '../../testing/processes/daemonProcess';
import { LinkProxy } from '../../testing/processes/linkProxy';
import { scriptedParts } from '../../testing/fakes/scripted/scriptedParts';
import { say } from '../../testing/harness/sessionHarness';
import { retried } from '../../testing/harness/retried';
import { cli, type CliResult } from '../../testing/processes/runCli';

/** The daemon learns a moment later that a client is gone. */
const AGAIN = { again: 200, pauseMs: 100 };

const WORDS = 40;
/** 2 s of audio: an outage of twenty words is nine times as long. */
const MEMORY_FRAMES = 100;
const TICK_MS = 60;
const client = { name: 'test', version: '0' } as const;

describe('a recording that is kept until the other side has confirmed it', function () {
  this.timeout(60_000);
  const there = new DaemonFolder();
  let here: string;
  let local: RunningDaemon;
  let localClient: DaemonClient;
  let proxy: LinkProxy;
  let profile: RemoteProfile;
  let port: number;
  /** Words that the microphone has heard, and up to which it hears. */
  let said = 0;
  let sayUpTo = 0;

  const startRemote = async (): Promise<DaemonClient> => {
    const daemon = scriptedDaemon();
    return await ensureDaemon({
      stateDir: there.path,
      client,
      daemon: { ...daemon, args: [...daemon.args, '--listen', `0.0.0.0:${port}`] },
      timeoutMs: 30_000,
    });
  };
  const connect = (): Connection =>
    createConnection({ stateDir: here, client, timeoutMs: 30_000, remote: profile });
  const uploads = async (): Promise<readonly UploadInfo[]> =>
    (await localClient.request(UploadList, {})).uploads;
  const texts = async (
    connection: { request: Connection['request'] },
    sessionId: string,
  ): Promise<readonly string[]> =>
    (await connection.request(SessionGet, { sessionId })).segments.map(({ text }) => text);
  const words = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, i) => `w${i + 1}`);
  const audioFiles = (): readonly string[] =>
    readdirSync(join(here, 'uploads', 'audio'), { recursive: true })
      .map(String)
      .filter((name) => /\d$|spool|\./.test(name));

  before(async () => {
    here = mkdtempSync(join(tmpdir(), 'earmark-here-'));
    const parts = scriptedParts();
    const running = await composeDaemon({
      home: here,
      env: process.env,
      given: { 'daemon.idleMinutes': 1, 'log.level': 'error' },
      ...parts,
      capture: ({ clock }) => ({
        ...parts.capture!({ clock } as never),
        start: (
          source: 'mic' | 'system',
          _device: string | undefined,
          handlers: { onData(pcm: Int16Array): void },
        ) => {
          const timer = clock.setInterval(() => {
            if (said < sayUpTo) handlers.onData(say(++said));
          }, TICK_MS);
          return Promise.resolve({
            source,
            device: 'words',
            recorder: 'fake',
            stop: () => Promise.resolve(timer.dispose()),
          });
        },
      }),
    });
    ok(running);
    local = running;
    localClient = await ensureDaemon({ stateDir: here, client });
    port = await freePort();
    const admin = await startRemote();
    const { token } = await admin.request(TokensCreate, { user: 'ann', scopes: ['record'] });
    admin.dispose();
    proxy = new LinkProxy({ host: '127.0.0.1', port });
    await proxy.listen();
    profile = {
      url: `wss://127.0.0.1:${proxy.port}`,
      token,
      fingerprint: readDaemonFile(there.path)?.listen?.fingerprint ?? '',
      maxFrames: MEMORY_FRAMES,
      timing: { keepaliveMs: 500, deadMs: 2_000, backoffMinMs: 30, backoffMaxMs: 300 },
    };
  });
  beforeEach(() => {
    said = 0;
    sayUpTo = WORDS;
    Object.assign(proxy.faults, { refuse: false });
  });
  after(async () => {
    localClient.dispose();
    local.shutdown();
    await local.ended;
    await proxy.close();
    await there.remove();
    rmSync(here, { recursive: true, force: true });
  });

  /** Records the words; `at(n)` comes when n were said. */
  async function record(
    at: Readonly<Record<number, (connection: Connection) => void | Promise<void>>>,
    after: (connection: Connection) => void | Promise<void> = () => undefined,
  ): Promise<{ connection: Connection; sessionId: string; states: readonly string[] }> {
    const connection = connect();
    const states: string[] = [];
    connection.onDidChangeSending?.(() => {
      for (const { state } of connection.sending ?? [])
        if (states.at(-1) !== state.kind) states.push(state.kind);
    });
    const { sessionId } = await connection.start(
      {
        kind: 'meeting',
        sources: [{ source: 'mic', origin: { type: 'capture' } }],
        partials: false,
        insights: false,
        diarize: false,
      },
      () => undefined,
    );
    for (const n of Object.keys(at).map(Number)) {
      await until(() => said >= n, `${n} words were said`);
      await at[n]?.(connection);
    }
    await until(() => said >= WORDS, 'all was said');
    const [kept] = await uploads();
    deepEqual(
      {
        session: kept?.sessionId,
        state: kept?.state,
        held: kept?.held,
        some: (kept?.bytes ?? 0) > 0,
      },
      { session: sessionId, state: 'uploading', held: true, some: true },
    );
    await connection.request(SessionStop, { sessionId });
    await after(connection);
    return { connection, sessionId, states };
  }

  async function confirmed(): Promise<void> {
    for (let i = 0; (await uploads()).length > 0; i++) {
      ok(i < 400, `the copy is confirmed: ${JSON.stringify(await uploads())}`);
      await new Promise((r) => setTimeout(r, 50));
    }
    deepEqual(audioFiles(), []);
  }

  async function done(connection: Connection, sessionId: string): Promise<void> {
    for (
      let i = 0;
      (await connection.request(SessionGet, { sessionId })).session.state !== 'DONE';
      i++
    ) {
      ok(i < 200, 'the session is done');
      await new Promise((r) => setTimeout(r, 50));
    }
  }

  it('promise: a local copy is deleted after the remote confirms it', async () => {
    const { connection, sessionId, states } = await record({});
    await confirmed();
    await done(connection, sessionId);
    deepEqual(
      { texts: await texts(connection, sessionId), states: states.slice(-3) },
      { texts: words(WORDS), states: ['sending', 'checking', 'confirmed'] },
    );
    connection.dispose();
  });

  it('loses nothing in an outage nine times as long as the memory, and in one that outlasts the recording', async () => {
    const away = (): void => {
      proxy.faults.refuse = true;
      proxy.cut();
    };
    const { connection, sessionId } = await record(
      { 5: away, 25: () => void (proxy.faults.refuse = false), 30: away },
      async () => {
        const [kept] = await uploads();
        deepEqual({ ended: kept?.ended, state: kept?.state }, { ended: true, state: 'uploading' });
        proxy.faults.refuse = false;
      },
    );
    await confirmed();
    await done(connection, sessionId);
    deepEqual(await texts(connection, sessionId), words(WORDS));
    connection.dispose();
  });

  it('loses nothing when the remote daemon is killed', async () => {
    const { connection, sessionId } = await record({
      10: async () => {
        await there.kill();
        equal((await uploads())[0]?.state, 'uploading');
      },
      25: async () => (await startRemote()).dispose(),
    });
    await confirmed();
    await done(connection, sessionId);
    deepEqual(await texts(connection, sessionId), words(WORDS));
    connection.dispose();
  });

  it('goes on when the client is killed and comes back', async () => {
    let sessionId = '';
    for (const stopAt of [10, 25]) {
      const child = startClient(...(sessionId === '' ? [] : [sessionId]));
      sessionId = await child.sessionId;
      await until(() => said >= stopAt, `${stopAt} words were said`);
      child.process.kill('SIGKILL');
      await child.ended;
      const before = await uploads();
      deepEqual(
        before.map(({ sessionId: id, state }) => ({ id, state })),
        [{ id: sessionId, state: 'uploading' }],
      );
    }
    const connection = connect();
    await connection.attach(sessionId, 0, () => undefined);
    await until(() => said >= WORDS, 'it records again');
    await connection.request(SessionStop, { sessionId });
    await confirmed();
    await done(connection, sessionId);
    deepEqual(await texts(connection, sessionId), words(WORDS));
    connection.dispose();
  });

  it('promise: only a person deletes an unconfirmed copy', async () => {
    const child = startClient();
    const sessionId = await child.sessionId;
    await until(() => said >= 20, '20 words were said');
    proxy.faults.refuse = true;
    proxy.cut();
    await until(() => said >= WORDS, 'all was said');
    child.process.kill('SIGKILL');
    await child.ended;
    await until(() => audioFiles().length > 0, 'there is sound');
    // A word in the middle; what came before was sent.
    const path = join(here, 'uploads', 'audio', audioFiles().at(-1) ?? '');
    const bytes = readFileSync(path);
    const middle = Math.floor(bytes.length * 0.8);
    bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
    writeFileSync(path, bytes);
    proxy.faults.refuse = false;
    const connection = connect();
    await connection.attach(sessionId, 0, () => undefined);
    sayUpTo = 0;
    await new Promise((r) => setTimeout(r, 500));
    await connection.request(SessionStop, { sessionId });
    let kept: UploadInfo | undefined;
    for (let i = 0; kept?.problem === undefined && i < 200; i++) {
      await new Promise((r) => setTimeout(r, 50));
      [kept] = await uploads();
    }
    equal(kept?.state, 'pending_verification');
    match(kept.problem ?? '', /transcribe it here, or discard it/);
    await until(
      () => readdirSync(join(here, 'uploads')).some((name) => name.endsWith('.json')),
      'the copy is still there',
    );
    // The window that tried to send it is still there.
    const { sessionId: mine } = await localClient.request(UploadTranscribe, {
      uploadId: kept?.uploadId ?? '',
    });
    connection.dispose();
    await confirmed();
    const received = await texts(localClient, mine);
    ok(received.length >= WORDS - 2, `${received.length} of ${WORDS} words are heard here`);
    await localClient.request(SessionDelete, { sessionId: mine });
  });

  it('is shown, sent and discarded by the command line', async () => {
    const earmark = (...args: string[]): Promise<CliResult> =>
      cli(here, args, undefined, {
        EARMARK_TOKEN: String(profile.token),
        EARMARK_REMOTE_FINGERPRINT: profile.fingerprint,
      });
    const child = startClient();
    const sessionId = await child.sessionId;
    await until(() => said >= 10, '10 words were said');
    child.process.kill('SIGKILL');
    await child.ended;
    await retried(AGAIN, async () => equal((await uploads())[0]?.held, false));
    const [kept] = await uploads();
    const listed = await earmark('uploads', 'list');
    match(
      listed.out,
      new RegExp(`^${kept?.uploadId}  .* UTC  127\\.0\\.0\\.1:${proxy.port}  waits to be sent  `),
    );
    deepEqual(
      (await earmark('uploads', 'send', 'none', '--remote', profile.url)).err,
      'earmark: There is no recording none on this machine; "earmark uploads list" shows the recordings.\n',
    );
    deepEqual(await earmark('uploads', 'send', '--remote', profile.url), {
      code: 0,
      out: `127.0.0.1:${proxy.port} confirmed one recording. The local copy is deleted.\n`,
      err: '',
    });
    await confirmed();
    const connection = connect();
    await done(connection, sessionId);
    const received = await texts(connection, sessionId);
    ok(received.length >= 9, `${received.length} words are there`);
    deepEqual(received, words(received.length));
    connection.dispose();
    deepEqual(await earmark('uploads', 'discard', 'none'), {
      code: 1,
      out: '',
      err: 'earmark: There is no recording none on this machine; "earmark uploads list" shows the recordings.\n',
    });
  });

  it('is discarded when a person says so', async () => {
    const child = startClient();
    await child.sessionId;
    await until(() => said >= 5, 'something was said');
    child.process.kill('SIGKILL');
    await child.ended;
    const [kept] = await uploads();
    await retried(AGAIN, () =>
      localClient.request(UploadDiscard, { uploadId: kept?.uploadId ?? '' }),
    );
    await confirmed();
  });

  function startClient(...more: readonly string[]): {
    readonly process: ChildProcess;
    readonly sessionId: Promise<string>;
    readonly ended: Promise<unknown>;
  } {
    const child = spawn(
      process.execPath,
      [
        '--require',
        require.resolve('tsx/cjs'),
        resolve(__dirname, '../../testing/processes/uploadClient.ts'),
        here,
        JSON.stringify(profile),
        ...more,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    return {
      process: child,
      sessionId: new Promise((done) =>
        child.stdout.once('data', (data: Buffer) => done(data.toString().trim())),
      ),
      ended: new Promise((done) => child.once('exit', done)),
    };
  }
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
