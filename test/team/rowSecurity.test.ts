/**
 * What each SQL role sees of two organisations: every table, without any filter, and what it may
 * not do at all.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { Database } from '../../daemon/adapters/postgres/database';
import { PostgresStore } from '../../daemon/adapters/postgres/postgresStore';
import type { DurableEvent, SessionRecord } from '../../daemon/session/contract/events';
import { PostgresServer } from '../../testing/processes/postgresServer';

const DB = 'isolation';
const ORGANISATIONS = ['ant', 'bee'];
/** Tables that hold nothing that was said, which administrators may read. */
const MANAGED = ['organisations', 'settings', 'tokens', 'users'];

const record = (id: string, title: string): SessionRecord => ({
  id,
  key: 'same key',
  kind: 'meeting',
  title,
  state: 'IDLE',
  startedAt: '2026-01-05T09:00:00+00:00',
  createdMs: 1000,
  durationMs: 0,
  owner: 'ann',
  sources: [{ source: 'mic', origin: { type: 'capture' } }],
  language: 'en',
  provider: 'scripted',
  model: 'script',
  live: true,
  partials: true,
  insights: true,
  ephemeral: false,
  keepAudio: false,
});
const events = (organisation: string): DurableEvent[] => [
  { seq: 1, time: 0, kind: 'speaker', speaker: { id: 'mic', name: organisation, source: 'mic' } },
  {
    seq: 2,
    time: 1,
    kind: 'final',
    segment: {
      id: 's1',
      startMs: 0,
      endMs: 900,
      source: 'mic',
      speaker: 'mic',
      text: `the plan of ${organisation}`,
      confidence: 1,
      revision: 0,
    },
  },
  {
    seq: 3,
    time: 2,
    kind: 'action',
    op: 'add',
    insight: {
      id: 'i1',
      kind: 'action',
      text: organisation,
      status: 'open',
      confidence: 1,
      evidence: [],
      symbols: [],
    },
  },
];

