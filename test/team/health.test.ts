// Probes of an orchestrator at real processes: what a server and a worker say while parts come, go
// and end.
import { deepEqual, equal } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection, createFramePusher } from '../../client';
import { deadOf } from '../../daemon/adapters/nats/subjects';
import { followHeartbeats } from '../../daemon/adapters/nats/heartbeats';
import { openBus } from '../../daemon/adapters/nats/teamBus';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { Presence } from '../../daemon/team/presence';
import { until } from '../../testing/processes/daemonProcess';
import { NatsServers, needNats } from '../../testing/processes/natsServers';
import { PostgresServer } from '../../testing/processes/postgresServer';
import { Gateway, teamTokens } from '../../testing/processes/teamClient';
import { TeamProcess } from '../../testing/processes/teamProcess';

const HEALTH = ['--health', '127.0.0.1:0'];
const ONE_NODE = { EARMARK_TEAM_REPLICAS: '1' };

/** The log forgets its first lines. */
const ports = new WeakMap<TeamProcess, string>();

/** Status and sentence of a probe. */
async function probe(of: TeamProcess, path = '/readyz', token = ''): Promise<string> {
  if (!ports.has(of)) {
    await of.logged('health.listening', 60_000);
    ports.set(of, /"port":(\d+),"event":"health\.listening"/.exec(of.stderr)?.[1] ?? '');
  }
  const answer = await fetch(`http://127.0.0.1:${ports.get(of)}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return `${answer.status} ${(await answer.text()).trim()}`;
}

async function says(of: TeamProcess, expected: string): Promise<void> {
  let last = '';
  for (const end = Date.now() + 60_000; Date.now() < end; await delay(100))
    if ((last = await probe(of)) === expected) return;
  equal(last, expected);
}

describe('probes of a team', function () {
  this.timeout(180_000);
  let nats: NatsServers;
  let postgres: PostgresServer | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'earmark-probes-'));
  const running: TeamProcess[] = [];
  const start = <P extends TeamProcess>(one: P): P => {
    running.push(one);
    return one;
  };
  before(async function () {
    nats = await NatsServers.start(needNats(this));
  });
  after(async () => {
    await Promise.all(running.map((one) => one.remove()));
    await postgres?.stop();
    await nats?.stop();
    rmSync(folder, { recursive: true });
  });

  it('say that a worker is not ready before its model is loaded, while NATS is away, and while it ends', async () => {
    const loaded = join(folder, 'loaded');
    // A phrase takes until its deadline, 30 s for one this long.
    const worker = start(
      new TeamProcess(['worker', '--nats', nats.url, '--slots', '1', ...HEALTH], {
        ...ONE_NODE,
        EARMARK_TEST_LOADS: loaded,
        EARMARK_TEST_SLOWER: '1000',
      }),
    );
    await says(worker, '503 missing: model');
    writeFileSync(loaded, '');
    await says(worker, '200 ok');
    await nats.kill(0);
    await says(worker, '503 missing: nats');
    equal(await probe(worker, '/livez'), '200 ok');
    await nats.run(0);
    await says(worker, '200 ok');

    const tokens = await teamTokens('ann');
    const url = await start(new Gateway(nats.url, tokens, ONE_NODE)).url();
    const connection = createConnection({
      stateDir: '/nowhere',
      client: { name: 'test', version: '0' },
      timeoutMs: 20_000,
      remote: { url, token: tokens.of('ann') },
    });
    const bus = await openBus({
      servers: nats.url,
      name: 'test',
      replicas: 1,
      logger: silentLogger,
    });
    const presence = new Presence(systemClock);
    const heartbeats = followHeartbeats(bus, presence);
    try {
      const subscription = await connection.start(
        {
          kind: 'file',
          sources: [{ source: 'mic', origin: { type: 'push' } }],
          partials: false,
          insights: false,
        },
        () => undefined,
      );
      const pusher = createFramePusher(connection, subscription, { source: 'mic' });
      pusher.write(new Int16Array(12 * 16_000).fill(900));
      await pusher.end();
      await until(() => presence.list().some(({ busy }) => busy > 0), 'the worker decodes', 60_000);
      worker.child.kill('SIGTERM');
      await says(worker, '503 missing: requests');
      equal(await probe(worker, '/livez'), '200 ok');
      pusher.dispose();
      subscription.dispose();
    } finally {
      connection.dispose();
      heartbeats.dispose();
      await bus.close();
    }
  });

  it('say that a server is not ready while NATS or its database cannot be reached', async function () {
    postgres = await PostgresServer.start(this);
    this.timeout(180_000);
    const { gateway: url } = await postgres.database('probes');
    const server = start(
      new TeamProcess(['server', '--nats', nats.url, '--listen', '127.0.0.1:0', ...HEALTH], {
        ...ONE_NODE,
        EARMARK_DATABASE: url,
      }),
    );
    await says(server, '200 ok');
    deepEqual(
      [await probe(server, '/livez'), (await probe(server, '/nothing')).slice(0, 3)],
      ['200 ok', '404'],
    );
    await postgres.end('SIGQUIT');
    await says(server, '503 missing: database');
    await postgres.again();
    await says(server, '200 ok');
    await nats.kill(0);
    await says(server, '503 missing: nats');
    await nats.run(0);
    await says(server, '200 ok');
    equal(await server.kill('SIGTERM'), 0);
  });

  it('stand beside the figures, for who has their token: workers, queue, and a dead letter as an alert', async () => {
    const token = 'figures of a test';
    const env = { ...ONE_NODE, EARMARK_METRICS_TOKEN: token };
    const worker = start(
      new TeamProcess(['worker', '--nats', nats.url, '--slots', '2', ...HEALTH], env),
    );
    const server = start(
      new TeamProcess(['server', '--nats', nats.url, '--listen', '127.0.0.1:0', ...HEALTH], env),
    );
    await Promise.all([says(worker, '200 ok'), says(server, '200 ok')]);
    deepEqual(
      [
        (await probe(server, '/metrics')).slice(0, 3),
        (await probe(worker, '/metrics', `${token}s`)).slice(0, 3),
      ],
      ['401', '401'],
    );
    const metrics = async (of: TeamProcess): Promise<Record<string, number>> =>
      Object.fromEntries(
        [...(await probe(of, '/metrics', token)).matchAll(/^(?:200 )?earmark_(\S+) (\S+)$/gm)].map(
          ([, name = '', value]) => [name, Number(value)],
        ),
      );
    const bus = await openBus({
      servers: nats.url,
      name: 'test',
      replicas: 1,
      logger: silentLogger,
    });
    try {
      let seen = await metrics(server);
      // Letters of before the first look are no news, so there is one more each time.
      for (
        const end = Date.now() + 60_000;
        seen['alerts{alert="phrase.dead"}'] !== 1 && Date.now() < end;
        seen = await metrics(server)
      ) {
        await bus.js.publish(deadOf('script', ''), '{}');
        await delay(500);
      }
      const own = await metrics(worker);
      deepEqual(
        {
          alert: seen['alerts{alert="phrase.dead"}'],
          letters: (seen['team_dead_letters'] ?? 0) > 0,
          workers: seen['team_workers{model="script"}'],
          decoders:
            (seen['team_decoders{state="free"}'] ?? 0) + (seen['team_decoders{state="busy"}'] ?? 0),
          waiting: (seen['team_queue_phrases'] ?? -1) >= 0,
          age: (seen['team_queue_age_seconds'] ?? -1) >= 0,
          own: (own['decoders{state="free"}'] ?? 0) + (own['decoders{state="busy"}'] ?? 0),
        },
        { alert: 1, letters: true, workers: 1, decoders: 2, waiting: true, age: true, own: 2 },
      );
    } finally {
      await bus.close();
    }
  });
});
