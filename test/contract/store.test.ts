/**
 * One suite over every SessionStore: the real ones in libSQL and in PostgreSQL, and the fake that
 * other tests use.
 */
import { deepEqual, rejects } from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimedStore } from '../../daemon/adapters/nats/claimedStore';
import { journalled } from '../../daemon/adapters/nats/journal';
import { openLeases } from '../../daemon/adapters/nats/kvLeases';
import { ReplicatedSpools } from '../../daemon/adapters/nats/replicatedSpools';
import { SessionClaims } from '../../daemon/adapters/nats/sessionClaims';
import { openSessionStream, SessionSubjects } from '../../daemon/adapters/nats/sessionStream';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { Database } from '../../daemon/adapters/postgres/database';
import { PostgresStore } from '../../daemon/adapters/postgres/postgresStore';
import { openStoreThread } from '../../daemon/adapters/store/storeThread';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import type { Leases } from '../../daemon/team/leases';
import type {
  DurableEvent,
  DurableEventBody,
  SessionRecord,
} from '../../daemon/session/contract/events';
import type { SessionStore } from '../../daemon/session/contract/store';
import type { SearchQuery } from '../../daemon/session/contract/search';
import type { Insight } from '../../daemon/insights/types';
import type { Segment } from '../../daemon/transcript/types';
import { MemorySpools } from '../../testing/fakes/memorySpool';
import { MemoryStore } from '../../testing/fakes/memoryStore';
import { NatsServers, needNats } from '../../testing/processes/natsServers';
import { PostgresServer } from '../../testing/processes/postgresServer';
import { skip } from '../../testing/harness/skip';

const record = (id: string, change: Partial<SessionRecord> = {}): SessionRecord => ({
  id,
  kind: 'meeting',
  title: `Title of ${id}`,
  state: 'IDLE',
  startedAt: '2026-01-05T09:00:00+00:00',
  createdMs: 1000,
  durationMs: 0,
  sources: [{ source: 'mic', origin: { type: 'capture' } }],
  language: 'en',
  provider: 'scripted',
  model: 'script',
  live: true,
  partials: true,
  insights: true,
  ephemeral: false,
  keepAudio: false,
  ...change,
});
const segment = (id: string, text: string, change: Partial<Segment> = {}): Segment => ({
  id,
  startMs: 0,
  endMs: 900,
  source: 'mic',
  speaker: 'You',
  text,
  confidence: 0.9,
  revision: 0,
  ...change,
});
const insight = (id: string, change: Partial<Insight> = {}): Insight => ({
  id,
  kind: 'action',
  text: 'Fix it',
  status: 'open',
  confidence: 0.8,
  evidence: [{ segmentId: 's1', startMs: 0, endMs: 900, quote: 'fix it' }],
  symbols: [],
  ...change,
});
const numbered = (from: number, ...bodies: DurableEventBody[]): DurableEvent[] =>
  bodies.map((body, i) => ({ ...body, seq: from + i, time: (from + i) * 100 }));
const code =
  (wanted: string) =>
  (error: unknown): boolean =>
    (error as { code?: string }).code === wanted;

interface Subject {
  readonly store: SessionStore;
  /** The store as the next start of the daemon finds it. */
  reopen(): SessionStore | Promise<SessionStore>;
  end(): void | Promise<void>;
}

let server: PostgresServer;
let nats: NatsServers;
let bus: TeamBus;
let leases: Leases;
let url = '';
let organisations = 0;

