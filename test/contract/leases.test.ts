/**
 * One suite over both forms of leases and places: in memory, and in JetStream's key-value store
 * with three gateways.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { openLeases } from '../../daemon/adapters/nats/kvLeases';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { type Lease } from '../../daemon/base/lease';
import { type Leases, MemoryLeases } from '../../daemon/team/leases';
import { DistributedSemaphore } from '../../daemon/team/distributedSemaphore';
import { NatsServers, needNats } from '../../testing/processes/natsServers';

interface Subject {
  /** Of three gateways; in memory they are one. */
  readonly leases: readonly [Leases, Leases, Leases];
  end(): Promise<void>;
}

let servers: NatsServers | undefined;
const buses: TeamBus[] = [];
const overNats = async (): Promise<Leases> => {
  const bus = await openBus({
    servers: servers?.url ?? '',
    name: 'test',
    replicas: 1,
    logger: silentLogger,
  });
  buses.push(bus);
  return openLeases(bus, systemClock, silentLogger);
};

const subjects: Readonly<
  Record<string, { begin(context: Mocha.Context): Promise<void>; make(): Promise<Subject> }>
> = {
  'in memory': {
    begin: () => Promise.resolve(),
    make: () => {
      const one = new MemoryLeases();
      return Promise.resolve({
        leases: [one, one, one],
        end: () => Promise.resolve(one.dispose()),
      });
    },
  },
  'JetStream, three gateways': {
    begin: async (context) => void (servers = await NatsServers.start(needNats(context))),
    make: async () => {
      const leases: [Leases, Leases, Leases] = [
        await overNats(),
        await overNats(),
        await overNats(),
      ];
      return {
        leases,
        end: async () => {
          for (const one of leases) one.dispose();
          await Promise.all(buses.splice(0).map((bus) => bus.close()));
        },
      };
    },
  },
};

for (const [name, { begin, make }] of Object.entries(subjects)) {
  describe(`leases: ${name}`, function () {
    this.timeout(60_000);
    let subject: Subject;
    before(async function () {
      await begin(this);
    });
    after(() => servers?.stop().then(() => (servers = undefined)));
    beforeEach(async () => void (subject = await make()));
    afterEach(() => subject.end());

    it('gives a key to one of those who ask at once, and says who has it', async () => {
      const claims = await Promise.all(
        subject.leases.flatMap((leases, i) =>
          Array.from({ length: 20 }, () => leases.claim('session.ä b', `g${i}`)),
        ),
      );
      const [lease, ...more] = claims.filter((claim) => claim !== undefined);
      deepEqual(
        [more.length, lease?.key, await subject.leases[1].holder('session.ä b')],
        [0, 'session.ä b', `g${Math.floor(claims.indexOf(lease) / 20)}`],
      );
    });

    it('gives it to the next with a higher token when it is given back', async () => {
      const [first, second] = subject.leases;
      const one = await first.claim('session.b', 'one');
      equal(await second.claim('session.b', 'two'), undefined);
      await one?.release();
      equal(await second.holder('session.b'), undefined);
      const two = await second.claim('session.b', 'two');
      await one?.release();
      deepEqual(
        [(two?.token ?? 0) > (one?.token ?? 0), await first.holder('session.b')],
        [true, 'two'],
      );
    });

    async function exactly(max: number, attempts: number): Promise<void> {
      const semaphore = subject.leases.map(
        (leases, i) => new DistributedSemaphore(leases, `g${i}`),
      );
      const all = await Promise.all(
        Array.from({ length: attempts }, (_, i) =>
          (semaphore[i % 3] as DistributedSemaphore).take(`sessions.ann${max}`, max),
        ),
      );
      const taken = all.filter((place): place is Lease => place !== undefined);
      deepEqual([taken.length, new Set(taken.map(({ key }) => key)).size], [max, max]);
      // One that leaves makes room for one.
      await taken[0]?.release();
      const again = await Promise.all(
        Array.from({ length: 9 }, (_, i) =>
          (semaphore[i % 3] as DistributedSemaphore).take(`sessions.ann${max}`, max),
        ),
      );
      equal(again.filter((place) => place !== undefined).length, 1);
      equal((await semaphore[0]?.take(`sessions.bob${max}`, max)) !== undefined, true);
    }
    it('has room for 10 of 1,000 who ask at once', () => exactly(10, 1_000));
    it('has room for 3 of 1,000 who ask at once', () => exactly(3, 1_000));

    it('answers everybody who asks while others leave', async () => {
      const semaphore = subject.leases.map(
        (leases, i) => new DistributedSemaphore(leases, `g${i}`),
      );
      let [now, most, served] = [0, 0, 0];
      await Promise.all(
        Array.from({ length: 60 }, async (_, i) => {
          for (;;) {
            const place = await (semaphore[i % 3] as DistributedSemaphore).take('llm', 3);
            if (!place) {
              await delay(5);
              continue;
            }
            most = Math.max(most, ++now);
            await delay(1);
            now--;
            await place.release();
            served++;
            return;
          }
        }),
      );
      deepEqual([most <= 3, served], [true, 60]);
    });
  });
}

describe('leases in JetStream, when a gateway dies', function () {
  this.timeout(30_000);
  let gone: TeamBus;
  before(async function () {
    servers = await NatsServers.start(needNats(this));
  });
  after(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    await servers?.stop();
    servers = undefined;
  });

  it('are kept by the living and free within 10 s of the death', async () => {
    const [dead, living, heir] = [await overNats(), await overNats(), await overNats()];
    gone = buses[0] as TeamBus;
    const kept = await living.claim('session.kept', 'living');
    let lost = 0;
    kept?.onDidLose(() => lost++);
    const held = await dead.claim('session.left', 'dead');
    let reported = 0;
    held?.onDidLose(() => reported++);
    await gone.nc.close();
    const died = performance.now();
    let next: Lease | undefined;
    while (!next && performance.now() - died < 15_000) {
      next = await heir.claim('session.left', 'heir');
      await delay(100);
    }
    // The old holder knows by its own clock that it has it no more, though it hears nothing.
    deepEqual(
      {
        inTime: performance.now() - died < 10_000,
        higher: (next?.token ?? 0) > (held?.token ?? 0),
        kept: await heir.holder('session.kept'),
        lost,
        reported,
      },
      { inTime: true, higher: true, kept: 'living', lost: 0, reported: 1 },
    );
    for (const one of [dead, living, heir]) one.dispose();
  });
});
