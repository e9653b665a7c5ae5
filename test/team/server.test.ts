// A gateway and its workers as real processes: sessions over the network, decoded elsewhere.
import { deepEqual, match, rejects } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection } from '../../client';
import { EarmarkError } from '../../protocol/errors';
import { SessionStop } from '../../protocol/session';
import { NatsServers, needNats } from '../../testing/processes/natsServers';
import {
  FIRST_WORD,
  Gateway,
  record,
  teamTokens,
  type TeamTokens,
} from '../../testing/processes/teamClient';
import { TeamProcess } from '../../testing/processes/teamProcess';

const words = (count: number): number[] => Array.from({ length: count }, (_, i) => i + FIRST_WORD);
const texts = (count: number): string[] => words(count).map((n) => `w${n}`);

describe('earmark server', function () {
  this.timeout(90_000);
  let servers: NatsServers;
  let gateway: Gateway;
  let tokens: TeamTokens;
  const workers: TeamProcess[] = [];
  const worker = async (slower = 1): Promise<TeamProcess> => {
    const started = new TeamProcess(['worker', '--nats', servers.url, '--slots', '1'], {
      EARMARK_TEAM_REPLICAS: '1',
      EARMARK_TEST_SLOWER: String(slower),
    });
    workers.push(started);
    await started.logged('worker.started');
    return started;
  };
  before(async function () {
    tokens = await teamTokens('ann', 'bob', 'cleo');
    servers = await NatsServers.start(needNats(this));
    gateway = new Gateway(servers.url, tokens);
    await gateway.url();
  });
  after(async () => {
    await Promise.all(workers.map((one) => one.remove()));
    await gateway?.remove();
    await servers?.stop();
  });

  it('says what to start where nobody decodes', async () => {
    await rejects(record({ url: await gateway.url(), token: tokens.of('ann'), words: [] }), {
      code: 'engine.unavailable',
      message:
        'No worker of the team decodes with moonshine-tiny now, so speech waits. Start one with "earmark worker --model moonshine-tiny".',
    });
    await worker(10);
  });

  it('loses and doubles nothing while workers come and are killed', async () => {
    const [url, token] = [await gateway.url(), tokens.of('bob')];
    const kill = async (): Promise<void> => {
      await workers[0]?.kill('SIGKILL');
      workers.shift();
    };
    const recording = record({
      url,
      token,
      words: words(20),
      paceMs: 150,
      at: { 4: () => worker(10), 10: kill },
    });
    deepEqual(await recording.then(({ words: recognised, dropped }) => ({ recognised, dropped })), {
      recognised: texts(20),
      dropped: 0,
    });
  });

  it('lets a user have 4 sessions over three gateways, whoever asks where', async () => {
    const limited = [0, 1, 2].map(
      () => new Gateway(servers.url, tokens, { EARMARK_MAX_SESSIONS_PER_USER: '4' }),
    );
    const connections: Connection[] = [];
    try {
      const urls = await Promise.all(limited.map((one) => one.url()));
      connections.push(
        ...urls.map((url) =>
          createConnection({
            stateDir: '/nowhere',
            client: { name: 'test', version: '0' },
            timeoutMs: 20_000,
            remote: { url, token: tokens.of('cleo') },
          }),
        ),
      );
      const start = (i: number): Promise<string> =>
        connections[i % 3]
          ?.start(
            {
              kind: 'file',
              sources: [{ source: 'mic', origin: { type: 'push' } }],
              partials: false,
              insights: false,
            },
            () => undefined,
          )
          .then(
            ({ sessionId }) => sessionId,
            (error: unknown) => (error instanceof EarmarkError ? error.code : String(error)),
          ) ?? Promise.resolve('');
      const outcomes = await Promise.all(Array.from({ length: 90 }, (_, i) => start(i)));
      deepEqual(
        [
          outcomes.filter((outcome) => outcome === 'session.tooMany').length,
          new Set(outcomes).size,
        ],
        [86, 5],
      );
      const i = outcomes.findIndex(
        (outcome) => outcome !== 'session.tooMany' && !outcome.includes('.'),
      );
      await connections[i % 3]?.request(SessionStop, { sessionId: outcomes[i] ?? '' });
      let again = 'session.tooMany';
      for (let tries = 0; again === 'session.tooMany' && tries < 200; tries++)
        again = await delay(100).then(() => start(i + 1));
      deepEqual([again.includes('.'), await start(i + 2)], [false, 'session.tooMany']);
    } finally {
      for (const connection of connections) connection.dispose();
      await Promise.all(limited.map((one) => one.remove()));
    }
  });

  it('says in one sentence what it lacks', async () => {
    const lost = new TeamProcess(['server', '--nats', servers.url]);
    await lost.ended;
    match(
      lost.stderr,
      /^The server needs an address for its clients; give --listen HOST:PORT\.\n$/,
    );
    await lost.remove();
  });
});