describe('PostgreSQL: an organisation sees itself alone', () => {
  let server: PostgresServer;
  let database: Database;
  let tables: readonly string[] = [];

  before(async function () {
    server = await PostgresServer.start(this);
    database = new Database({ url: (await server.database(DB)).gateway });
    tables = (
      await server.sql<{ name: string }>(
        DB,
        "SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'earmark' AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1",
      )
    ).map(({ name }) => name);
    for (const organisation of ORGANISATIONS) {
      await server.sql(DB, "INSERT INTO earmark.organisations VALUES ($1, $1, 0, 'test')", [
        organisation,
      ]);
      await server.sql(
        DB,
        "INSERT INTO earmark.users (organisation, id, scopes, issuer, subject, created_ms, created_by) VALUES ($1, 'ann', '{record}', 'https://id', $1, 0, 'test')",
        [organisation],
      );
      await server.sql(
        DB,
        "INSERT INTO earmark.tokens (id, organisation, user_id, scopes, hash, created_ms, created_by) VALUES (lpad(to_hex(ascii($1)), 12, '0'), $1, 'ann', '{record}', repeat('0', 64), 0, 'test')",
        [organisation],
      );
      const store = new PostgresStore(database, organisation);
      // One id and one key in both: neither is taken by the other's.
      await store.createSession(record('one', `of ${organisation}`));
      await store.append('one', events(organisation), [{ source: 'mic', finalThrough: 9 }]);
      await store.putAudio('one', 'mic', 9, new Uint8Array(4));
      await store.setSetting('retention', '{}');
    }
  });
  after(async () => {
    await database?.close();
    await server?.stop();
  });

  /**
   * Rows of each table as a role with these settings counts them; what it may not read is `denied`.
   */
  async function counts(role: string, seen: string): Promise<Record<string, number | 'denied'>> {
    const found: Record<string, number | 'denied'> = {};
    for (const table of tables) {
      const rows = await server
        .sql<{ n: string }>(
          DB,
          `WITH s AS (SELECT ${seen}) SELECT count(t.*) AS n FROM s LEFT JOIN earmark.${table} t ON true`,
          [],
          role,
        )
        .catch((error: { code?: string }) => {
          equal(error.code, '42501');
          return undefined;
        });
      found[table] = rows ? Number(rows[0]?.n) : 'denied';
    }
    return found;
  }

  it('promise: row-level security is forced on every table', async () => {
    const open = await server.sql<{ name: string }>(
      DB,
      "SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'earmark' AND (c.relkind IN ('v', 'm', 'S') OR (c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)))",
    );
    // A sequence, too, would let one count the others' rows.
    deepEqual({ open, tables: tables.length }, { open: [], tables: 11 });
  });

  it('promise: a transaction sees the rows of one organisation', async () => {
    await server.sql(
      DB,
      'DO $$ BEGIN CREATE ROLE owning LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$',
    );
    await server.sql(DB, 'GRANT USAGE ON SCHEMA earmark TO owning');
    for (const table of tables)
      await server.sql(DB, `ALTER TABLE earmark.${table} OWNER TO owning`);
    const each = (value: (table: string) => number | 'denied'): Record<string, number | 'denied'> =>
      Object.fromEntries(tables.map((table) => [table, value(table)]));
    const own = (table: string): number => (table === 'events' ? 3 : 1);
    const none = "set_config('earmark.organisation', '', false)";
    const ant = "set_config('earmark.organisation', 'ant', false)";
    const wrong = "set_config('earmark.organisation', 'an%', false)";
    deepEqual(
      {
        gateway: await counts('gateway', ant),
        gatewayNone: await counts('gateway', none),
        gatewayWrong: await counts('gateway', wrong),
        owner: await counts('owning', ant),
        ownerNone: await counts('owning', none),
        admin: await counts('admin', ant),
        adminNone: await counts('admin', none),
      },
      {
        gateway: each(own),
        gatewayNone: each(() => 0),
        gatewayWrong: each(() => 0),
        owner: each(own),
        ownerNone: each(() => 0),
        admin: each((table) =>
          MANAGED.includes(table) ? (table === 'organisations' ? 2 : 1) : 'denied',
        ),
        adminNone: each((table) =>
          MANAGED.includes(table) ? (table === 'organisations' ? 2 : 0) : 'denied',
        ),
      },
    );
  });

  it('promise: no row of another organisation can be changed', async () => {
    const before = await server.sql(
      DB,
      'SELECT organisation, id, title FROM earmark.sessions ORDER BY 1',
    );
    const changed = await database.transaction({ organisation: 'ant' }, async (query) => [
      (
        await query(
          "UPDATE earmark.sessions SET title = 'x' WHERE organisation = 'bee' RETURNING id",
        )
      ).length,
      (await query("DELETE FROM earmark.events WHERE organisation = 'bee' RETURNING seq")).length,
    ]);
    const refused = (sql: string) =>
      rejects(
        database.transaction({ organisation: 'ant' }, (query) => query(sql)),
        (error: { details?: { sqlstate?: string } }) => error.details?.sqlstate === '42501',
      );
    await refused("UPDATE earmark.sessions SET organisation = 'bee', id = 'two' WHERE id = 'one'");
    await refused("INSERT INTO earmark.settings VALUES ('bee', 'retention', '{}')");
    await refused("INSERT INTO earmark.organisations VALUES ('cat', 'cat', 0, 'x')");
    await refused("UPDATE earmark.tokens SET organisation = 'bee'");
    await refused('ALTER TABLE earmark.sessions DISABLE ROW LEVEL SECURITY');
    await refused('SET LOCAL ROLE earmark_admin');
    deepEqual(
      {
        changed,
        after: await server.sql(
          DB,
          'SELECT organisation, id, title FROM earmark.sessions ORDER BY 1',
        ),
      },
      { changed: [0, 0], after: before },
    );
  });

  it('finds the one token or user that is presented, and none beside it', async () => {
    const seen = async (what: Parameters<Database['transaction']>[0], table: string) =>
      database.transaction(what, async (query) =>
        (await query<{ organisation: string }>(`SELECT organisation FROM earmark.${table}`)).map(
          ({ organisation }) => organisation,
        ),
      );
    deepEqual(
      [
        await seen({ token: '000000000061' }, 'tokens'),
        await seen({ token: '%' }, 'tokens'),
        await seen({ issuer: 'https://id', subject: 'bee' }, 'users'),
        await seen({ issuer: 'https://id' }, 'users'),
        await seen({ subject: 'bee' }, 'users'),
      ],
      [['ant'], [], ['bee'], [], []],
    );
  });

  it('finds nothing of another organisation by search, id or key, in the same store class', async () => {
    const [ant] = ORGANISATIONS.map(
      (organisation) => new PostgresStore(database, organisation),
    ) as [PostgresStore, PostgresStore];
    deepEqual(
      {
        bee: await ant.search({ words: ['bee'], kind: 'transcript', limit: 9 }),
        plan: (await ant.search({ words: ['plan'], kind: 'transcript', limit: 9 })).length,
        title: (await ant.getSession('one'))?.title,
        key: (await ant.findByKey('same key'))?.title,
        listed: (await ant.listSessions({ limit: 9, offset: 0 })).length,
      },
      { bee: [], plan: 1, title: 'of ant', key: 'of ant', listed: 1 },
    );
  });

  it('refuses to work as a role for which this would not hold', async () => {
    for (const role of ['tester', 'owning']) {
      const above = new Database({ url: server.url(DB, role) });
      if (role === 'owning') await server.sql(DB, 'ALTER SCHEMA earmark OWNER TO owning');
      await rejects(above.assertUnprivileged(), /row-level security/);
      await above.close();
    }
    await database.assertUnprivileged();
  });

  it('loses and doubles nothing when the server is killed, and goes on by itself', async () => {
    const store = new PostgresStore(database, 'ant');
    await store.createSession({ ...record('kill', 'Kill'), key: 'kill' });
    let seq = 0;
    let refused = 0;
    const until = Date.now() + 20_000;
    for (const round of [1, 2, 3]) {
      const killed = new Promise((resolve) => setTimeout(resolve, 30 * round)).then(() =>
        server.restart('SIGKILL'),
      );
      let over = false;
      void killed.then(() => (over = true));
      for (let after = 0; after < 5 && Date.now() < until; after += over ? 1 : 0) {
        const event: DurableEvent = {
          seq: seq + 1,
          time: seq,
          kind: 'final',
          segment: {
            id: `s${seq + 1}`,
            startMs: seq,
            endMs: seq + 1,
            source: 'mic',
            speaker: 'mic',
            text: 'word',
            confidence: 1,
            revision: 0,
          },
        };
        // The same event again until it is written: whether the answer or the commit was lost, it
        // stands there once.
        await store.append('kill', [event], [{ source: 'mic', finalThrough: seq }]).then(
          () => seq++,
          async (error: { code?: string }) => {
            equal(error.code, 'store.unwritable');
            refused++;
            await new Promise((resolve) => setTimeout(resolve, 20));
          },
        );
      }
      await killed;
    }
    ok(refused > 0 && seq > 15, `${refused} refused, ${seq} written`);
    deepEqual(
      {
        seqs: (await store.readEvents('kill', 0, 100_000)).map((event) => event.seq),
        counts: await store.counts('kill'),
        segments: (await store.segments('kill')).length,
        progress: await store.progress('kill'),
      },
      {
        seqs: Array.from({ length: seq }, (_, i) => i + 1),
        counts: { lastSeq: seq, lastTime: seq - 1, segments: seq },
        segments: seq,
        progress: [{ source: 'mic', finalThrough: seq - 1 }],
      },
    );
  }).timeout(60_000);
});
