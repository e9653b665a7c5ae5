// Workers of a team as real processes over a real nats-server: they share the phrases, one is
// killed, one drains.
import { deepEqual, equal, match } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { followHeartbeats } from '../../daemon/adapters/nats/heartbeats';
import { NatsProducer } from '../../daemon/adapters/nats/natsProducer';
import { PHRASES } from '../../daemon/adapters/nats/subjects';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { Presence } from '../../daemon/team/presence';
import { until } from '../../testing/processes/daemonProcess';
import { NatsServers, needNats } from '../../testing/processes/natsServers';
import { LOUDNESS } from '../../testing/fakes/scripted/scriptedEngine';
import { TeamProcess } from '../../testing/processes/teamProcess';

/** What it has in hand is told to its gateway for 12 s at most, and its connection is given 5 s. */
const ENDED_MS = 25_000;

describe('earmark worker', function () {
  this.timeout(60_000);
  let servers: NatsServers;
  let bus: TeamBus;
  let presence: Presence;
  let producer: NatsProducer;
  let workers: TeamProcess[] = [];
  const worker = async (env: Readonly<Record<string, string>> = {}): Promise<TeamProcess> => {
    const started = new TeamProcess(['worker', '--nats', servers.url, '--slots', '1'], {
      EARMARK_TEAM_REPLICAS: '1',
      ...env,
    });
    workers.push(started);
    await started.logged('worker.started');
    return started;
  };
  const say = (n: number, seconds = 1): Promise<string | undefined> =>
    producer
      .run({
        pcm: new Float32Array(seconds * 16_000).fill((n * LOUDNESS) / 32_768),
        options: { language: 'en', conversation: 's' },
        priority: 'final',
        sessionId: 's',
      })
      .then((result) => result?.text);

  before(async function () {
    servers = await NatsServers.start(needNats(this));
    bus = await openBus({ servers: servers.url, name: 'test', replicas: 1, logger: silentLogger });
    presence = new Presence(systemClock);
    followHeartbeats(bus, presence);
    producer = new NatsProducer({
      bus,
      clock: systemClock,
      model: 'script',
      presence,
      organisationOf: () => 'o',
    });
  });
  after(async () => {
    producer?.dispose();
    await bus?.close();
    await servers?.stop();
  });
  afterEach(async () => {
    // What was settled beside the queue is in it until a worker asks; in the next test it would be
    // taken for a phrase of its own.
    for (
      let tries = 0;
      tries < 200 && (await bus.jsm.streams.info(PHRASES)).state.messages > 0;
      tries++
    )
      await delay(50);
    equal(
      (await bus.jsm.streams.info(PHRASES)).state.messages,
      0,
      'phrases that nobody took out of the queue',
    );
    // Told, not killed: an acknowledgement that is not sent yet would bring a phrase to the workers
    // of the next test.
    await Promise.all(workers.map((one) => one.kill('SIGTERM')));
    await Promise.all(workers.map((one) => one.remove()));
    workers = [];
    // A beat of one that was killed must not count for the next.
    await until(() => presence.list().length === 0, 'the last of them is forgotten');
  });

  it('decodes what is asked, and shares it with others', async () => {
    await Promise.all([worker(), worker()]);
    await until(() => presence.capacity('script').slots === 2, 'both are there');
    const numbers = Array.from({ length: 30 }, (_, i) => i + 2);
    deepEqual(
      await Promise.all(numbers.map((n) => say(n))),
      numbers.map((n) => `w${n}`),
    );
  });

  it('loses nothing when a worker is killed in the middle of a phrase', async () => {
    // A minute for a phrase: it is in the middle whenever it is killed.
    const slow = await worker({ EARMARK_TEST_SLOWER: '1200' });
    const asked = say(7);
    await until(() => presence.capacity('script').busy === 1, 'it is in its decode');
    await worker();
    await until(() => presence.capacity('script').slots === 2, 'another is there');
    const killed = performance.now();
    await slow.kill('SIGKILL');
    equal(await asked, 'w7');
    equal(performance.now() - killed < 10_000, true);
  });

  it('answers what it has in hand and takes no more when it is told to end', async () => {
    const first = await worker({ EARMARK_TEST_SLOWER: '80' });
    const asked = say(8);
    await until(() => presence.capacity('script').busy === 1, 'it is in its decode');
    const ended = first.kill('SIGTERM');
    const next = say(9);
    deepEqual([await asked, await ended], ['w8', 0]);
    await worker();
    equal(await next, 'w9');
  });

  it('ends soon when it is told to while NATS stands still', async () => {
    const first = await worker({ EARMARK_TEST_SLOWER: '40' });
    const asked = say(10);
    await until(() => presence.capacity('script').busy === 1, 'it is in its decode');
    await servers.kill(0, 'SIGSTOP');
    const reported = performance.now();
    const code = await first.kill('SIGTERM');
    const tookMs = performance.now() - reported;
    await servers.kill(0, 'SIGCONT');
    await worker();
    deepEqual([code, tookMs < ENDED_MS, await asked], [0, true, 'w10']);
  });

  it('says in one sentence what it lacks', async () => {
    const lost = new TeamProcess(['worker'], { EARMARK_NATS: '' });
    workers.push(lost);
    equal(await lost.ended, 1);
    match(
      lost.stderr,
      /^A worker needs NATS; name its servers with --nats, EARMARK_NATS or the setting team\.nats\.\n$/,
    );
  });
});
