/**
 * Every method of the protocol, asked by people of an organisation about another one's session: the
 * answers are those about a session that never was, before the other organisation did anything and
 * after it did much.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDaemon, readDaemonFile, type DaemonClient } from '../../client';
import { Database } from '../../daemon/adapters/postgres/database';
import { People } from '../../daemon/adapters/postgres/people';
import { PostgresTokens } from '../../daemon/adapters/postgres/postgresTokens';
import { openTeamHome } from '../../daemon/adapters/postgres/teamHome';
import type { AccessScope } from '../../daemon/base/identity';
import { composeDaemon, type RunningDaemon } from '../../daemon/compose';
import { FAMILIES } from '../../protocol/index';
import type { RequestType } from '../../protocol/method';
import {
  SessionExport,
  SessionGet,
  SessionList,
  SessionStart,
  SessionStop,
} from '../../protocol/session';
import { PostgresServer } from '../../testing/processes/postgresServer';
import { LOUDNESS } from '../../testing/fakes/scripted/scriptedEngine';
import { scriptedParts } from '../../testing/fakes/scripted/scriptedParts';

/** Whose session, and what stands in it. */
interface Aim {
  readonly sessionId: string;
  readonly segmentId: string;
}
type Params = Readonly<Record<string, unknown>>;

const FRAME = Buffer.alloc(640).toString('base64');
const START: Params = {
  kind: 'file',
  title: 'Own',
  partials: false,
  insights: true,
  sources: [{ source: 'mic', origin: { type: 'push' } }],
};
const EDIT = (aim: Aim): Params => ({
  sessionId: aim.sessionId,
  segmentId: aim.segmentId,
  op: 'edit',
  text: 'x',
});

/**
 * Every request that the protocol declares. One that is not here fails the test: somebody has to
 * think about it.
 */
