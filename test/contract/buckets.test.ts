/**
 * One suite over both forms of shared token buckets, and of the allowance of audio in front of
 * them: in memory, and in JetStream's key-value store with three gateways.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { openBuckets } from '../../daemon/adapters/nats/kvBuckets';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { AudioAllowance, type AudioLimit } from '../../daemon/team/audioAllowance';
import { type Buckets, MemoryBuckets } from '../../daemon/team/buckets';
import { NatsServers, needNats } from '../../testing/processes/natsServers';
import { until } from '../../testing/processes/daemonProcess';

type Three<T> = readonly [T, T, T];

const DAY_MS = 86_400_000;
const FRAME_MS = 20;
let servers: NatsServers | undefined;
const buses: TeamBus[] = [];

const subjects: Readonly<
  Record<
    string,
    {
      begin(context: Mocha.Context): Promise<void>;
      make(wall: () => number): Promise<Three<Buckets>>;
    }
  >
> = {
  'in memory': {
    begin: () => Promise.resolve(),
    make: (wall) => {
      const one = new MemoryBuckets(wall);
      return Promise.resolve([one, one, one]);
    },
  },
  'JetStream, three gateways': {
    begin: async (context) => void (servers = await NatsServers.start(needNats(context))),
    make: async (wall) => {
      const one = async (): Promise<Buckets> => {
        const bus = await openBus({
          servers: servers?.url ?? '',
          name: 'test',
          replicas: 1,
          logger: silentLogger,
        });
        buses.push(bus);
        return openBuckets(bus, wall);
      };
      return [await one(), await one(), await one()];
    },
  },
};

let keys = 0;

for (const [name, { begin, make }] of Object.entries(subjects)) {
  describe(`token buckets: ${name}`, function () {
    this.timeout(60_000);
    let clock: ManualClock;
    let buckets: Three<Buckets>;
    let key: string;
    before(async function () {
      await begin(this);
    });
    after(() => servers?.stop().then(() => (servers = undefined)));
    beforeEach(async () => {
      clock = new ManualClock();
      buckets = await make(() => clock.wall());
      key = `audio.user.a b..ä${keys++}`;
    });
    afterEach(() => Promise.all(buses.splice(0).map((bus) => bus.close())));

    it('give away exactly what they hold to 1,000 who ask at once', async () => {
      const grants = await Promise.all(
        Array.from({ length: 1_000 }, (_, i) =>
          (buckets[i % 3] as Buckets).take(key, { size: 333, refillMs: DAY_MS, least: 1, most: 1 }),
        ),
      );
      deepEqual(
        [
          grants.filter(({ taken }) => taken === 1).length,
          grants.filter(({ taken, waitMs }) => taken === 0 && waitMs > 0).length,
        ],
        [333, 667],
      );
    });

    it('give more to one who asks for more, but never so much that nothing is left', async () => {
      const request = { size: 800, refillMs: DAY_MS, least: 10, most: 1_000 };
      const taken = [];
      for (let i = 0; i < 4; i++) taken.push((await buckets[0].take(key, request)).taken);
      deepEqual(taken, [100, 87, 76, 67]);
      deepEqual(await buckets[1].take(key, { ...request, least: 471 }), {
        taken: 0,
        waitMs: DAY_MS / 800,
      });
      equal((await buckets[1].take(key, { ...request, least: 470 })).taken, 470);
    });

    it('fill up evenly, take back what was not used, and hold no more than their size', async () => {
      const request = { size: 1_000, refillMs: 100_000, least: 1_000, most: 1_000 };
      const take = async (least: number): Promise<readonly number[]> =>
        Object.values(await buckets[1].take(key, { ...request, least, most: least }));
      await buckets[0].take(key, request);
      deepEqual(await take(10), [0, 1_000]);
      clock.advance(1_050);
      deepEqual(
        [await take(10), await take(1)],
        [
          [10, 0],
          [0, 50],
        ].map(([taken, waitMs]) => [taken, waitMs === 50 ? 100 : waitMs]),
      );
      clock.advance(50);
      // Half a unit had come before.
      deepEqual(await take(1), [1, 0]);
      await buckets[2].giveBack(key, 700, request);
      deepEqual(
        [await take(701), await take(700)],
        [
          [0, 100],
          [700, 0],
        ],
      );
      await buckets[2].giveBack(key, 5_000, request);
      deepEqual(
        [await take(1_000), await take(1)],
        [
          [1_000, 0],
          [0, 100],
        ],
      );
    });

    it('stand still for a clock that is behind', async () => {
      const request = { size: 100, refillMs: 100_000, least: 100, most: 100 };
      await buckets[0].take(key, request);
      clock.jump(-50_000);
      equal((await buckets[1].take(key, { ...request, least: 1 })).taken, 0);
      clock.jump(60_000);
      equal((await buckets[1].take(key, { ...request, least: 10, most: 10 })).taken, 10);
    });

    /**
     * Audio of a person that is sent to three gateways as fast as it goes, until none takes any.
     * @returns frames that were taken
     */
    async function sent(
      allowances: Three<AudioAllowance>,
      limits: readonly AudioLimit[],
    ): Promise<number> {
      let taken = 0;
      await Promise.all(
        allowances.map(async (allowance) => {
          for (;;) {
            const refused = allowance.take(limits, 1);
            if (refused?.over) return;
            if (refused) await new Promise((resolve) => setTimeout(resolve, 1));
            else taken++;
          }
        }),
      );
      return taken;
    }
    const allowancesOf = (of: Three<Buckets>): Three<AudioAllowance> =>
      of.map(
        (one) => new AudioAllowance({ buckets: one, clock, logger: silentLogger }),
      ) as unknown as Three<AudioAllowance>;

    it('let a user send exactly as much sound over three gateways as a day allows', async () => {
      const allowances = allowancesOf(buckets);
      const limits = [{ key, hours: 0.1 }];
      equal(await sent(allowances, limits), 18_000);
      // 1 % of a day gives 1 % of it back.
      clock.advance(DAY_MS / 100);
      equal(await sent(allowances, limits), 180);
      for (const allowance of allowances) await allowance.close();
    });

    it('count sound against a user and an organisation, and against none where one is used up', async () => {
      const allowances = allowancesOf(buckets);
      const organisation = { key: `${key}.organisation`, hours: 0.1 };
      equal(await sent(allowances, [{ key: `${key}.ann`, hours: 0.06 }, organisation]), 10_800);
      equal(await sent(allowances, [{ key: `${key}.bob`, hours: 0.06 }, organisation]), 7_200);
      for (const allowance of allowances) await allowance.close();
      // Bob was refused by what the organisation may; of his own nothing went.
      deepEqual(
        (
          await buckets[0].take(`${key}.bob`, {
            size: 10_800,
            refillMs: DAY_MS,
            least: 3_600,
            most: 3_600,
          })
        ).taken,
        3_600,
      );
    });

    it('have what a gateway does not use after 10 s, and at its end', async () => {
      const [first, second, third] = allowancesOf(buckets);
      const limits = [{ key, hours: 0.1 }];
      const one = async (allowance: AudioAllowance): Promise<void> =>
        until(() => allowance.take(limits, 1) === undefined, 'one frame was taken', 5_000);
      await one(first);
      await one(second);
      clock.advance(20_000);
      await one(second);
      await second.close();
      await first.close();
      const left = 18_000 - 3;
      // 20 s gave back what 20 s do.
      equal(
        (await buckets[0].take(key, { size: 18_000, refillMs: DAY_MS, least: left, most: left }))
          .taken,
        left,
      );
      await third.close();
    });

    it('are asked about once for 20 s of sound that is spoken', async () => {
      let asked = 0;
      const counted: Buckets = {
        take: (...request) => (asked++, buckets[0].take(...request)),
        giveBack: (...back) => buckets[0].giveBack(...back),
      };
      const [allowance] = allowancesOf([counted, counted, counted]);
      for (let ms = 0; ms < 600_000; ms += FRAME_MS) {
        while (allowance.take([{ key, hours: 8 }], 1))
          await new Promise((resolve) => setTimeout(resolve, 1));
        clock.advance(FRAME_MS);
      }
      await allowance.close();
      deepEqual([asked > 10, asked <= 60], [true, true], `asked ${asked} times`);
    });
  });
}
