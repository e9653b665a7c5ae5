// The streams of a team on a real nats-server: made by several servers at once, and beside somebody
// else's.
import { deepEqual, match, rejects } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { openSessionStream, SESSIONS } from '../../daemon/adapters/nats/sessionStream';
import { DEAD, PHRASES, QUICK } from '../../daemon/adapters/nats/subjects';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { silentLogger } from '../../daemon/base/logger';
import { NatsServers, needNats } from '../../testing/processes/natsServers';

const MAKERS = 8;

describe('streams of a team', () => {
  let program: string;
  let servers: NatsServers;
  before(function () {
    program = needNats(this);
  });
  beforeEach(async () => {
    servers = await NatsServers.start(program);
  });
  afterEach(() => servers?.stop());

  const open = (name: string): Promise<TeamBus> =>
    openBus({ servers: servers.url, name, replicas: 1, logger: silentLogger });

  it('are made once by servers that start at the same moment', async () => {
    const buses = await Promise.all(
      Array.from({ length: MAKERS }, async (_, i) => {
        const bus = await open(`server ${i}`);
        await openSessionStream(bus);
        return bus;
      }),
    );
    const names: string[] = [];
    for await (const { config } of buses[0]!.jsm.streams.list()) names.push(config.name);
    deepEqual(names.sort(), [DEAD, PHRASES, QUICK, SESSIONS].sort());
    await Promise.all(buses.map((bus) => bus.close()));
  });

  it('wait for the one that another server is making, which NATS calls an overlap', async () => {
    const nc = await connect({ servers: servers.url });
    const jsm = await jetstreamManager(nc);
    await jsm.streams.add({ name: 'MAKING', subjects: ['earmark.phrase.final.>'] });
    const opened = open('server');
    await delay(120);
    await jsm.streams.delete('MAKING');
    await (await opened).close();
    await nc.close();
  });

  it('refuse subjects that somebody else has, and say what to do', async () => {
    const nc = await connect({ servers: servers.url });
    await (await jetstreamManager(nc)).streams.add({ name: 'ORDERS', subjects: ['earmark.>'] });
    await rejects(open('server'), (error: Error) => {
      match(
        error.message,
        /Another stream on this NATS server uses subjects under "earmark\."; give Earmark its own account/,
      );
      return true;
    });
    await nc.close();
  });
});