const ASKED: Readonly<Record<string, (aim: Aim) => Params>> = {
  'daemon/hello': () => ({ protocol: { major: 1, minor: 0 }, client: 'x', clientVersion: '0' }),
  'daemon/health': () => ({}),
  'daemon/profile': () => ({ ms: 1000 }),
  'daemon/drain': () => ({}),
  'daemon/shutdown': () => ({}),
  'engine/calibrate': () => ({}),
  'engine/retry': () => ({}),
  'session/start': () => ({ ...START, key: 'shared key' }),
  'session/list': () => ({}),
  'session/search': () => ({ query: 'w7' }),
  'session/get': ({ sessionId }) => ({ sessionId }),
  'session/export': ({ sessionId }) => ({ sessionId, format: 'json' }),
  'session/attach': ({ sessionId }) => ({ sessionId, afterSeq: 0 }),
  'session/detach': ({ sessionId }) => ({ sessionId }),
  'session/context': ({ sessionId }) => ({ sessionId, symbols: [] }),
  'session/pause': ({ sessionId }) => ({ sessionId }),
  'session/resume': ({ sessionId }) => ({ sessionId }),
  'session/stop': ({ sessionId }) => ({ sessionId }),
  'session/setModel': ({ sessionId }) => ({ sessionId, provider: 'x', model: 'x' }),
  'session/rename': ({ sessionId }) => ({ sessionId, title: 'taken' }),
  'session/recover': ({ sessionId }) => ({ sessionId }),
  'session/delete': ({ sessionId }) => ({ sessionId }),
  'session/purge': ({ sessionId }) => ({ sessionId }),
  'transcript/nameSpeaker': ({ sessionId }) => ({ sessionId, speakerId: 'mic', name: 'taken' }),
  'transcript/import': () => ({ text: 'Ann: I will write the page.', title: 'Own' }),
  'transcript/revise': EDIT,
  'insights/analyze': () => ({ segments: [] }),
  'insights/derive': ({ sessionId }) => ({ sessionId, insightId: 'i1', as: 'todo' }),
  'insights/write': ({ sessionId }) => ({ sessionId, model: 'server' }),
  'insights/revise': ({ sessionId }) => ({ sessionId, insightId: 'i1', status: 'done' }),
  'languageModel/answer': () => ({ id: 1, outcome: { kind: 'failed', reason: 'refused' } }),
  'languageModel/levels': () => ({}),
  'languageModel/offer': () => ({ model: 'x', maxInputTokens: 1000 }),
  'audio/clip': ({ sessionId }) => ({ sessionId, source: 'mic', startMs: 0, endMs: 100 }),
  'audio/devices': () => ({}),
  'audio/end': ({ sessionId }) => ({ sessionId, source: 'mic' }),
  'audio/open': ({ sessionId }) => ({ sessionId, source: 'mic' }),
  'audio/report': ({ sessionId }) => ({
    sessionId,
    source: 'mic',
    code: 'source.lost',
    message: 'Gone.',
  }),
  'audio/push': ({ sessionId }) => ({ sessionId, source: 'mic', seq: 1, captureMs: 0, pcm: FRAME }),
  'audio/verify': ({ sessionId }) => ({
    sessionId,
    source: 'mic',
    frames: 2,
    digest: '0'.repeat(64),
  }),
  'upload/open': ({ sessionId }) => ({ remote: 'x', sessionId, sources: [{ source: 'mic' }] }),
  'upload/read': ({ sessionId }) => ({ uploadId: sessionId, source: 'mic', seq: 0, frames: 1 }),
  'upload/close': ({ sessionId }) => ({ uploadId: sessionId }),
  'upload/end': ({ sessionId }) => ({ uploadId: sessionId }),
  'upload/sent': ({ sessionId }) => ({ uploadId: sessionId }),
  'upload/settle': ({ sessionId }) => ({ uploadId: sessionId, received: [] }),
  'upload/list': () => ({}),
  'upload/discard': ({ sessionId }) => ({ uploadId: sessionId }),
  'upload/transcribe': ({ sessionId }) => ({ uploadId: sessionId }),
  'capture/start': () => ({ source: 'mic' }),
  'capture/stop': () => ({ captureId: 'x' }),
  'capture/watch': () => ({ on: true }),
  'dictation/start': () => ({ source: { source: 'mic', origin: { type: 'push' } } }),
  'dictation/learn': ({ sessionId }) => ({ sessionId, symbols: [] }),
  'dictation/take': ({ sessionId }) => ({ sessionId }),
  'dictation/stop': ({ sessionId }) => ({ sessionId }),
  'dictation/cancel': ({ sessionId }) => ({ sessionId }),
  'models/list': () => ({}),
  'models/recommend': () => ({}),
  'models/add': () => ({ folder: '/x' }),
  'models/pull': () => ({ modelId: 'x' }),
  'models/remove': () => ({ modelId: 'x' }),
  'models/rollback': () => ({ modelId: 'x' }),
  'models/update': () => ({ modelId: 'x' }),
  'models/verify': () => ({ modelId: 'x' }),
  'notes/lease': ({ sessionId }) => ({ sessionId }),
  'notes/name': ({ sessionId }) => ({ sessionId, folder: [] }),
  'notes/plan': ({ sessionId }) => ({ sessionId, text: '' }),
  'notes/release': ({ sessionId }) => ({ sessionId }),
  'privacy/retention': () => ({}),
  'privacy/rotateKey': () => ({ key: 'a key that is long enough for it' }),
  'privacy/storage': () => ({}),
  'privacy/unlock': () => ({ key: 'a key that is long enough for it' }),
  'settings/get': () => ({}),
  'settings/set': () => ({ values: {} }),
  'tokens/create': () => ({ user: 'bob', scopes: ['read'] }),
  'tokens/list': () => ({}),
  'tokens/revoke': () => ({ id: '000000000000' }),
  'voices/keep': ({ sessionId }) => ({ sessionId, speakerId: 'mic' }),
  'voices/list': () => ({}),
  'voices/forget': () => ({}),
};

const REQUESTS = Object.values(FAMILIES)
  .flat()
  .filter(
    (message): message is RequestType =>
      message.type === 'request' && (message.direction as string | undefined) !== 'toClient',
  );

