/** What somebody over the network may do, and whose sessions they see. */
import { deepEqual, equal, rejects } from 'node:assert/strict';
import type { Identity, AccessScope } from '../../../daemon/base/identity';
import { FAMILIES } from '../../../protocol';
import { PrivacyRetention, PrivacyStorage } from '../../../protocol/privacy';
import { PUSHED, RpcHarness, base64, type TestClient } from '../../../testing/harness/rpcHarness';

const remote = (user: string, ...scopes: AccessScope[]): Identity => ({
  kind: 'remote',
  user,
  scopes,
  tokenId: user,
});

describe('clients over the network', () => {
  let rpc: RpcHarness;
  beforeEach(() => (rpc = new RpcHarness()));
  afterEach(() => rpc.dispose());

  const start = async (client: TestClient, key?: string): Promise<string> =>
    (
      (await client.raw('session/start', { ...PUSHED, ...(key === undefined ? {} : { key }) })) as {
        session: { id: string };
      }
    ).session.id;
  const listed = async (client: TestClient): Promise<string[]> =>
    ((await client.raw('session/list', {})) as { sessions: { id: string }[] }).sessions
      .map((s) => s.id)
      .sort();

  it('promise: every method needs a scope, admin if it names none', async () => {
    const requests = Object.values(FAMILIES)
      .flat()
      .filter((m) => m.type === 'request' && m.method !== 'daemon/hello')
      .map((m) => m.method);
    const allowed = async (scope: AccessScope): Promise<string[]> => {
      const client = await rpc.client({}, remote('ann', scope));
      const codes = await Promise.all(
        requests.map(
          async (method) => [method, await client.code(method, { sessionId: 5 })] as const,
        ),
      );
      return codes.filter(([, code]) => code !== 'rpc.forbidden').map(([method]) => method);
    };
    const read = [
      'audio/clip',
      'daemon/health',
      'insights/derive',
      'languageModel/levels',
      'models/list',
      'models/recommend',
      'notes/name',
      'session/attach',
      'session/detach',
      'session/export',
      'session/get',
      'session/list',
      'session/search',
      'voices/list',
    ];
    deepEqual((await allowed('read')).sort(), read);
    const record = await allowed('record');
    deepEqual(
      [
        'tokens/create',
        'tokens/list',
        'tokens/revoke',
        'daemon/drain',
        'daemon/shutdown',
        'models/pull',
        'models/remove',
        'audio/devices',
      ].filter((m) => record.includes(m)),
      [],
    );
    deepEqual(
      ['session/start', 'audio/push', 'audio/open', 'session/delete', ...read].filter(
        (m) => !record.includes(m),
      ),
      [],
    );
    const admin = await allowed('admin');
    // A model is lent, and a recording kept, on the same machine alone, and without a source of its
    // own a dictation would record there.
    deepEqual(
      requests.filter((m) => !admin.includes(m) && !m.startsWith('upload/')),
      ['languageModel/offer', 'dictation/start'],
    );
    equal(
      await (await rpc.client({}, remote('root', 'admin'))).code('upload/list', {}),
      'rpc.forbidden',
    );
  });

  it('promise: users see only their own sessions', async () => {
    const [ann, ben, admin, local] = [
      await rpc.client({}, remote('ann', 'record')),
      await rpc.client({}, remote('ben', 'record')),
      await rpc.client({}, remote('root', 'admin')),
      await rpc.client(),
    ];
    const [a, b, l] = [await start(ann), await start(ben), await start(local)];
    deepEqual(
      [await listed(ann), await listed(ben), await listed(admin), await listed(local)],
      [[a], [b], [a, b, l].sort(), [a, b, l].sort()],
    );
    const methods = [
      'session/attach',
      'session/get',
      'session/export',
      'audio/clip',
      'session/stop',
      'session/rename',
      'session/delete',
      'session/purge',
      'session/recover',
      'audio/push',
      'audio/report',
      'audio/end',
      'audio/open',
      'notes/lease',
      'notes/name',
      'transcript/revise',
      'transcript/nameSpeaker',
      'insights/revise',
      'dictation/take',
      'dictation/stop',
      'dictation/cancel',
    ];
    deepEqual(
      await Promise.all(methods.map((m) => ben.code(m, { sessionId: a, afterSeq: 0 }))),
      methods.map(() => 'session.notFound'),
    );
    const health = (await ann.raw('daemon/health', {})) as { sessions: { id: string }[] };
    deepEqual(
      health.sessions.map((s) => s.id),
      [a],
    );
  });

  it('tells a user about his own data, and its retention, which an administrator sets', async () => {
    const [ann, ben, root, chief] = [
      await rpc.client({}, remote('ann', 'record')),
      await rpc.client({}, remote('ben', 'record')),
      await rpc.client({}, remote('root', 'admin')),
      await rpc.client(
        {},
        {
          kind: 'remote',
          user: 'chief',
          scopes: ['admin'],
          tokenId: 'chief',
          organisation: 'ant',
        },
      ),
    ];
    await start(ann);
    await start(ben);
    await start(ben);
    await root.ask(PrivacyRetention, { set: { audioDays: 30 } });
    const view = async (client: TestClient) => {
      const { disk, sessions } = await client.ask(PrivacyStorage, {});
      return { disk: disk !== undefined, sessions };
    };
    deepEqual(
      {
        ann: await view(ann),
        ben: await view(ben),
        root: await view(root),
        chief: (await view(chief)).disk,
        read: await ann.ask(PrivacyRetention, {}),
        set: await ann.code('privacy/retention', { set: {} }),
        kept: await root.ask(PrivacyRetention, {}),
        reader: await (await rpc.client({}, remote('eve', 'read'))).code('privacy/storage', {}),
      },
      {
        ann: { disk: false, sessions: 1 },
        ben: { disk: false, sessions: 2 },
        root: { disk: true, sessions: 3 },
        chief: false,
        read: { retention: { audioDays: 30 }, fixed: true },
        set: 'rpc.forbidden',
        kept: { retention: { audioDays: 30 } },
        reader: 'rpc.forbidden',
      },
    );
  });

  it('promise: no remote client changes settings', async () => {
    const admin = await rpc.client({}, remote('root', 'admin'));
    deepEqual(
      [
        await admin.code('settings/set', { values: { 'voxtral.program': '/tmp/x' } }),
        rpc.settings.current['voxtral.program'],
      ],
      ['rpc.forbidden', ''],
    );
    deepEqual(
      (
        (await (
          await rpc.client()
        ).raw('settings/set', { values: { 'voxtral.program': '/opt/v', 'llm.key': 'hush' } })) as {
          values: object;
        }
      ).values,
      { ...rpc.settings.current, 'llm.key': '(set)' },
    );
    deepEqual(
      ((await admin.raw('settings/get', {})) as { values: Record<string, unknown> }).values[
        'llm.key'
      ],
      '(set)',
    );
  });

  it('promise: keys of repeated starts belong to one user', async () => {
    const [ann, ben] = [
      await rpc.client({}, remote('ann', 'record')),
      await rpc.client({}, remote('ben', 'record')),
    ];
    const [a, again, b] = [await start(ann, 'k'), await start(ann, 'k'), await start(ben, 'k')];
    deepEqual([a === again, a === b], [true, false]);
  });

  it("promise: no remote client opens the daemon's microphone", async () => {
    const admin = await rpc.client({}, remote('root', 'admin'));
    deepEqual(
      [
        await admin.code('session/start', {
          ...PUSHED,
          kind: 'meeting',
          sources: [{ source: 'mic', origin: { type: 'capture' } }],
        }),
        await admin.code('dictation/start', {}),
      ],
      ['rpc.forbidden', 'rpc.forbidden'],
    );
  });

  it('promise: sessions are bounded per user', async () => {
    const ann = await rpc.client({}, remote('ann', 'record'));
    for (let i = 0; i < 16; i++) await start(ann);
    await rejects(start(ann), { code: 'session.tooMany', retryAfterMs: 500 });
    await start(await rpc.client({}, remote('ben', 'record')));
  });

  it('push audio as binary messages to the source whose channel they opened', async () => {
    const ann = await rpc.client({}, remote('ann', 'record'));
    const sessionId = await start(ann);
    const { channel } = (await ann.raw('audio/open', { sessionId, source: 'file' })) as {
      channel: number;
    };
    const pcm = new Uint8Array(1280);
    const push = (change: object) =>
      ann.handler.audio?.({ channel, seq: 0, captureMs: 0, pcm, ...change });
    deepEqual(
      await push({}),
      await ann.raw('audio/push', {
        sessionId,
        source: 'file',
        seq: 0,
        captureMs: 0,
        pcm: base64(new Int16Array(640)),
      }),
    );
    const codes = await Promise.all(
      [
        { channel: 0 },
        { channel: 9 },
        { pcm: pcm.subarray(1) },
        { pcm: new Uint8Array(0) },
        { pcm: new Uint8Array(64_640) },
      ].map(async (change) => {
        try {
          return await push(change);
        } catch (error) {
          return (error as { code: string }).code;
        }
      }),
    );
    deepEqual(codes, [
      'audio.unknownSource',
      'audio.unknownSource',
      'audio.oddFrame',
      'audio.oddFrame',
      'rpc.invalidParams',
    ]);
  });
});
