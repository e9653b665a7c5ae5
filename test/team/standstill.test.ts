// Clients while a part of their team stands still: those who wait for an answer of a gateway, or
// for the text of what it answered, go on at another one as soon as those who send audio, and a
// session begins though NATS has no leader.
import { deepEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Connection,
  createConnection,
  createFramePusher,
  type FramePusher,
  type SessionSubscription,
} from '../../client';
import { openSessions } from '../../daemon/adapters/nats/sessionStream';
import { openBus } from '../../daemon/adapters/nats/teamBus';
import { silentLogger } from '../../daemon/base/logger';
import { type SessionEvent, SessionStop } from '../../protocol/session';
import { until } from '../../testing/processes/daemonProcess';
import { FIRST_WORD, type Gateway } from '../../testing/processes/teamClient';
import { TeamDeployment } from '../../testing/processes/teamPlace';
import { say } from '../../testing/harness/sessionHarness';

const GOES_ON_MS = 10_000;
/** Audio that came is answered by then, and not on disk, which takes 200 ms. */
const ANSWERED_MS = 40;

describe('a client whose gateway stands still', () => {
  let place: TeamDeployment;
  let still: Gateway;
  const open: { dispose(): unknown }[] = [];

  before(async function () {
    place = await TeamDeployment.start(this, { nodes: 3, database: true, gateways: 2, workers: 1 });
  });
  after(async () => {
    still?.child.kill('SIGCONT');
    for (const one of open) one.dispose();
    await place?.stop();
  });

  const connect = async (): Promise<Connection> => {
    const connection = createConnection({
      stateDir: '/nowhere',
      client: { name: 'test', version: '0' },
      timeoutMs: 5_000,
      remote: place.client,
    });
    open.push(connection);
    await connection.whenConnected();
    return connection;
  };
  const start = (connection: Connection, recognised: string[]): Promise<SessionSubscription> =>
    connection.start(
      {
        kind: 'file',
        sources: [{ source: 'mic', origin: { type: 'push' } }],
        partials: false,
        insights: false,
      },
      (event: SessionEvent) => void (event.kind === 'final' && recognised.push(event.segment.text)),
    );
  const sayOne = (connection: Connection, subscription: SessionSubscription): FramePusher => {
    const pusher = createFramePusher(connection, subscription, { source: 'mic' });
    open.push(pusher, subscription);
    pusher.write(say(FIRST_WORD));
    return pusher;
  };

  it('begins its session, says the first word of one that it has, and hears what it said before, within 10 s', async function () {
    this.timeout(90_000);
    const [gateway, other] = place.gateways;
    if (!gateway || !other) throw new Error('There are two gateways.');
    still = gateway;
    await place.leaveOut(other);
    const [asking, talking, waiting] = [await connect(), await connect(), await connect()];
    const recognised: Record<'asking' | 'talking' | 'waiting', string[]> = {
      asking: [],
      talking: [],
      waiting: [],
    };
    const session = await start(talking, recognised.talking);
    sayOne(waiting, await start(waiting, recognised.waiting));
    await delay(ANSWERED_MS);
    still.child.kill('SIGSTOP');
    const stopped = performance.now();
    await place.sendTo(other);
    await place.leaveOut(still);
    sayOne(talking, session);
    sayOne(asking, await start(asking, recognised.asking));
    await until(
      () => Object.values(recognised).every(({ length }) => length > 0),
      'all words are heard',
      60_000,
    );
    const word = `w${FIRST_WORD}`;
    deepEqual(
      [recognised, performance.now() - stopped < GOES_ON_MS],
      [{ asking: [word], talking: [word], waiting: [word] }, true],
    );
  });

  it('begins its session, and has its word, while two of three NATS nodes stand still', async function () {
    this.timeout(90_000);
    still.child.kill('SIGCONT');
    const bus = await openBus({
      servers: place.nats.url,
      name: 'test',
      replicas: 3,
      logger: silentLogger,
    });
    open.push({ dispose: () => bus.close() });
    for (const node of [1, 2]) open.push({ dispose: () => place.nats.kill(node, 'SIGCONT') });
    const connection = await connect();
    const recognised: string[] = [];
    for (const node of [1, 2]) await place.nats.kill(node, 'SIGSTOP');
    const stopped = performance.now();
    const subscription = await start(connection, recognised);
    const beganMs = performance.now() - stopped;
    const pusher = sayOne(connection, subscription);
    await until(
      () => recognised.length > 0 && pusher.acknowledged === pusher.nextSeq,
      'its word is heard and its sound is kept',
      60_000,
    );
    const recoveredMs = performance.now() - stopped;
    for (const node of [1, 2]) await place.nats.kill(node, 'SIGCONT');
    await pusher.end();
    await connection.request(SessionStop, { sessionId: subscription.sessionId });
    // Nobody has to finish it any more.
    const marked = (): Promise<boolean> =>
      openSessions(bus).then(
        (all) => all.some(({ sessionId }) => sessionId === subscription.sessionId),
        () => true,
      );
    for (let tries = 0; tries < 200 && (await marked()); tries++) await delay(100);
    deepEqual(
      {
        recognised,
        began: beganMs < GOES_ON_MS,
        kept: recoveredMs < GOES_ON_MS,
        marked: await marked(),
      },
      { recognised: [`w${FIRST_WORD}`], began: true, kept: true, marked: false },
    );
  });
});
