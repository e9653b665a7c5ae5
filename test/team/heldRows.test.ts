// A server that stands still in the middle of a transaction holds its session's row: who takes the
// session over waits for it.
import { deepEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Database } from '../../daemon/adapters/postgres/database';
import { PostgresStore } from '../../daemon/adapters/postgres/postgresStore';
import type { SessionRecord } from '../../daemon/session/contract/events';
import { Deferred } from '../../daemon/base/wait';
import { PostgresServer } from '../../testing/processes/postgresServer';

const DB = 'held';
const ORGANISATION = 'ant';
/** A client notices after 6 s that its server stands still; by then the row is free. */
const FREE_MS = 6_000;

describe('the row of a session whose server stands still', function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let databases: Database[] = [];
  before(async function () {
    server = await PostgresServer.start(this);
    const { gateway } = await server.database(DB);
    databases = [new Database({ url: gateway }), new Database({ url: gateway })];
    await server.sql(DB, "INSERT INTO earmark.organisations VALUES ($1, $1, 0, 'test')", [
      ORGANISATION,
    ]);
  });
  after(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await server?.stop();
  });

  it('is free for another server before its client has noticed', async () => {
    const [still, next] = databases;
    if (!still || !next) throw new Error('There are two.');
    const record: SessionRecord = {
      id: 'one',
      kind: 'meeting',
      title: '',
      state: 'IDLE',
      startedAt: '2026-01-05T09:00:00+00:00',
      createdMs: 1000,
      durationMs: 0,
      owner: 'ann',
      sources: [{ source: 'mic', origin: { type: 'push' } }],
      language: 'en',
      provider: 'scripted',
      model: 'script',
      live: true,
      partials: true,
      insights: true,
      ephemeral: false,
      keepAudio: false,
    };
    await new PostgresStore(still, ORGANISATION, 'still').createSession(record);
    const held = new Deferred();
    const woken = new Deferred();
    const asleep = still.transaction({ organisation: ORGANISATION }, async (query) => {
      await query('SELECT fence FROM earmark.sessions WHERE id = $1 FOR UPDATE', ['one']);
      held.resolve();
      await woken.promise;
    });
    asleep.catch(() => undefined);
    await held.promise;
    const begun = performance.now();
    const taken = new PostgresStore(next, ORGANISATION, 'next')
      .takeOver('one')
      .then(() => 'taken' as const);
    const outcome = await Promise.race([taken, delay(FREE_MS, 'waits' as const)]);
    const tookMs = performance.now() - begun;
    woken.resolve();
    deepEqual(
      [
        outcome,
        tookMs < FREE_MS,
        await asleep.then(
          () => 'written',
          () => 'refused',
        ),
      ],
      ['taken', true, 'refused'],
    );
  });
});
