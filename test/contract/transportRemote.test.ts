/**
 * The daemon over the network: who gets in, with which code the others are refused, and what a peer
 * may cost.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { join } from 'node:path';
import WebSocket from 'ws';
import { createConnection, ensureDaemon } from '../../client';
import { TokenFile } from '../../daemon/adapters/transport/tokenFile';
import type { AudioMessage, Peer } from '../../daemon/base/peer';
import { EarmarkError } from '../../protocol/errors';
import { DaemonHealth } from '../../protocol/health';
import { encodeAudio, REMOTE_PATH } from '../../protocol/remote';
import { SessionRename } from '../../protocol/session';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { until } from '../../testing/processes/daemonProcess';
import { RemoteRig } from '../../testing/processes/remoteRig';

const HELLO = { protocol: { ...PROTOCOL_VERSION }, version: '1', pid: 1, negotiation: 'ok' };

describe('remote transport contract', function () {
  this.timeout(30_000);
  let rig: RemoteRig;
  let peers: Peer[];
  let asked: string[];
  let audio: AudioMessage[];

  const accept = (peer: Peer) => {
    peers.push(peer);
    return {
      request: (method: string): Promise<object> => {
        asked.push(method);
        if (method === 'daemon/hello') return Promise.resolve(HELLO);
        if (method === 'audio/open') return Promise.resolve({ channel: 7 });
        return method === 'session/rename'
          ? Promise.resolve({})
          : Promise.reject(new EarmarkError('session.notFound', 'None.', { retryAfterMs: 5 }));
      },
      audio: (message: AudioMessage): Promise<object> => {
        audio.push(message);
        return message.seq === 13
          ? Promise.reject(new EarmarkError('audio.tooFast', 'Slower.', { retryAfterMs: 9 }))
          : Promise.resolve({ ackSeq: message.seq });
      },
      closed: () => undefined,
    };
  };

  beforeEach(() => {
    rig = new RemoteRig();
    [peers, asked, audio] = [[], [], []];
  });
  afterEach(() => rig.dispose());

  /**
   * How an upgrade with these headers ends: status and close code, or the error of the connection.
   */
  function knock(
    headers: Record<string, string>,
    options: RequestOptions = {},
    request: typeof httpRequest = httpsRequest,
  ): Promise<string> {
    return new Promise((resolve) => {
      const attempt = request({
        host: '127.0.0.1',
        port: rig.port,
        path: REMOTE_PATH,
        agent: false,
        rejectUnauthorized: false,
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
          ...headers,
        },
        ...options,
      });
      attempt.on('response', (response) => {
        response.resume();
        resolve(`${response.statusCode} ${String(response.headers['earmark-close'])}`);
      });
      attempt.on('upgrade', (_response, socket) => {
        socket.destroy();
        resolve('admitted');
      });
      attempt.on('error', (error: NodeJS.ErrnoException) => resolve(error.message));
      attempt.end();
    });
  }

  it('refuses a thousand who may not come in, each with its code, and no handler hears of one', async () => {
    await rig.open(accept);
    const good = await rig.token();
    const expired = await rig.token('ben', ['record'], 1_000);
    const revoked = await rig.token('cyd', ['admin']);
    await rig.tokens.revoke(revoked.split('_')[1] ?? '', 'test');
    rig.wallMs += 2_000;
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const flip = (i: number) =>
      good.slice(0, 25 + (i % 30)) +
      (good[25 + (i % 30)] === 'A' ? 'B' : 'A') +
      good.slice(26 + (i % 30));
    const KINDS: readonly ((i: number) => readonly [Record<string, string>, string])[] = [
      () => [{}, '401 4401'],
      (i) => [bearer(`earmark_${i.toString(16).padStart(12, '0')}_${'x'.repeat(43)}`), '401 4401'],
      (i) => [bearer(flip(i)), '401 4401'],
      () => [
        { authorization: `Basic ${Buffer.from(`ann:${good}`).toString('base64')}` },
        '401 4401',
      ],
      () => [bearer(expired), '401 4402'],
      () => [bearer(revoked), '401 4401'],
      (i) => [{ ...bearer(good), origin: i % 2 ? 'https://evil.example' : 'null' }, '403 4403'],
      (i) => [bearer('y'.repeat(i % 199)), '401 4401'],
    ];
    const wrong: string[] = [];
    let next = 0;
    const partition = async () => {
      for (let i = next++; i < 1_000; i = next++) {
        const [headers, expected] = KINDS[i % KINDS.length]!(i);
        const got = await knock(headers);
        if (got !== expected) wrong.push(`${i}: ${got}, not ${expected}`);
      }
    };
    await Promise.all(Array.from({ length: 16 }, partition));
    deepEqual({ wrong, peers: peers.length, asked }, { wrong: [], peers: 0, asked: [] });
    const counted = [...rig.transport.counts.refused].sort();
    deepEqual(counted, [
      ['rpc.expired', 125],
      ['rpc.forbidden', 125],
      ['rpc.unauthorized', 750],
    ]);
    equal(await knock(bearer(good)), 'admitted');
  });

  it('promise: plain HTTP and TLS below 1.2 are refused', async () => {
    await rig.open(accept);
    const token = await rig.token();
    const headers = { authorization: `Bearer ${token}` };
    equal(await knock(headers, {}, httpRequest), '426 4426');
    for (const version of ['TLSv1', 'TLSv1.1'] as const)
      match(
        await knock(headers, {
          minVersion: version,
          maxVersion: version,
          ciphers: 'DEFAULT@SECLEVEL=0',
        }),
        /alert protocol version/,
      );
    equal(await knock({ ...headers, connection: 'close', upgrade: '' }), '426 4426');
    equal(await knock(headers, { path: '/' }), '426 4426');
    deepEqual({ peers: peers.length, asked }, { peers: 0, asked: [] });
    const versions = await Promise.all(
      (['TLSv1.2', 'TLSv1.3'] as const).map(
        (v) =>
          new Promise((resolve) => {
            const socket = connectTls(
              {
                host: '127.0.0.1',
                port: rig.port,
                rejectUnauthorized: false,
                minVersion: v,
                maxVersion: v,
              },
              () => {
                resolve(socket.getProtocol());
                socket.destroy();
              },
            );
          }),
      ),
    );
    deepEqual(versions, ['TLSv1.2', 'TLSv1.3']);
  });

  it('promise: a web page reaches no daemon, on loopback too', async () => {
    await rig.open(accept, { tls: false });
    const headers = { authorization: `Bearer ${await rig.token()}` };
    equal(
      await knock({ ...headers, origin: 'http://localhost:3000' }, {}, httpRequest),
      '403 4403',
    );
    equal(await knock(headers, {}, httpRequest), 'admitted');
  });

  it('promise: tokens are stored as hashes, in files of one user', async () => {
    await rig.open(accept);
    const secret = await rig.token('ann', ['admin']);
    const mode = (...path: string[]) =>
      (statSync(join(rig.folder, ...path)).mode & 0o777).toString(8);
    deepEqual(
      [mode(), mode('tokens.json'), mode('tls'), mode('tls', 'key.pem'), mode('tls', 'cert.pem')],
      ['700', '600', '700', '600', '600'],
    );
    ok(
      !readFileSync(join(rig.folder, 'tokens.json'), 'utf8').includes(
        secret.split('_').slice(2).join('_'),
      ),
    );
    const again = new TokenFile(join(rig.folder, 'tokens.json'), () => rig.wallMs);
    equal((await again.check(secret)).kind, 'ok');
    equal(
      (await again.check(`${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`)).kind,
      'unknown',
    );
  });

  it('promise: a client sends its token only to the pinned certificate', async () => {
    await rig.open(accept);
    await rejects(rig.client(await rig.token(), { fingerprint: '0'.repeat(64) }), {
      code: 'rpc.untrusted',
    });
    const { fingerprint: _, ...unpinned } = rig.profile(await rig.token());
    await rejects(
      ensureDaemon({
        stateDir: rig.folder,
        client: { name: 'test', version: '0' },
        remote: unpinned,
      }),
      { code: 'rpc.untrusted' },
    );
    await rejects(rig.client(await rig.token(), { url: 'ws://192.0.2.1:1' }), {
      code: 'rpc.invalidParams',
    });
    deepEqual(
      {
        peers: peers.length,
        refused: [...rig.transport.counts.refused].filter(([what]) => what !== 'tls'),
      },
      { peers: 0, refused: [] },
    );
  });

  it('carries requests, errors with their facts, notifications and binary audio', async () => {
    await rig.open(accept);
    const client = await rig.client(await rig.token());
    deepEqual(await client.request(SessionRename, { sessionId: 'a', title: 'b' }), {});
    const error = (await client.request(DaemonHealth, {}).catch((e: unknown) => e)) as EarmarkError;
    deepEqual([error.code, error.message, error.retryAfterMs], ['session.notFound', 'None.', 5]);
    const pcm = new Uint8Array(1280).map((_, i) => i);
    deepEqual(await client.pushAudio('s', 'mic', 5, 100, pcm), { ackSeq: 5 });
    await rejects(client.pushAudio('s', 'mic', 13, 260, pcm), {
      code: 'audio.tooFast',
      retryAfterMs: 9,
    });
    deepEqual(
      audio.map((m) => [
        m.channel,
        m.seq,
        m.captureMs,
        Buffer.from(m.pcm).equals(Buffer.from(pcm)),
      ]),
      [
        [7, 5, 100, true],
        [7, 13, 260, true],
      ],
    );
    equal(asked.filter((m) => m === 'audio/open').length, 1);
    client.dispose();
  });

  /** A greeted WebSocket of our own, to say what no client would. */
  async function raw(
    token: string,
  ): Promise<{ ws: WebSocket; closed: Promise<number>; received: string[] }> {
    const ws = new WebSocket(new URL(REMOTE_PATH, rig.transport.url), {
      headers: { authorization: `Bearer ${token}` },
      rejectUnauthorized: false,
      perMessageDeflate: false,
    });
    const received: string[] = [];
    ws.on('message', (data: Buffer) => received.push(data.toString()));
    ws.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => ws.on('close', resolve));
    await new Promise((resolve) => ws.once('open', resolve));
    return { ws, closed, received };
  }

  async function checkClosed(say: (ws: WebSocket) => void, code: number): Promise<void> {
    await rig.open(accept, { limits: { messageBytes: 100_000 } });
    const { ws, closed } = await raw(await rig.token());
    say(ws);
    deepEqual([await closed, asked], [code, []]);
  }
  it('closes with 1007 on text that is not JSON', () =>
    checkClosed((ws) => ws.send('{"jsonrpc":'), 1007));
  it('closes with 1007 on JSON that is no object', () => checkClosed((ws) => ws.send('[1]'), 1007));
  it('closes with 1007 on text that is not UTF-8', () =>
    checkClosed((ws) => ws.send(Buffer.from([0xff, 0xfe]), { binary: false }), 1007));
  it('closes with 1009 on a message that is too long', () =>
    checkClosed((ws) => ws.send('x'.repeat(100_001)), 1009));
  it('closes with 1003 on a binary message that is no audio', () =>
    checkClosed((ws) => ws.send(Buffer.alloc(20)), 1003));
  it('closes with 1003 on a binary message that is cut off', () =>
    checkClosed(
      (ws) =>
        ws.send(
          encodeAudio({ channel: 1, id: 1, seq: 0, captureMs: 0 }, new Uint8Array(0)).subarray(
            0,
            15,
          ),
        ),
      1003,
    ));
  it('closes with 1002 on what is no WebSocket frame', () =>
    checkClosed(
      (ws) =>
        (ws as unknown as { _socket: { write(b: Buffer): void } })._socket.write(
          Buffer.from([0xf3, 0x00]),
        ),
      1002,
    ));

  it('closes with 4408 on who says nothing', async () => {
    await rig.open(accept, { limits: { handshakeMs: 200 } });
    equal(await (await raw(await rig.token())).closed, 4408);
  });

  it('promise: a client that is too fast is refused with a time, then disconnected', async () => {
    await rig.open(accept, {
      limits: { messagesPerSecond: 10, messageBurst: 20, refusals: 5, penaltyMs: 300 },
    });
    const token = await rig.token();
    const { ws, closed, received } = await raw(token);
    const send = (from: number, to: number) => {
      for (let i = from; i < to; i++)
        ws.send(JSON.stringify({ jsonrpc: '2.0', id: i, method: 'session/rename', params: {} }));
    };
    send(0, 23);
    await until(() => received.length === 23, 'all are answered');
    send(23, 40);
    equal(await closed, 4429);
    const answers = received.map(
      (text) =>
        JSON.parse(text) as {
          id: number | null;
          result?: object;
          error?: { data: { code: string; retryAfterMs: number } };
        },
    );
    const refused = answers.filter((a) => a.error);
    equal(asked.length, answers.filter((a) => a.result).length);
    ok(asked.length < 30, `${asked.length} messages were heard`);
    ok(refused.every((a) => a.error?.data.code === 'rpc.tooFast' && a.error.data.retryAfterMs > 0));
    // After those the socket is not read until a message may come again.
    deepEqual(
      refused.slice(0, 3).map((a) => a.id),
      [20, 21, 22],
    );
    const again = (await rig.client(token).catch((e: unknown) => e)) as EarmarkError;
    deepEqual([again.code, (again.retryAfterMs ?? 0) > 0], ['rpc.tooFast', true]);
    await new Promise((resolve) => setTimeout(resolve, 320));
    (await rig.client(token)).dispose();
  });

  it('promise: connections are bounded per user and in total', async () => {
    await rig.open(accept, { limits: { connectionsPerUser: 2, connections: 3 } });
    const [ann, ben] = [await rig.token('ann'), await rig.token('ben')];
    const clients = [await rig.client(ann), await rig.client(ann)];
    await rejects(rig.client(ann), { code: 'rpc.tooMany', retryAfterMs: 1_000 });
    clients.push(await rig.client(ben));
    await rejects(rig.client(ben), { code: 'rpc.tooMany', retryAfterMs: 1_000 });
    for (const client of clients) client.dispose();
    await until(() => rig.transport.counts.connections === 0, 'the connections are gone');
    (await rig.client(ann)).dispose();
  });

  it('promise: revoking a token closes its connections', async () => {
    await rig.open(accept, { limits: { keepaliveMs: 30 } });
    const [one, two] = [await rig.token('ann'), await rig.token('ben', ['record'], 5_000)];
    const [ann, ben] = [await rig.client(one), await rig.client(two)];
    const ends = [ann, ben].map(
      (c) => new Promise<EarmarkError>((resolve) => c.onDidClose(resolve)),
    );
    await rig.tokens.revoke(one.split('_')[1] ?? '', 'test');
    equal((await ends[0])?.code, 'rpc.unauthorized');
    rig.wallMs += 6_000;
    equal((await ends[1])?.code, 'rpc.expired');
  });

  it('promise: a user who loses a scope loses the open connections that have it', async () => {
    const lost = new Set<string>();
    await rig.open(accept, {
      limits: { keepaliveMs: 20 },
      gate: {
        check: (secret) => rig.tokens.check(secret),
        recheck: async (token) => {
          const now = await rig.tokens.recheck(token);
          return now.kind === 'ok' && lost.has(token.user)
            ? { kind: 'ok', token: { ...now.token, scopes: ['record'] } }
            : now;
        },
        onDidRevoke: rig.tokens.onDidRevoke,
      },
    });
    const admin = await rig.client(await rig.token('ann', ['admin']));
    const recorder = await rig.client(await rig.token('ann', ['record']));
    const ended = new Promise<EarmarkError>((resolve) => admin.onDidClose(resolve));
    lost.add('ann');
    equal((await ended).code, 'rpc.forbidden');
    equal(recorder.closed, false);
  });

  it('comes back where the token is made anew, and gives up where it is not', async () => {
    await rig.open(accept, { limits: { keepaliveMs: 30 } });
    const secrets = [
      await rig.token('ann', ['record'], 60_000),
      await rig.token('ann', ['record'], 120_000),
    ];
    let taken = 0;
    const connection = createConnection({
      stateDir: rig.folder,
      client: { name: 'test', version: '0' },
      remote: rig.profile('', { token: () => Promise.resolve(secrets[Math.min(taken++, 1)]) }),
    });
    await connection.whenConnected();
    rig.wallMs += 61_000;
    await until(() => taken === 2 && connection.state.kind === 'connected', 'it is back');
    rig.wallMs += 60_000;
    await until(() => connection.state.kind === 'failed', 'it gives up');
    deepEqual(
      [taken, connection.state.kind === 'failed' && connection.state.error.code],
      [3, 'rpc.expired'],
    );
    connection.dispose();
  });

  it('finds out on both sides that the other is dead', async () => {
    await rig.open(accept, { limits: { keepaliveMs: 30, deadMs: 150 } });
    const { ws, closed } = await raw(await rig.token());
    // A machine that sleeps: its kernel still takes bytes, nobody answers.
    ws.pause();
    await until(() => rig.transport.counts.connections === 0, 'the daemon drops it');
    ws.resume();
    equal(await closed, 1006);
  });

  it('tells clients that it ends, and they come back by themselves', async () => {
    await rig.open(accept);
    const { port } = rig;
    const timing = { backoffMinMs: 20, backoffMaxMs: 50 };
    const connection = createConnection({
      stateDir: rig.folder,
      client: { name: 'test', version: '0' },
      remote: rig.profile(await rig.token(), { timing }),
    });
    await connection.whenConnected();
    const states: string[] = [];
    connection.onDidChangeState(({ to }) => states.push(to.kind));
    await rig.transport.close();
    await until(() => states.includes('waiting'), 'it is lost');
    await rig.open(accept, { port });
    await until(() => connection.state.kind === 'connected', 'it is back');
    connection.dispose();
  });

  it('does not come back where that would not help', async () => {
    await rig.open(accept);
    const token = await rig.token();
    const connection = createConnection({
      stateDir: rig.folder,
      client: { name: 'test', version: '0' },
      remote: rig.profile(token),
    });
    await connection.whenConnected();
    await rig.tokens.revoke(token.split('_')[1] ?? '', 'test');
    await until(() => connection.state.kind === 'failed', 'it gives up');
    equal(connection.state.kind === 'failed' && connection.state.error.code, 'rpc.unauthorized');
    connection.dispose();
  });
});
