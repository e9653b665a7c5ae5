// A gateway is killed in the middle of a recording: the client comes to another one, which goes on with the session.
import { deepEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NatsServers, needNats } from '../fakes/natsServers';
import { LinkProxy } from '../fakes/linkProxy';
import { FIRST_WORD, Gateway, record, teamTokens } from '../fakes/teamClient';
import { TeamProcess } from '../fakes/teamProcess';

describe('a server that goes on for another one', function () {
  this.timeout(90_000);
  let servers: NatsServers;
  const processes: TeamProcess[] = [];
  before(async function () {
    servers = await NatsServers.start(needNats(this));
  });
  after(async () => {
    await Promise.all(processes.map((one) => one.remove()));
    await servers?.stop();
  });

  it('loses and doubles nothing that was acknowledged, and is there within 10 s', async () => {
    const tokens = await teamTokens('ann');
    const gateways = [0, 1].map(() => new Gateway(servers.url, tokens)) as [Gateway, Gateway];
    const worker = new TeamProcess(['worker', '--nats', servers.url, '--slots', '1'], { EARMARK_TEAM_REPLICAS: '1', EARMARK_TEST_SLOWER: '5' });
    processes.push(...gateways, worker);
    const ports = (await Promise.all(gateways.map((one) => one.url()))).map((url) => Number(new URL(url).port));
    await worker.logged('worker.started');
    // In place of a load balancer.
    const target = { host: '127.0.0.1', port: ports[0] ?? 0 };
    const balancer = new LinkProxy(target);
    await balancer.listen();
    const words = Array.from({ length: 30 }, (_, i) => i + FIRST_WORD);
    let killedMs = Infinity;
    const kill = async (): Promise<void> => {
      killedMs = Date.now();
      target.port = ports[1] ?? 0;
      await gateways[0].kill('SIGKILL');
    };
    const heard = await record({ url: `ws://127.0.0.1:${balancer.port}`, token: tokens.of('ann'), words, paceMs: 150, at: { 12: kill } });
    deepEqual({ words: heard.words, dropped: heard.dropped }, { words: words.map((n) => `w${n}`), dropped: 0 });
    const taken = readFileSync(join(gateways[1].home, 'logs', 'daemon.log'), 'utf8').split('\n').filter((line) => line.includes('"event":"session.taken"')).map((line) => Date.parse((JSON.parse(line) as { time: string }).time));
    deepEqual([taken.length, (taken[0] ?? Infinity) - killedMs < 10_000], [1, true]);
    await balancer.close();
  });
});