async function onThread(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'earmark-store-'));
  const open: SessionStore[] = [];
  const next = async (): Promise<SessionStore> => {
    await open.at(-1)?.close();
    const { store } = await openStoreThread({ file: join(folder, 'earmark.db'), now: Date.now });
    open.push(store);
    return store;
  };
  return {
    store: await next(),
    reopen: next,
    end: async () => {
      await open.at(-1)?.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function startNats(context: Mocha.Context): Promise<void> {
  nats = await NatsServers.start(needNats(context));
  bus = await openBus({ servers: nats.url, name: 'contract', replicas: 1, logger: silentLogger });
  await openSessionStream(bus);
  leases = await openLeases(bus, systemClock, silentLogger);
}

async function stopNats(): Promise<void> {
  leases?.dispose();
  await bus?.close();
  await nats?.stop();
}

const subjects: Readonly<
  Record<
    string,
    {
      readonly prepare?: (context: Mocha.Context) => Promise<void>;
      readonly cleanUp?: () => Promise<void>;
      readonly make: () => Subject | Promise<Subject>;
    }
  >
> = {
  memory: {
    make: () => {
      const store = new MemoryStore();
      return { store, reopen: () => store, end: () => undefined };
    },
  },
  'libsql on its thread': {
    make: onThread,
  },
  'plain SQLite, as on Windows on Arm': {
    prepare: async (context) => {
      if (!existsSync(join(__dirname, '../../node_modules/@photostructure/sqlite')))
        skip(context, 'plain SQLite is not installed: run npm ci');
      process.env['EARMARK_SQLITE'] = 'plain';
    },
    cleanUp: async () => void delete process.env['EARMARK_SQLITE'],
    make: onThread,
  },
  postgres: {
    prepare: async (context) => {
      server = await PostgresServer.start(context);
      url = (await server.database('contract')).gateway;
    },
    cleanUp: () => server?.stop(),
    make: async () => {
      const organisation = `org${organisations++}`;
      await server.sql('contract', 'INSERT INTO earmark.organisations VALUES ($1, $1, 0, $1)', [
        organisation,
      ]);
      let database = new Database({ url });
      const next = async (): Promise<SessionStore> => {
        await database.close();
        database = new Database({ url });
        await database.assertUnprivileged();
        return new PostgresStore(database, organisation);
      };
      return { store: await next(), reopen: next, end: () => database.close() };
    },
  },
  'postgres, whose sessions a server claims over JetStream': {
    prepare: async (context) => {
      await startNats(context);
      server = await PostgresServer.start(context);
      url = (await server.database('contract')).gateway;
    },
    cleanUp: async () => {
      await stopNats();
      await server?.stop();
    },
    make: async () => {
      const organisation = `claimed${organisations++}`;
      await server.sql('contract', 'INSERT INTO earmark.organisations VALUES ($1, $1, 0, $1)', [
        organisation,
      ]);
      const subjectsOf = new SessionSubjects(organisation);
      let database = new Database({ url });
      const next = async (): Promise<SessionStore> => {
        await database.close();
        database = new Database({ url });
        const own = new PostgresStore(database, organisation);
        const spools = new ReplicatedSpools(
          new MemorySpools(systemClock),
          bus,
          systemClock,
          subjectsOf,
          'contract',
          own,
        );
        return claimedStore({
          database: own,
          spools,
          claims: new SessionClaims({
            bus,
            leases,
            subjects: subjectsOf,
            name: 'contract',
            logger: silentLogger,
          }),
          logger: silentLogger,
        }).store;
      };
      return { store: await next(), reopen: next, end: () => database.close() };
    },
  },
  'libsql behind journals in JetStream': {
    prepare: startNats,
    cleanUp: stopNats,
    // What one server gave up another one goes on with, which has nothing of it but the journal.
    make: async () => {
      const { store: first, reopen, end } = await onThread();
      // Messages of a server are told apart by its name.
      const name = `journalled${organisations++}`;
      const subjectsOf = new SessionSubjects(name);
      const behind = async (local: SessionStore) => {
        const claims = new SessionClaims({
          bus,
          leases,
          subjects: subjectsOf,
          name,
          logger: silentLogger,
        });
        const spools = new ReplicatedSpools(
          new MemorySpools(systemClock),
          bus,
          systemClock,
          subjectsOf,
          name,
        );
        return {
          claims,
          ...(await journalled({
            local,
            spools,
            bus,
            subjects: subjectsOf,
            claims,
            logger: silentLogger,
          })),
        };
      };
      let server = await behind(first);
      const next = async (): Promise<SessionStore> => {
        const local = await reopen();
        const sessions = await local.listSessions({ limit: 100, offset: 0 });
        for (const { id } of sessions) await server.claims.giveUp(id);
        server = await behind(local);
        for (const { id } of sessions) await server.ownership.take(id);
        return server.store;
      };
      return { store: server.store, reopen: next, end };
    },
  },
};

for (const [name, { prepare, cleanUp, make }] of Object.entries(subjects)) {
  describe(`store: ${name}`, () => {
    let subject: Subject;
    let store: SessionStore;
    before(async function () {
      await prepare?.(this);
    });
    after(() => cleanUp?.());
    beforeEach(async () => {
      subject = await make();
      store = subject.store;
    });
    afterEach(() => subject.end());

    it('makes a session once, also when it is asked twice because the answer was lost, and touches none with events', async () => {
      await store.createSession(record('a', { key: 'k' }));
      await store.createSession(record('a', { key: 'k', title: 'New' }));
      await store.append(
        'a',
        numbered(1, { kind: 'state', from: 'IDLE', to: 'STREAMING', cause: 'start' }),
      );
      await rejects(
        store.createSession(record('a', { key: 'k', title: 'Newer' })),
        code('internal'),
      );
      await rejects(store.createSession(record('b', { key: 'k' })), code('store.unwritable'));
      deepEqual(await store.listSessions({ limit: 9, offset: 0 }), [
        record('a', { key: 'k', title: 'New', state: 'STREAMING' }),
      ]);
    });

    it('keeps events, state, segments, speakers, insights, progress and figures over a restart', async () => {
      await store.createSession(record('a', { key: 'k' }));
      const events = numbered(
        1,
        { kind: 'state', from: 'IDLE', to: 'STREAMING', cause: 'start' },
        { kind: 'speaker', speaker: { id: 'mic', name: 'You', source: 'mic' } },
        { kind: 'final', segment: segment('s1', 'please fix it') },
        { kind: 'action', op: 'add', insight: insight('i1') },
        { kind: 'warning', code: 'source.gap', message: 'A gap.', source: 'mic' },
      );
      await store.append('a', events, [{ source: 'mic', finalThrough: 41 }]);
      await store.updateSession('a', { title: 'New', durationMs: 900, stats: { phrases: 1 } });
      const again = await subject.reopen();
      deepEqual(
        {
          record: await again.findByKey('k'),
          counts: await again.counts('a'),
          events: await again.readEvents('a', 0, 100),
          segments: await again.segments('a'),
          speakers: await again.speakers('a'),
          insights: await again.insights('a'),
          progress: await again.progress('a'),
          stats: await again.stats('a'),
        },
        {
          record: record('a', { key: 'k', state: 'STREAMING', title: 'New', durationMs: 900 }),
          counts: { lastSeq: 5, lastTime: 500, segments: 1 },
          events,
          segments: [segment('s1', 'please fix it')],
          speakers: [{ id: 'mic', name: 'You', source: 'mic' }],
          insights: [insight('i1')],
          progress: [{ source: 'mic', finalThrough: 41 }],
          stats: { phrases: 1 },
        },
      );
    });

    it('refuses an event that does not follow, and keeps nothing of its batch', async () => {
      await store.createSession(record('a'));
      await store.append('a', numbered(1, { kind: 'final', segment: segment('s1', 'one') }));
      for (const from of [1, 3])
        await rejects(
          async () =>
            store.append('a', numbered(from, { kind: 'final', segment: segment('s2', 'two') }), [
              { source: 'mic', finalThrough: 9 },
            ]),
          code('internal'),
        );
      const [second] = numbered(2, { kind: 'final', segment: segment('s2', 'two') });
      await rejects(
        async () =>
          store.append('a', [
            second as DurableEvent,
            ...numbered(2, { kind: 'final', segment: segment('s3', 'three') }),
          ]),
        code('internal'),
      );
      deepEqual(
        {
          counts: await store.counts('a'),
          segments: (await store.segments('a')).length,
          progress: await store.progress('a'),
        },
        { counts: { lastSeq: 1, lastTime: 100, segments: 1 }, segments: 1, progress: [] },
      );
    });

    it('applies revisions and changes of insights', async () => {
      await store.createSession(record('a'));
      const edited = segment('s1', 'one', { revision: 1 });
      const added = segment('s1.2', 'two', { startMs: 500 });
      await store.append(
        'a',
        numbered(
          1,
          { kind: 'final', segment: segment('s1', 'one two') },
          { kind: 'action', op: 'add', insight: insight('i1') },
          { kind: 'action', op: 'add', insight: insight('i2') },
          {
            kind: 'revision',
            revision: {
              segmentId: 's1',
              revision: 1,
              op: 'split',
              by: 'machine',
              segment: edited,
              added: [added],
            },
          },
          { kind: 'action', op: 'update', insight: insight('i1', { status: 'done' }) },
          { kind: 'action', op: 'remove', insight: insight('i2') },
        ),
      );
      deepEqual(
        {
          segments: await store.segments('a'),
          insights: await store.insights('a'),
          count: (await store.counts('a')).segments,
        },
        { segments: [edited, added], insights: [insight('i1', { status: 'done' })], count: 2 },
      );
    });

    it('moves progress forwards only', async () => {
      await store.createSession(record('a'));
      for (const finalThrough of [10, 4, 12])
        await store.append('a', [], [{ source: 'mic', finalThrough }]);
      deepEqual(await store.progress('a'), [{ source: 'mic', finalThrough: 12 }]);
    });

    it('keeps the receipt of what came in with the progress it belongs to', async () => {
      await store.createSession(record('a'));
      const received = (frames: number) => ({
        frames,
        digest: frames.toString(16).padStart(64, '0'),
      });
      for (const [finalThrough, frames] of [
        [10, 5],
        [12, 11],
        [12, 13],
        [4, 3],
      ] as const)
        await store.append(
          'a',
          [],
          [
            { source: 'mic', finalThrough, received: received(frames) },
            { source: 'system', finalThrough },
          ],
        );
      deepEqual(await (await subject.reopen()).progress('a'), [
        { source: 'mic', finalThrough: 12, received: received(13) },
        { source: 'system', finalThrough: 12 },
      ]);
    });

    it('pages events and lists sessions newest first', async () => {
      for (const [id, createdMs] of [
        ['a', 1],
        ['b', 3],
        ['c', 2],
      ] as const)
        await store.createSession(record(id, { createdMs }));
      await store.append(
        'c',
        numbered(
          1,
          { kind: 'state', from: 'IDLE', to: 'FAILED', cause: 'x' },
          { kind: 'error', code: 'internal', message: 'm' },
          { kind: 'error', code: 'internal', message: 'n' },
        ),
      );
      const ids = async (filter: {
        limit: number;
        offset: number;
        active?: boolean;
      }): Promise<string[]> => (await store.listSessions(filter)).map(({ id }) => id);
      deepEqual(
        {
          all: await ids({ limit: 9, offset: 0 }),
          page: await ids({ limit: 1, offset: 1 }),
          active: await ids({ limit: 9, offset: 0, active: true }),
          over: await ids({ limit: 9, offset: 0, active: false }),
          events: (await store.readEvents('c', 1, 1)).map(({ seq }) => seq),
        },
        { all: ['b', 'c', 'a'], page: ['c'], active: ['b', 'a'], over: ['c'], events: [2] },
      );
    });

    it('finds words, also after a person changed them, and nothing of a deleted session', async () => {
      for (const id of ['a', 'b']) {
        await store.createSession(record(id));
        await store.append(
          id,
          numbered(
            1,
            { kind: 'final', segment: segment('s1', 'Fix the token refresh') },
            { kind: 'final', segment: segment('s2', 'and "quote" it') },
          ),
        );
      }
      await store.append(
        'a',
        numbered(3, {
          kind: 'revision',
          revision: {
            segmentId: 's1',
            revision: 1,
            op: 'edit',
            by: 'person',
            segment: segment('s1', 'Fix the cache', { revision: 1 }),
          },
        }),
      );
      await store.deleteSession('b');
      const found = async (words: string, begun = false) =>
        (
          await store.search({
            words: words.split(' ').filter(Boolean),
            begun,
            kind: 'transcript',
            limit: 9,
          })
        ).map((hit) => [hit.sessionId, 'segment' in hit && hit.segment.id]);
      deepEqual(
        {
          old: await found('token'),
          now: await found('cache fix'),
          quote: await found('"quote'),
          begun: await found('fix ca', true),
          whole: await found('fix ca'),
          within: await found('ache', true),
          first: await found('fi cache', true),
          gone: await store.getSession('b'),
          events: await store.readEvents('b', 0, 9),
        },
        {
          old: [],
          now: [['a', 's1']],
          quote: [['a', 's2']],
          begun: [['a', 's1']],
          whole: [],
          within: [],
          first: [],
          gone: undefined,
          events: [],
        },
      );
    });

    it('searches by speaker, time, repository, branch, symbol and kind', async () => {
      for (const [id, createdMs, branch] of [
        ['a', 1_000, 'main'],
        ['b', 2_000, 'fix'],
      ] as const) {
        await store.createSession({
          ...record(id),
          createdMs,
          workspace: { repository: 'shop', branch },
        });
        await store.append(
          id,
          numbered(
            1,
            { kind: 'speaker', speaker: { id: 'v1', name: 'Ben', source: 'mic' } },
            { kind: 'final', segment: segment('s1', 'Fix the cache', { speaker: 'v1' }) },
            { kind: 'final', segment: segment('s2', 'Ship the cache', { speaker: 'Nina' }) },
            {
              kind: 'action',
              op: 'add',
              insight: insight('i1', {
                text: 'Fix the cache',
                owner: 'Ben',
                symbols: [{ name: 'cacheKey', uri: 'src/cache.ts' }],
                evidence: [{ segmentId: 's1', startMs: 0, endMs: 1, quote: 'Fix' }],
              }),
            },
            {
              kind: 'action',
              op: 'add',
              insight: insight('i2', { text: 'Ship 100% of it', status: 'dismissed' }),
            },
          ),
        );
      }
      const found = async (query: Partial<SearchQuery>) =>
        (await store.search({ words: [], kind: 'transcript', limit: 9, ...query }))
          .map((hit) => `${hit.sessionId} ${'segment' in hit ? hit.segment.id : hit.insight.id}`)
          .sort();
      deepEqual(
        {
          ben: await found({ words: ['cache'], speaker: 'ben' }),
          nina: await found({ speaker: 'NINA', branch: 'Fix' }),
          since: await found({ words: ['fix'], sinceMs: 2_000 }),
          until: await found({ words: ['fix'], untilMs: 2_000 }),
          other: await found({ words: ['fix'], repository: 'other' }),
          symbol: await found({ symbol: 'cachekey', branch: 'main' }),
          file: await found({ symbol: 'src/cache.ts', kind: 'action' }),
          folder: await found({ symbol: 'src', kind: 'action' }),
          actions: await found({ kind: 'action' }),
          words: await found({ kind: 'action', words: ['cache', 'ben'], branch: 'main' }),
          wild: await found({ kind: 'action', words: ['%'] }),
          decisions: await found({ kind: 'decision' }),
        },
        {
          ben: ['a s1', 'b s1'],
          nina: ['b s2'],
          since: ['b s1'],
          until: ['a s1'],
          other: [],
          symbol: ['a s1'],
          file: ['a i1', 'b i1'],
          folder: [],
          actions: ['a i1', 'b i1'],
          words: ['a i1'],
          wild: [],
          decisions: [],
        },
      );
    });

    it('purges a session and says what went; forgets kinds of another, and numbers what is left from 1', async () => {
      for (const id of ['a', 'b']) {
        await store.createSession(record(id));
        await store.append(
          id,
          numbered(
            1,
            { kind: 'state', from: 'IDLE', to: 'STARTING', cause: 'start' },
            { kind: 'final', segment: segment('s1', 'one') },
            { kind: 'action', op: 'add', insight: insight('i1') },
          ),
        );
      }
      const removed = await store.purgeSession('a');
      const left = { a: await store.getSession('a'), b: (await store.segments('b')).length };
      await store.forget('b', { transcript: true, insights: false });
      const half = {
        segments: (await store.counts('b')).segments,
        found: await store.search({ words: ['one'], kind: 'transcript', limit: 9 }),
        insights: (await store.insights('b')).length,
        seqs: (await store.readEvents('b', 0, 9)).map(({ seq, kind }) => [seq, kind]),
        last: (await store.counts('b')).lastSeq,
      };
      await store.forget('b', { transcript: false, insights: true });
      await store.append(
        'b',
        numbered(2, { kind: 'state', from: 'DONE', to: 'FINALIZING', cause: 'recover' }),
      );
      deepEqual(
        {
          removed,
          left,
          half,
          insights: await store.insights('b'),
          last: (await store.counts('b')).lastSeq,
        },
        {
          removed: { events: 3, segments: 1, insights: 1, setAside: 0, unread: 0 },
          left: { a: undefined, b: 1 },
          half: {
            segments: 0,
            found: [],
            insights: 1,
            seqs: [
              [1, 'state'],
              [2, 'action'],
            ],
            last: 2,
          },
          insights: [],
          last: 2,
        },
      );
    });

    it('keeps settings', async () => {
      const before = await store.setting('x');
      for (const value of ['1', '2']) await store.setSetting('x', value);
      deepEqual([before, await (await subject.reopen()).setting('x')], [undefined, '2']);
    });

    it('takes what it has already once more, word for word', async () => {
      await store.createSession(record('a'));
      const events = numbered(
        1,
        { kind: 'final', segment: segment('s1', 'one') },
        { kind: 'final', segment: segment('s2', 'two') },
      );
      for (let i = 0; i < 2; i++)
        await store.append('a', events, [{ source: 'mic', finalThrough: 9 }]);
      await rejects(
        () => store.append('a', numbered(1, { kind: 'final', segment: segment('s1', 'other') })),
        code('internal'),
      );
      deepEqual(
        [await store.counts('a'), (await store.segments('a')).length, await store.progress('a')],
        [{ lastSeq: 2, lastTime: 200, segments: 2 }, 2, [{ source: 'mic', finalThrough: 9 }]],
      );
    });

    it('carries out what is asked for at once in order, and one that fails alone', async () => {
      const ids = Array.from({ length: 20 }, (_, i) => `s${i}`);
      for (const id of ids) void store.createSession(record(id));
      const outcomes = await Promise.all(
        ids.flatMap((id, i) =>
          [1, 2, 3].map((seq) =>
            store
              .append(
                id,
                numbered(i === 7 && seq === 2 ? 9 : seq, {
                  kind: 'final',
                  segment: segment(`s${seq}`, 'word'),
                }),
              )
              .then(
                () => 'ok',
                (error: unknown) => (error as { code?: string }).code,
              ),
          ),
        ),
      );
      const [read, closed] = await Promise.all([store.counts('s19'), store.close()]);
      const again = await subject.reopen();
      const counts =
        name === 'memory'
          ? []
          : await Promise.all(ids.map(async (id) => (await again.counts(id)).lastSeq));
      deepEqual(
        {
          failed: outcomes.flatMap((outcome, i) =>
            outcome === 'ok' ? [] : [[Math.floor(i / 3), (i % 3) + 1, outcome]],
          ),
          read: read.lastSeq,
          closed,
          counts,
        },
        {
          failed: [
            [7, 2, 'internal'],
            [7, 3, 'internal'],
          ],
          read: 3,
          closed: undefined,
          counts: name === 'memory' ? [] : ids.map((_, i) => (i === 7 ? 1 : 3)),
        },
      );
    });

    it('knows nothing of a session that is not there', async () => {
      deepEqual(
        {
          record: await store.getSession('x'),
          key: await store.findByKey('x'),
          counts: await store.counts('x'),
          stats: await store.stats('x'),
        },
        {
          record: undefined,
          key: undefined,
          counts: { lastSeq: 0, lastTime: 0, segments: 0 },
          stats: {},
        },
      );
      await rejects(
        async () =>
          store.append('x', numbered(1, { kind: 'final', segment: segment('s1', 'one') })),
        code('session.notFound'),
      );
    });

    if (name === 'postgres') {
      it('refuses who wrote to a session before another server took it', async () => {
        const database = new Database({ url });
        try {
          const [first, second] = ['one', 'two'].map(
            (own) => new PostgresStore(database, 'org0', own),
          ) as [PostgresStore, PostgresStore];
          const overtaken = (error: unknown): boolean =>
            code('store.unwritable')(error) &&
            (error as { details?: { overtaken?: unknown } }).details?.overtaken === true;
          const said = (seq: number): DurableEvent[] =>
            numbered(seq, { kind: 'final', segment: segment(`s${seq}`, 'word') });
          // A second time because the answer was lost.
          for (let i = 0; i < 2; i++) await first.createSession(record('fenced'));
          await first.append('fenced', said(1));
          await second.takeOver('fenced');
          await second.append('fenced', said(2));
          await rejects(() => first.append('fenced', said(3)), overtaken);
          await rejects(() => first.updateSession('fenced', { title: 'Mine' }), overtaken);
          await first.takeOver('fenced');
          await first.append('fenced', said(3));
          await rejects(() => second.append('fenced', said(4)), overtaken);
          deepEqual(
            [(await second.counts('fenced')).lastSeq, (await second.getSession('fenced'))?.title],
            [3, 'Title of fenced'],
          );
        } finally {
          await database.close();
        }
      });
    }

    if (name === 'postgres') {
      it('is a refuge for sound: for the server that has the session, until it is released or done', async () => {
        const database = new Database({ url });
        try {
          const [first, second] = ['one', 'two'].map(
            (own) => new PostgresStore(database, 'org0', own),
          ) as [PostgresStore, PostgresStore];
          const piece = (n: number): Uint8Array =>
            Uint8Array.from({ length: 1_000 }, (_, i) => (i * n) & 255);
          const held = async (source: 'mic' | 'system'): Promise<number[][]> =>
            (await second.audio('sounding', source)).map((bytes) => [...bytes]);
          await first.createSession(record('sounding'));
          // The second time because the answer was lost.
          for (const n of [2, 1, 1]) await first.putAudio('sounding', 'mic', n * 9, piece(n));
          await first.putAudio('sounding', 'system', 5, piece(3));
          await rejects(
            () => second.putAudio('sounding', 'mic', 27, piece(4)),
            code('store.unwritable'),
          );
          await second.takeOver('sounding');
          await rejects(
            () => first.putAudio('sounding', 'mic', 27, piece(4)),
            code('store.unwritable'),
          );
          deepEqual(
            [await held('mic'), await held('system')],
            [[[...piece(1)], [...piece(2)]], [[...piece(3)]]],
          );
          await second.releaseAudio('sounding', 'mic', 9);
          deepEqual(await held('mic'), [[...piece(2)]]);
          await second.append(
            'sounding',
            numbered(1, { kind: 'state', from: 'IDLE', to: 'DONE', cause: 'end' }),
          );
          deepEqual([await held('mic'), await held('system')], [[], []]);
          await rejects(
            () => second.putAudio('sounding', 'mic', 36, piece(5)),
            code('store.unwritable'),
          );
        } finally {
          await database.close();
        }
      });
    }

    it('refuses writes when it is closed', async () => {
      await store.createSession(record('a'));
      await store.close();
      await rejects(
        async () =>
          store.append('a', numbered(1, { kind: 'final', segment: segment('s1', 'one') })),
        code('store.unwritable'),
      );
    });
  });
}
