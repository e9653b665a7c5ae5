// Probes of an orchestrator at real processes: what a server and a worker say while parts come, go and end.
import { deepEqual, equal } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection, createFramePusher } from '../../client';
import { hearBeats } from '../../daemon/adapters/nats/beats';
import { openBus } from '../../daemon/adapters/nats/teamBus';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { Presence } from '../../daemon/team/presence';
import { until } from '../fakes/daemonProcess';
import { NatsServers, needNats } from '../fakes/natsServers';
import { PostgresServer } from '../fakes/postgresServer';
import { Gateway, teamTokens } from '../fakes/teamClient';
import { TeamProcess } from '../fakes/teamProcess';

const HEALTH = ['--health', '127.0.0.1:0'];
const ONE_NODE = { EARMARK_TEAM_REPLICAS: '1' };

/** Status and sentence of a probe. */
async function probe(of: TeamProcess, path = '/readyz'): Promise<string> {
  await of.logged('health.listening', 60_000);
  const port = /"port":(\d+),"event":"health\.listening"/.exec(of.stderr)?.[1] ?? '';
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return `${answer.status} ${(await answer.text()).trim()}`;
}

async function says(of: TeamProcess, expected: string): Promise<void> {
  let last = '';
  for (const end = Date.now() + 60_000; Date.now() < end; await delay(100)) if ((last = await probe(of)) === expected) return;
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
    const worker = start(new TeamProcess(['worker', '--nats', nats.url, '--slots', '1', ...HEALTH], { ...ONE_NODE, EARMARK_TEST_LOADS: loaded, EARMARK_TEST_SLOWER: '1000' }));
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
    const connection = createConnection({ stateDir: '/nowhere', client: { name: 'test', version: '0' }, timeoutMs: 20_000, remote: { url, token: tokens.of('ann') } });
    const bus = await openBus({ servers: nats.url, name: 'test', replicas: 1, logger: silentLogger });
    const presence = new Presence(systemClock);
    const beats = hearBeats(bus, presence);
    try {
      const subscription = await connection.start({ kind: 'file', sources: [{ source: 'mic', origin: { type: 'push' } }], partials: false, insights: false }, () => undefined);
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
      beats.dispose();
      await bus.close();
    }
  });

  it('say that a server is not ready while NATS or its database cannot be reached', async function () {
    postgres = await PostgresServer.start(this);
    this.timeout(180_000);
    const { gateway: url } = await postgres.database('probes');
    const server = start(new TeamProcess(['server', '--nats', nats.url, '--listen', '127.0.0.1:0', ...HEALTH], { ...ONE_NODE, EARMARK_DATABASE: url }));
    await says(server, '200 ok');
    deepEqual([await probe(server, '/livez'), (await probe(server, '/figures')).slice(0, 3)], ['200 ok', '404']);
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
});