describe('organisations of one server, over every method', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let daemon: RunningDaemon;
  let database: Database;
  let people: People;
  const home = mkdtempSync(join(tmpdir(), 'earmark-org-'));
  const open: DaemonClient[] = [];

  before(async function () {
    server = await PostgresServer.start(this);
    const urls = await server.database('rpc');
    database = new Database({ url: urls.gateway });
    people = new People(new Database({ url: urls.admin }), Date.now, 'root');
    const running = await composeDaemon({
      home,
      env: {},
      given: { 'log.level': 'error', 'listen.address': '127.0.0.1:0' },
      ...scriptedParts(),
      team: () => openTeamHome({ url: urls.gateway, server: 'one', wall: Date.now }),
    });
    ok(running);
    daemon = running;
  });
  after(async () => {
    for (const client of open) client.dispose();
    daemon?.shutdown();
    await daemon?.ended;
    await database?.close();
    await server?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  async function client(
    organisation: string,
    user: string,
    scopes: readonly AccessScope[],
  ): Promise<DaemonClient> {
    const { secret } = await new PostgresTokens(database, organisation, Date.now).create(
      user,
      scopes,
      'root',
    );
    const made = await ensureDaemon({
      stateDir: home,
      client: { name: 'test', version: '0' },
      remote: { url: readDaemonFile(home)?.listen?.url ?? '', token: secret },
    });
    open.push(made);
    return made;
  }

  /** What is made of chance or of the clock differs between any two answers. */
  const steady = (value: unknown): string =>
    JSON.stringify(value, (name, part: unknown) =>
      /^(sessionId|resumeToken|token|id|startedAt|oldest|clockMs|createdAt|uptimeMs|pid)$/.test(
        name,
      )
        ? '*'
        : part,
    );

  /**
   * Answers, or the code and sentence of the error, of every method to two people of a new
   * organisation.
   */
  async function answers(organisation: string, aim: Aim): Promise<Record<string, unknown>> {
    await people.addOrganisation(organisation, 'Same');
    const found: Record<string, unknown> = {};
    for (const [user, scopes] of [
      ['bob', ['record']],
      ['root', ['admin']],
    ] as const) {
      const producer = await client(organisation, user, scopes);
      for (const type of REQUESTS) {
        const params = ASKED[type.method]?.(aim) as never;
        found[`${user} ${type.method}`] = await producer
          .request(type, params)
          .then(
            steady,
            ({ code, message }: { code?: string; message: string }) =>
              `${code ?? ''}: ${message.replaceAll(aim.sessionId, '*')}`,
          );
      }
    }
    return found;
  }

  it('has a question for every method', () => {
    deepEqual(Object.keys(ASKED).sort(), REQUESTS.map(({ method }) => method).sort());
    // One that is refused for its form would prove nothing.
    deepEqual(
      REQUESTS.flatMap(
        ({ method, params }) =>
          params
            .safeParse(ASKED[method]?.({ sessionId: 'AAAAAAAAAAAA', segmentId: 's1' }))
            .error?.issues.map(({ path, message }) => `${method} ${path.join('.')}: ${message}`) ??
          [],
      ),
      [],
    );
  });

  it('promise: no method shows anything of another organisation', async () => {
    const nobody = await answers('bee', { sessionId: 'AAAAAAAAAAAA', segmentId: 's1' });

    await people.addOrganisation('ant', 'Same');
    const ann = await client('ant', 'ann', ['record']);
    const push = async (sessionId: string): Promise<void> => {
      const pcm = new Int16Array(320 * 50);
      for (let i = 0; i < 8; i++)
        await ann.pushAudio(
          sessionId,
          'mic',
          i * 50,
          i * 1000,
          new Uint8Array(pcm.fill(i % 4 < 2 ? 7 * LOUDNESS : 0).slice().buffer),
        );
    };
    const sessionId = (
      await ann.request(SessionStart, {
        ...START,
        title: 'Secret plan',
        key: 'shared key',
      } as never)
    ).session.id;
    await push(sessionId);
    await ann.request(SessionStop, { sessionId });
    while ((await ann.request(SessionGet, { sessionId })).session.state !== 'DONE')
      await new Promise((resolve) => setTimeout(resolve, 50));
    const running = (await ann.request(SessionStart, { ...START, title: 'Secret talk' } as never))
      .session.id;
    await push(running);
    const kept = await ann.request(SessionGet, { sessionId });
    const segmentId = kept.segments[0]?.id ?? '';
    ok(segmentId !== '' && kept.segments[0]?.text.includes('w7'), 'something was said');

    const outsider = await answers('cow', { sessionId, segmentId });
    const outsiderOfRunning = await answers('dog', { sessionId: running, segmentId });
    deepEqual(outsider, nobody);
    deepEqual(outsiderOfRunning, nobody);
    equal(/Secret|w7/.test(JSON.stringify([outsider, outsiderOfRunning])), false);

    // And nothing of hers was changed.
    deepEqual(await ann.request(SessionGet, { sessionId }), kept);
    deepEqual((await ann.request(SessionList, {})).sessions.map(({ title }) => title).sort(), [
      'Secret plan',
      'Secret talk',
    ]);
    ok((await ann.request(SessionExport, { sessionId, format: 'json' })).text.includes('w7'));
  });

  it('promise: administrators of an organisation cannot control the process', async () => {
    const root = await client('ant', 'chief', ['admin']);
    const forbidden: string[] = [];
    for (const type of REQUESTS) {
      const code = await root
        .request(
          type,
          ASKED[type.method]?.({ sessionId: 'AAAAAAAAAAAA', segmentId: 's1' }) as never,
        )
        .then(
          () => 'ok',
          (error: { code?: string }) => error.code,
        );
      if (code === 'rpc.forbidden') forbidden.push(type.method);
    }
    const must = [
      'daemon/drain',
      'daemon/profile',
      'daemon/shutdown',
      'engine/calibrate',
      'models/pull',
      'models/remove',
      'privacy/rotateKey',
      'privacy/unlock',
      'settings/get',
      'settings/set',
      'languageModel/offer',
      'capture/start',
    ];
    deepEqual(
      must.filter((method) => !forbidden.includes(method)),
      [],
    );
  });
});
