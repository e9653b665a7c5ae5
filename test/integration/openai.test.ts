/**
 * The remote engine against a local server that fails in every way: what is sent, what is tried
 * again, what is said.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { OpenaiProvider, type OpenaiSetup } from '../../daemon/adapters/inference/openai/openai';
import { systemClock } from '../../daemon/base/clock';
import { EarmarkError } from '../../protocol/errors';
import { skip } from '../../testing/harness/skip';

type Answer = (response: ServerResponse, body: Buffer, request: IncomingMessage) => void;

const KEY = 'sk-very-secret';
const json =
  (value: unknown): Answer =>
  (response) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end(`{"error":{"message":"key ${KEY} is wrong"}}`);
const audio = (seconds: number): Float32Array =>
  Float32Array.from({ length: seconds * 16_000 }, (_, i) => 0.2 * Math.sin(i / 9));

describe('a remote speech engine', function () {
  this.timeout(20_000);
  let server: Server & { closeAllConnections(): void };
  let url: string;
  let answers: Answer[];
  let asked: { path: string; headers: IncomingMessage['headers']; body: Buffer }[];

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      asked.push({ path: request.url ?? '', headers: request.headers, body });
      (answers.length > 1 ? answers.shift() : answers[0])?.(response, body, request);
    });
  };
  const listen = (made: typeof server): Promise<number> => {
    server = made;
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
    );
  };
  beforeEach(async () => {
    asked = [];
    answers = [json({ text: 'we ship it' })];
    url = `http://127.0.0.1:${await listen(createServer(handle))}/v1`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const provider = async (more: Partial<OpenaiSetup> = {}): Promise<OpenaiProvider> => {
    const made = new OpenaiProvider({
      endpoint: url,
      key: KEY,
      clock: systemClock,
      random: () => 0,
      ...more,
    });
    await made.load({ id: 'whisper-1', files: {} });
    return made;
  };
  const ask = async (more: Partial<OpenaiSetup> = {}, signal?: AbortSignal) =>
    (await provider(more)).transcribe(
      audio(2),
      { language: 'en-GB', prompt: ['parseConfig', 'useQuery'] },
      signal,
    );

  /**
   * It fails with this code and sentence after so many requests, and nothing in the error holds the
   * key.
   */
  async function check(
    code: string,
    sentence: RegExp,
    requests: number,
    more: Partial<OpenaiSetup> = {},
  ): Promise<void> {
    const error: unknown = await ask(more).then(
      () => undefined,
      (e: unknown) => e,
    );
    ok(error instanceof EarmarkError, String(error));
    deepEqual(
      [error.code, sentence.test(error.message) || error.message, asked.length],
      [code, true, requests],
    );
    match(error.message, /^[^\n]*[^.]\.$/);
    equal(inspect(error, { depth: 9 }).includes(KEY), false);
  }

  it('sends a WAV file, the model, the language and the words that are likely', async () => {
    equal((await ask()).text, 'we ship it');
    const [{ path: where, headers, body } = { path: '', headers: {}, body: Buffer.alloc(0) }] =
      asked;
    const text = body.toString('latin1');
    const field = (name: string) =>
      new RegExp(`name="${name.replace(/[[\]]/g, '\\$&')}"\r\n\r\n([^\r]*)\r\n`).exec(text)?.[1];
    deepEqual(
      [
        where,
        headers.authorization,
        field('model'),
        field('language'),
        field('prompt'),
        field('response_format'),
        field('timestamp_granularities[]'),
      ],
      [
        '/v1/audio/transcriptions',
        `Bearer ${KEY}`,
        'whisper-1',
        'en',
        'parseConfig, useQuery',
        'verbose_json',
        'word',
      ],
    );
    const wav = body.subarray(body.indexOf('RIFF'));
    deepEqual(
      [
        wav.toString('latin1', 8, 16),
        wav.readUInt32LE(24),
        wav.readUInt16LE(34),
        wav.readUInt32LE(40),
        wav.readInt16LE(44 + 2 * 100),
      ],
      ['WAVEfmt ', 16_000, 16, 64_000, Math.round(audio(2)[100]! * 32_768)],
    );
  });

  it('takes word times and the confidence where they are given', async () => {
    answers = [
      json({
        text: 'We ship it, now.',
        language: 'english',
        words: [
          { word: 'We', start: 0.1, end: 0.3 },
          { word: 'ship', start: 0.3, end: 0.6 },
          { word: 'now', start: 1, end: 1.4 },
        ],
        segments: [{ text: 'We ship it, now.', avg_logprob: Math.log(0.8) }],
      }),
    ];
    const { words, confidence, language } = await ask();
    deepEqual(
      words.map((w) => [w.text, w.startMs, w.endMs, w.timing]),
      [
        ['We', 100, 300, 'model'],
        ['ship', 300, 600, 'model'],
        ['it,', 600, 1000, 'estimated'],
        ['now.', 1000, 1400, 'model'],
      ],
    );
    deepEqual([Math.round((confidence ?? 0) * 100), language], [80, 'en-GB']);
  });

  it('falls back to the short form where a model knows no other, and remembers it', async () => {
    answers = [status(400), json({ text: 'short' })];
    const made = await provider();
    const once = () => made.transcribe(audio(1), { language: 'en' }).then((r) => r.text);
    deepEqual([await once(), await once(), asked.length], ['short', 'short', 3]);
  });

  describe('tries again where it helps', () => {
    for (const code of [429, 500, 503]) {
      it(`HTTP ${code}`, async () => {
        answers = [status(code), status(code), json({ text: 'at last' })];
        deepEqual([(await ask()).text, asked.length], ['at last', 3]);
      });
    }
    it('a connection that breaks', async () => {
      answers = [(response) => void response.destroy(), json({ text: 'at last' })];
      deepEqual([(await ask()).text, asked.length], ['at last', 2]);
    });
    it('after as long as the server says', async () => {
      answers = [status(429, { 'retry-after': '1' }), json({ text: 'at last' })];
      const begun = performance.now();
      await ask();
      ok(performance.now() - begun >= 990);
    });
    it('not when the server wants more time than there is', async () => {
      answers = [status(429, { 'retry-after': '3600' })];
      await check('engine.unavailable', /has reached its request limit \(HTTP 429\)/, 1);
    });
    it('three times at most', async () => {
      answers = [status(503)];
      await check('engine.unavailable', /failed \(HTTP 503\)/, 3);
    });
  });

  describe('says what to do, and asks no second time', () => {
    for (const [code, sentence] of [
      [401, /refused the key \(HTTP 401\).*EARMARK_OPENAI_KEY/],
      [403, /refused the key/],
      [404, /no such address or model/],
      [413, /refused the request \(HTTP 413\)/],
      [422, /refused the request \(HTTP 422\)/],
    ] as const) {
      it(`HTTP ${code}`, async () => {
        answers = [status(code)];
        await check('engine.refused', sentence, 1);
      });
    }
    it('a redirect, which would take speech and key elsewhere', async () => {
      answers = [status(307, { location: 'http://127.0.0.1:1/v1/audio/transcriptions' })];
      await check(
        'engine.refused',
        /redirects \(HTTP 307\), and Earmark sends speech only to the address you set/,
        1,
      );
    });
    it('a page instead of a transcription', async () => {
      answers = [(response) => void response.end('<html>Log in</html>')];
      await check('engine.refused', /returned no transcription; check the address/, 1);
    });
    it('a server that does not answer', async () => {
      answers = [() => undefined];
      await check('engine.timeout', /did not answer in time/, 1, { timeoutMs: 300 });
    });
    it('an answer without end', async () => {
      answers = [(response) => void response.end(Buffer.alloc(3_000_000, 32))];
      await check('engine.refused', /returned no transcription/, 1);
    });
  });

  it('is cancelled while it waits', async () => {
    answers = [() => undefined];
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    equal(
      await ask({}, abort.signal).then(
        () => 'fine',
        (e: EarmarkError) => e.code,
      ),
      'rpc.cancelled',
    );
  });

  it('says that nobody is there', async () => {
    await check('engine.unavailable', /Could not reach .*\(ECONNREFUSED\)/, 0, {
      endpoint: 'http://127.0.0.1:1/v1',
    });
  });

  describe('is encrypted', () => {
    const load = (endpoint: string, more: Partial<OpenaiSetup> = {}) =>
      new OpenaiProvider({ endpoint, clock: systemClock, ...more })
        .load({ id: 'm', files: {} })
        .then(
          () => 'fine',
          (e: Error) => e.message,
        );
    it('unless it is this machine, or the user allowed it', async () => {
      match(await load('http://speech.example/v1'), /is not encrypted.*https:\/\/host\/v1\.$/);
      deepEqual(
        [
          await load('http://speech.example/v1', { allowPlainHttp: true }),
          await load('http://localhost:8000/v1'),
          await load('http://[::1]:8000/v1'),
          await load('https://speech.example/v1'),
        ],
        ['fine', 'fine', 'fine', 'fine'],
      );
      match(await load('http://127.0.0.1.speech.example/v1'), /is not encrypted/);
      match(await load('https://me:secret@speech.example/v1'), /has a name or password in it/);
      match(await load('ftp://speech.example'), /neither https nor http/);
      match(await load('speech.example'), /cannot be read|neither/);
    });

    it('and believes no certificate that nobody vouches for', async function () {
      const folder = mkdtempSync(path.join(tmpdir(), 'earmark-tls-'));
      const file = (name: string): string => path.join(folder, name);
      try {
        execFileSync(
          'openssl',
          [
            'req',
            '-x509',
            '-newkey',
            'ec',
            '-pkeyopt',
            'ec_paramgen_curve:prime256v1',
            '-nodes',
            '-days',
            '2',
            '-subj',
            '/CN=localhost',
            '-addext',
            'subjectAltName=DNS:localhost,IP:127.0.0.1',
            '-keyout',
            file('key.pem'),
            '-out',
            file('cert.pem'),
          ],
          { stdio: 'ignore' },
        );
      } catch {
        rmSync(folder, { recursive: true });
        skip(this, 'openssl, which makes the certificate, is not installed');
      }
      const [key, cert] = [readFileSync(file('key.pem')), readFileSync(file('cert.pem'), 'utf8')];
      rmSync(folder, { recursive: true });
      await new Promise((resolve) => server.close(resolve));
      const endpoint = `https://127.0.0.1:${await listen(createTlsServer({ key, cert }, handle))}/v1`;
      await check(
        'engine.unavailable',
        /Could not reach .*\((DEPTH_ZERO_SELF_SIGNED_CERT|ERR_SSL)/,
        0,
        { endpoint },
      );
      equal((await ask({ endpoint, ca: cert })).text, 'we ship it');
    });
  });
});
