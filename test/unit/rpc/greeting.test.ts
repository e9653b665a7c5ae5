/** Greeting, versions, what is refused before it, unknown methods and wrong types. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { FAMILIES } from '../../../protocol';
import type { EarmarkError } from '../../../protocol/errors';
import { PROTOCOL_VERSION } from '../../../protocol/version';
import { RpcHarness } from '../../../testing/harness/rpcHarness';

const hello = (major: number) => ({
  protocol: { major, minor: 0 },
  client: 'test',
  clientVersion: '0',
});

const ENGINE = {
  provider: 'scripted',
  model: 'script',
  device: 'auto',
  state: 'READY',
  loadMs: 5,
  rtf: { mean: 0.1, p95: 0.1, p99: 0.1, decodes: 1 },
  queuedMs: 0,
  rssBytes: 0,
  sessions: 0,
  degradationLevel: 'NORMAL',
  errors: [],
};

describe('rpc greeting', () => {
  let h: RpcHarness;
  beforeEach(() => (h = new RpcHarness()));
  afterEach(() => h.dispose());

  it('answers every declared request and no other', () => {
    const declared = Object.values(FAMILIES)
      .flat()
      .filter((m) => m.type === 'request' && m.direction === 'clientToDaemon')
      .map((m) => m.method);
    deepEqual([...h.server.methods].sort(), declared.sort());
  });

  async function checkNegotiation(
    major: number,
    expected: { hello: string; then: string; drain: string },
  ): Promise<void> {
    const client = h.otherClient();
    const answer = await client.raw('daemon/hello', hello(major)).then(
      (r) => (r as { negotiation: string }).negotiation,
      (e: EarmarkError) => e.code,
    );
    deepEqual(
      {
        hello: answer,
        then: await client.code('session/list', {}),
        drain: await client.code('daemon/drain', {}),
      },
      expected,
    );
  }

  it('talks to a client of the same major version', () =>
    checkNegotiation(PROTOCOL_VERSION.major, { hello: 'ok', then: 'ok', drain: 'ok' }));
  it('lets a newer client only ask it to make room', () =>
    checkNegotiation(PROTOCOL_VERSION.major + 1, {
      hello: 'drain',
      then: 'rpc.versionMismatch',
      drain: 'ok',
    }));
  it('tells an older client to update', () =>
    checkNegotiation(PROTOCOL_VERSION.major - 1, {
      hello: 'rpc.versionMismatch',
      then: 'rpc.invalidRequest',
      drain: 'rpc.invalidRequest',
    }));

  it('names the side to update', async () => {
    const error = await h
      .otherClient()
      .raw('daemon/hello', hello(0))
      .catch((e: EarmarkError) => e);
    match((error as EarmarkError).message, /update the Earmark extension or command line/);
  });

  it('answers nothing before the greeting, and greets once', async () => {
    const client = h.otherClient();
    const before = await client.code('daemon/health', {});
    await client.raw('daemon/hello', hello(PROTOCOL_VERSION.major));
    deepEqual(
      {
        before,
        again: await client.code('daemon/hello', hello(PROTOCOL_VERSION.major)),
        after: await client.code('daemon/health', {}),
      },
      { before: 'rpc.invalidRequest', again: 'rpc.invalidRequest', after: 'ok' },
    );
  });

  async function checkRefused(
    method: string,
    params: unknown,
    code: string,
    sentence: RegExp,
  ): Promise<void> {
    const client = await h.client();
    const error = (await client.raw(method, params).catch((e: unknown) => e)) as EarmarkError;
    equal(error.code, code);
    match(error.message, sentence);
  }

  it('refuses an unknown method', () =>
    checkRefused('session/frobnicate', {}, 'rpc.unknownMethod', /no method "session\/frobnicate"/));
  it('refuses a method of Object.prototype', () =>
    checkRefused('constructor', {}, 'rpc.unknownMethod', /no method/));
  it('refuses a missing field, by name', () =>
    checkRefused('session/stop', {}, 'rpc.invalidParams', /"sessionId" is not valid/));
  it('refuses a wrong type, by path', () =>
    checkRefused(
      'session/start',
      {
        kind: 'file',
        sources: [{ source: 'file', origin: { type: 'telepathy' } }],
        partials: false,
        insights: false,
      },
      'rpc.invalidParams',
      /"sources\.0\.origin/,
    ));
  it('refuses params that are no object', () =>
    checkRefused('session/list', 7, 'rpc.invalidParams', /params is not valid/));
  it('refuses what cannot be compared', () =>
    checkRefused(
      'session/rename',
      JSON.parse('{"sessionId": "x", "title": {"length": {"toString": 1, "valueOf": 1}}}'),
      'rpc.invalidParams',
      /is not valid/,
    ));
  it('refuses a number out of range', () =>
    checkRefused(
      'session/attach',
      { sessionId: 'x', afterSeq: -1 },
      'rpc.invalidParams',
      /"afterSeq"/,
    ));

  it('goes on after what it refused', async () => {
    const client = await h.client();
    deepEqual(
      [
        await client.code('nope', {}),
        await client.code('session/stop', { sessionId: 5 }),
        await client.code('session/list', {}),
      ],
      ['rpc.unknownMethod', 'rpc.invalidParams', 'ok'],
    );
  });

  it('says nothing of an unexpected error but where it happened', async () => {
    const secret = 'what people said';
    const broken = new RpcHarness({
      devices: { list: () => Promise.reject(new TypeError(secret)) },
    });
    const error = (await (
      await broken.client()
    )
      .raw('audio/devices', {})
      .catch((e: unknown) => e)) as EarmarkError;
    equal(error.code, 'internal');
    match(error.message, /earmark daemon logs/);
    equal(
      JSON.stringify({ message: error.message, logged: broken.logged }).includes(secret),
      false,
    );
    match(String(broken.logged[0]?.fields?.['error']), /^TypeError \| at /);
    broken.dispose();
  });

  it('refuses more than 256 requests at once', async () => {
    let release!: () => void;
    const gate = new Promise<never[]>((resolve) => (release = () => resolve([])));
    const slow = new RpcHarness({
      devices: {
        list: () => gate.then(() => ({ microphones: [], systems: [], recorders: [], advice: [] })),
      },
    });
    const client = await slow.client();
    const answers = Array.from({ length: 257 }, () => client.code('audio/devices', {}));
    equal(await answers[256], 'rpc.tooMany');
    release();
    deepEqual(new Set(await Promise.all(answers.slice(0, 256))), new Set(['ok']));
    slow.dispose();
  });

  it('tells what runs', async () => {
    const client = await h.client();
    const health = await client.raw('daemon/health', {});
    deepEqual(health, {
      version: '1.2.3',
      protocol: { ...PROTOCOL_VERSION },
      pid: 42,
      uptimeMs: 1000,
      rssBytes: 2000,
      clients: 1,
      sessions: [],
      workers: [],
      engine: ENGINE,
      engines: [ENGINE],
      machine: (health as { machine: object }).machine,
      queue: {
        waiting: 0,
        waitP50Ms: 0,
        waitP95Ms: 0,
        waitMaxMs: 0,
        load: 0,
        finals: 'full',
        droppedSpeculations: 0,
        droppedPartials: 0,
      },
      problems: ['Something to do.'],
      ready: true,
      parts: [],
      alerts: [],
      metrics: {},
      lastErrors: [],
    });
  });
});
