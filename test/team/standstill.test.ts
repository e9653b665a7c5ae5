// Clients that wait for an answer of a gateway which stands still: they go on at another one as soon as those who send sound.
import { deepEqual } from 'node:assert/strict';
import { type Connection, createConnection, createFramePusher, type SessionSubscription } from '../../client';
import type { SessionEvent } from '../../protocol/session';
import { until } from '../fakes/daemonProcess';
import { FIRST_WORD, type Gateway } from '../fakes/teamClient';
import { TeamPlace } from '../fakes/teamPlace';
import { say } from '../unit/session/harness';

const GOES_ON_MS = 10_000;

describe('a client whose gateway stands still', () => {
  let place: TeamPlace;
  let still: Gateway;
  const open: { dispose(): unknown }[] = [];

  before(async function () {
    place = await TeamPlace.start(this, { database: true, gateways: 2, workers: 1 });
  });
  after(async () => {
    still?.child.kill('SIGCONT');
    for (const one of open) one.dispose();
    await place?.stop();
  });

  const connect = async (): Promise<Connection> => {
    const connection = createConnection({ stateDir: '/nowhere', client: { name: 'test', version: '0' }, timeoutMs: 5_000, remote: place.client });
    open.push(connection);
    await connection.whenConnected();
    return connection;
  };
  const start = (connection: Connection, heard: string[]): Promise<SessionSubscription> =>
    connection.start({ kind: 'file', sources: [{ source: 'mic', origin: { type: 'push' } }], partials: false, insights: false }, (event: SessionEvent) => void (event.kind === 'final' && heard.push(event.segment.text)));
  const sayOne = (connection: Connection, subscription: SessionSubscription): void => {
    const pusher = createFramePusher(connection, subscription, { source: 'mic' });
    open.push(pusher, subscription);
    pusher.write(say(FIRST_WORD));
  };

  it('begins its session, and says the first word of one that it has, within 10 s', async function () {
    this.timeout(90_000);
    const [gateway, other] = place.gateways;
    if (!gateway || !other) throw new Error('There are two gateways.');
    still = gateway;
    await place.leaveOut(other);
    const [asking, talking] = [await connect(), await connect()];
    const heard: Record<'asking' | 'talking', string[]> = { asking: [], talking: [] };
    const session = await start(talking, heard.talking);
    await place.sendTo(other);
    await place.leaveOut(still);
    still.child.kill('SIGSTOP');
    const stopped = performance.now();
    sayOne(talking, session);
    sayOne(asking, await start(asking, heard.asking));
    await until(() => heard.talking.length > 0 && heard.asking.length > 0, 'both words are heard', 60_000);
    const word = `w${FIRST_WORD}`;
    deepEqual([heard, performance.now() - stopped < GOES_ON_MS], [{ asking: [word], talking: [word] }, true]);
  });
});
