/** The local socket: who gets in, what a peer may cost, what is left on the disk. */
import { AudioPush } from '../../protocol/audio';
import { InsightAnalyze } from '../../protocol/insights';
import { LanguageModelAnswer } from '../../protocol/languageModel';
import { NotesPlan } from '../../protocol/notes';
import { tooLongForMethod } from '../../daemon/adapters/transport/messageLength';
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDaemonFile } from '../../client';
import { WireClient } from '../../client/daemonClient';
import { openSocket } from '../../client/wire/handshake';
import { CLIENT_LIMITS, socketWire } from '../../client/wire/socketWire';
import { tryInstanceLock } from '../../daemon/adapters/transport/instanceLock';
import {
  defaultTransportLimits,
  type TransportLimits,
} from '../../daemon/adapters/transport/limits';
import { openTransport, type Transport } from '../../daemon/adapters/transport/server';
import { socketPath } from '../../daemon/adapters/transport/socketPath';
import { silentLogger } from '../../daemon/base/logger';
import type { AcceptPeer, Peer } from '../../daemon/base/peer';
import { DaemonGoodbye, DaemonHealth } from '../../protocol/health';
import { EarmarkError } from '../../protocol/errors';
import { SessionRename } from '../../protocol/session';

describe('transport contract', function () {
  this.timeout(20_000);
  let folder: string;
  let transport: Transport;
  let peers: Peer[];
  let asked: { method: string; params: unknown }[];
  let closed: number;

  const accept: AcceptPeer = (peer) => {
    peers.push(peer);
    return {
      request: (method, params) => {
        asked.push({ method, params });
        return method === 'session/rename'
          ? Promise.resolve({})
          : Promise.reject(
              new EarmarkError('session.notFound', 'None.', { retryAfterMs: 5, details: { a: 1 } }),
            );
      },
      closed: () => void closed++,
    };
  };

  async function open(limits: Partial<TransportLimits> = {}): Promise<void> {
    transport = await openTransport({
      stateDir: folder,
      accept,
      logger: silentLogger,
      limits: { ...defaultTransportLimits, ...limits },
    });
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'earmark-transport-'));
    peers = [];
    asked = [];
    closed = 0;
  });
  afterEach(async () => {
    await transport.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Says something to the socket; resolves with all that came back when it closed, or after `ms`.
   */
  function say(text: string | Buffer, ms = 3_000): Promise<{ answer: string; closed: boolean }> {
    return new Promise((resolve) => {
      const socket = connect(transport.socket);
      let answer = '';
      const finish = (wasClosed: boolean) => {
        clearTimeout(timer);
        socket.destroy();
        resolve({ answer, closed: wasClosed });
      };
      const timer = setTimeout(() => finish(false), ms);
      socket
        .on('error', () => undefined)
        .on('close', () => finish(true))
        .on('data', (d) => (answer += d.toString()));
      socket.write(text);
    });
  }

  const token = () => readDaemonFile(folder)?.token ?? '';
  const client = async () =>
    new WireClient(socketWire(await openSocket(readDaemonFile(folder)!, 2_000), CLIENT_LIMITS));
  const frame = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

  it('promise: folder, socket and daemon.json belong to one user, with a token of 32 random bytes', async () => {
    await open();
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    deepEqual(
      [mode(folder), mode(transport.socket), mode(join(folder, 'daemon.json'))],
      ['700', '600', '600'],
    );
    match(token(), /^[0-9a-f]{64}$/);
    equal(readDaemonFile(folder)?.pid, process.pid);
  });

  async function checkDenied(line: string | Buffer, expected: string): Promise<void> {
    await open({ handshakeMs: 300 });
    const { answer, closed: wasClosed } = await say(line);
    deepEqual(
      { answer, wasClosed, peers: peers.length },
      { answer: expected, wasClosed: true, peers: 0 },
    );
  }
  const DENIED = 'EARMARK/1 DENIED\n';
  it('denies a wrong token', () => checkDenied(`EARMARK/1 ${'0'.repeat(64)}\n`, DENIED));
  it('denies an empty line', () => checkDenied('\n', DENIED));
  it('promise: nothing is parsed before the token', () =>
    checkDenied(frame('{"jsonrpc":"2.0","id":1,"method":"session/list"}'), DENIED));
  it('denies HTTP', () => checkDenied('GET / HTTP/1.1\r\nHost: x\r\n\r\n', DENIED));
  it('promise: the first line has at most 4 KB', () =>
    checkDenied(`EARMARK/1 ${'0'.repeat(5000)}`, DENIED));
  it('promise: the first line has a time limit', () => checkDenied('EARMARK', DENIED));
  it('denies bytes that are no text', () =>
    checkDenied(Buffer.from([0xff, 0x00, 0xfe, 0x0a]), DENIED));

  it('promise: a token is denied that differs in its last letter', async () => {
    await open();
    const wrong = token().slice(0, -1) + (token().endsWith('0') ? '1' : '0');
    equal((await say(`EARMARK/1 ${wrong}\n`)).answer, DENIED);
  });

  it('admits the token, also when the first message comes with it', async () => {
    await open();
    const { answer } = await say(
      `EARMARK/1 ${token()}\n${frame('{"jsonrpc":"2.0","id":1,"method":"session/rename","params":{"a":1}}')}`,
      500,
    );
    match(
      answer,
      /^EARMARK\/1 OK\nContent-Length: \d+\r\n\r\n\{"jsonrpc":"2.0","id":1,"result":\{\}\}$/,
    );
    deepEqual(asked, [{ method: 'session/rename', params: { a: 1 } }]);
  });

  it('admits a greeting that comes byte by byte', async () => {
    await open();
    const socket = connect(transport.socket);
    for (const byte of `EARMARK/1 ${token()}\n`)
      await new Promise<void>((resolve) => socket.write(byte, () => resolve()));
    const answer = await new Promise<string>((resolve) =>
      socket.once('data', (d) => resolve(d.toString())),
    );
    socket.destroy();
    equal(answer, 'EARMARK/1 OK\n');
  });

  it('carries an error with its code, its retry and its facts', async () => {
    await open();
    const c = await client();
    const error = (await c.request(DaemonHealth, {}).catch((e: unknown) => e)) as EarmarkError;
    deepEqual(
      {
        code: error.code,
        message: error.message,
        retryAfterMs: error.retryAfterMs,
        details: error.details,
      },
      { code: 'session.notFound', message: 'None.', retryAfterMs: 5, details: { a: 1 } },
    );
    c.dispose();
  });

  it('promise: a message of 100 MB is refused before it is read', async () => {
    await open();
    const before = process.memoryUsage().arrayBuffers;
    const socket = connect(transport.socket);
    socket.on('error', () => undefined);
    let answer = '';
    socket.on('data', (d) => (answer += d.toString()));
    const over = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.write(`EARMARK/1 ${token()}\nContent-Length: ${100 * 1024 * 1024}\r\n\r\n`);
    await pour(socket, 100 * 1024 * 1024);
    await over;
    const body = JSON.parse(answer.slice(answer.indexOf('{'))) as {
      id: unknown;
      error: { code: number; data: { code: string } };
    };
    deepEqual(
      { id: body.id, code: body.error.code, name: body.error.data.code, asked },
      { id: null, code: -32010, name: 'rpc.messageTooLarge', asked: [] },
    );
    ok(process.memoryUsage().arrayBuffers - before < 30e6, 'the body was not kept');
    const other = await client();
    await other.request(SessionRename, { sessionId: 'a', title: 'b' });
    other.dispose();
  });

  it('promise: settings with 600,000 names are refused before they are parsed', async () => {
    await open();
    const names = Array.from({ length: 600_000 }, (_, i) => `"a${i}":1`).join(',');
    const message = (front: string): string =>
      `${front}"params":{"values":{${names}}},"method":"settings/set","id":2}`;
    for (const body of [
      message('{"jsonrpc":"2.0","id":1,"method":"settings/set",'),
      message('{"jsonrpc":"2.0",'),
    ]) {
      const parse = JSON.parse.bind(JSON);
      let longest = 0;
      JSON.parse = (text: string, ...rest: []) => {
        longest = Math.max(longest, text.length);
        return parse(text, ...rest) as unknown;
      };
      try {
        const { answer } = await say(`EARMARK/1 ${token()}\n${frame(body)}`);
        match(answer, /rpc\.messageTooLarge/);
        match(answer, /the limit is 600000/);
      } finally {
        JSON.parse = parse;
      }
      ok(longest < 10_000, `${longest} characters were parsed`);
    }
    deepEqual(asked, []);
  });

  it('parses what a method may carry', () => {
    const long = (method: string, params: object): Buffer =>
      Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    const text = 'x'.repeat(4_000_000);
    for (const { method } of [NotesPlan, InsightAnalyze, AudioPush, LanguageModelAnswer])
      equal(tooLongForMethod(long(method, { text })), undefined);
    equal(tooLongForMethod(long('session/rename', { text }))?.code, 'rpc.messageTooLarge');
    const symbols = Array.from({ length: 5_000 }, () => 'é'.repeat(50));
    equal(tooLongForMethod(long('dictation/learn', { sessionId: 's', symbols })), undefined);
  });

  it('tells a client what was wrong with its last message', async () => {
    await open({ messageBytes: 1_000 });
    const c = await client();
    const closedWith = new Promise<EarmarkError>((resolve) => c.onDidClose(resolve));
    await rejects(c.request(SessionRename, { sessionId: 'x'.repeat(2_000), title: 't' }));
    equal((await closedWith).code, 'rpc.messageTooLarge');
  });

  it('refuses to send what would be too long, and the connection lives on', async () => {
    await open();
    const c = await client();
    await rejects(
      c.request(SessionRename, { sessionId: 'x'.repeat(9 * 1024 * 1024), title: 't' }),
      { code: 'rpc.messageTooLarge' },
    );
    deepEqual(await c.request(SessionRename, { sessionId: 'a', title: 'b' }), {});
    c.dispose();
  });

  async function checkBroken(message: string): Promise<void> {
    await open();
    const { answer, closed: wasClosed } = await say(`EARMARK/1 ${token()}\n${message}`);
    match(answer, /"code":-32700/);
    await until(() => closed === 1);
    deepEqual({ wasClosed, asked }, { wasClosed: true, asked: [] });
  }
  it('closes on a body that is not JSON', () => checkBroken(frame('{"jsonrpc":')));
  it('closes on JSON that is no object', () => checkBroken(frame('[1,2,3]')));
  it('closes on a header without a length', () => checkBroken('Content-Type: x\r\n\r\n{}'));
  it('closes on a length that is no number', () => checkBroken('Content-Length: many\r\n\r\n{}'));
  it('closes on a negative length', () => checkBroken('Content-Length: -5\r\n\r\n{}'));
  it('closes on a header that does not end', () => checkBroken(`X: ${'a'.repeat(10_000)}`));

  it('closes on a client that does not read, and only on that', async () => {
    await open({ queuedBytes: 1_000_000 });
    const lazy = connect(transport.socket);
    lazy.on('error', () => undefined);
    lazy.write(`EARMARK/1 ${token()}\n`);
    await until(() => peers.length === 1);
    lazy.pause();
    const good = await client();
    let received = 0;
    good.onNotification(DaemonGoodbye, () => received++);
    await until(() => peers.length === 2);
    for (let i = 0; i < 200; i++)
      peers[0]?.notify('daemon/goodbye', { reason: 'x'.repeat(100_000) });
    peers[1]?.notify('daemon/goodbye', { reason: 'idle' });
    await until(() => closed === 1 && received === 1);
    lazy.destroy();
    good.dispose();
  });

  it('refuses more connections than it can serve, with a typed error', async () => {
    await open({ connections: 2 });
    const admitted = [await client(), await client()];
    const third = await client();
    const reason = await new Promise<EarmarkError>((resolve) => third.onDidClose(resolve));
    equal(reason.code, 'rpc.tooMany');
    for (const c of admitted) c.dispose();
  });

  it('answers ten thousand small requests in order', async () => {
    await open();
    const c = await client();
    await Promise.all(
      Array.from({ length: 10_000 }, (_, i) =>
        c.request(SessionRename, { sessionId: String(i), title: 't' }),
      ),
    );
    deepEqual(
      asked.map((a) => Number((a.params as { sessionId: string }).sessionId)),
      Array.from({ length: 10_000 }, (_, i) => i),
    );
    c.dispose();
  });

  it('sends the answers to requests that came together in few pieces, and none of them late', async () => {
    await open();
    const socket = await openSocket(readDaemonFile(folder)!, 2_000);
    let pieces = 0;
    let answer = '';
    const whole = new Promise<void>((resolve) =>
      socket.on('data', (data) => {
        pieces++;
        answer += data.toString();
        if ((answer.match(/"id":/g) ?? []).length === 64) resolve();
      }),
    );
    socket.resume();
    socket.write(
      Array.from({ length: 64 }, (_, id) =>
        frame(
          JSON.stringify({
            jsonrpc: '2.0',
            id,
            method: 'session/rename',
            params: { sessionId: 'a', title: 't' },
          }),
        ),
      ).join(''),
    );
    await whole;
    socket.destroy();
    ok(pieces <= 16, `${pieces} pieces`);
  });

  it('aborts the request of a client that cancels it', async () => {
    let aborted = false;
    transport = await openTransport({
      stateDir: folder,
      logger: silentLogger,
      limits: defaultTransportLimits,
      accept: () => ({
        closed: () => undefined,
        request: (_m, _p, { signal }) =>
          new Promise((_, reject) =>
            signal.addEventListener('abort', () => {
              aborted = true;
              reject(new EarmarkError('rpc.cancelled', 'Cancelled.'));
            }),
          ),
      }),
    });
    const c = await client();
    const abort = new AbortController();
    const answer = c.request(DaemonHealth, {}, { signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    await rejects(answer, { code: 'rpc.cancelled' });
    await until(() => aborted);
    c.dispose();
  });

  it('takes over from a killed daemon that left socket and daemon.json', async () => {
    mkdirSync(folder, { recursive: true });
    const child = spawn(
      process.execPath,
      [
        '-e',
        'require("net").createServer().listen(process.argv[1], () => console.log("up"))',
        join(folder, 'daemon.sock'),
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    ok(existsSync(join(folder, 'daemon.sock')), 'the socket outlives the killed process');
    writeFileSync(
      join(folder, 'daemon.json'),
      JSON.stringify({
        socket: join(folder, 'daemon.sock'),
        pid: 999_999,
        protocol: { major: 1, minor: 0 },
        token: 'a'.repeat(64),
      }),
      { mode: 0o600 },
    );
    await open();
    ok(token() !== 'a'.repeat(64));
    const c = await client();
    c.dispose();
  });

  it('leaves nothing behind when it closes', async () => {
    await open();
    await transport.close();
    deepEqual(
      [existsSync(transport.socket), existsSync(join(folder, 'daemon.json'))],
      [false, false],
    );
  });

  it('puts the socket into a short private folder when the state folder has a long path', async () => {
    const long = join(folder, 'x'.repeat(120));
    const path = socketPath(long);
    ok(Buffer.byteLength(path) <= 103);
    const held = folder;
    folder = long;
    await open();
    const c = await client();
    deepEqual(await c.request(SessionRename, { sessionId: 'a', title: 'b' }), {});
    c.dispose();
    equal((statSync(join(path, '..')).mode & 0o777).toString(8), '700');
    await transport.close();
    rmSync(join(path, '..'), { recursive: true, force: true });
    folder = held;
  });

  it('lets one process hold the folder', () => {
    const first = tryInstanceLock(folder);
    const second = tryInstanceLock(folder);
    first?.dispose();
    const third = tryInstanceLock(folder);
    third?.dispose();
    deepEqual(
      [first !== undefined, second !== undefined, third !== undefined],
      [true, false, true],
    );
    return open();
  });

  describe('a client', () => {
    async function checkNotTrusted(prepare: () => void, sentence: RegExp): Promise<void> {
      await open();
      prepare();
      const error = await Promise.resolve()
        .then(client)
        .catch((e: unknown) => e as EarmarkError);
      ok(error instanceof EarmarkError);
      deepEqual({ code: error.code, peers: peers.length }, { code: 'rpc.unauthorized', peers: 0 });
      match(error.message, sentence);
    }
    it('does not use a daemon.json that others may read', () =>
      checkNotTrusted(
        () => chmodSync(join(folder, 'daemon.json'), 0o644),
        /Other users can access/,
      ));
    it('promise: a client sends no token to a socket that others may use', () =>
      checkNotTrusted(() => chmodSync(transport.socket, 0o666), /Other users can access/));
    it("promise: a client sends no token to another user's socket", async function () {
      if (process.getuid?.() !== 0) this.skip();
      const { chownSync } = await import('node:fs');
      await checkNotTrusted(
        () => chownSync(transport.socket, 12_345, 12_345),
        /belongs to another user/,
      );
    });
    it('takes a daemon.json that is cut off for none', async () => {
      await open();
      const text = readFileSync(join(folder, 'daemon.json'), 'utf8');
      writeFileSync(join(folder, 'daemon.json'), text.slice(0, 40));
      equal(readDaemonFile(folder), undefined);
    });
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  ok(condition(), 'it did not happen in time');
}

/** Writes zeros as fast as the other side takes them, until it has enough. */
async function pour(socket: Socket, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(1024 * 1024);
  for (let sent = 0; sent < bytes && !socket.destroyed; sent += chunk.length) {
    if (!socket.write(chunk))
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', () => resolve());
      });
  }
}
