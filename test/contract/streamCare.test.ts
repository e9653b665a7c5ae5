// What a nats-server miscounts after its nodes died is put right, on a real one whose count is made
// wrong on its way.
import { deepEqual, equal } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { PHRASES } from '../../daemon/adapters/nats/subjects';
import { openSessionStream, SESSIONS } from '../../daemon/adapters/nats/sessionStream';
import { careForStreams } from '../../daemon/adapters/nats/streamCare';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { NatsServers, needNats } from '../../testing/processes/natsServers';

/** As the count below zero comes out of an unsigned number. */
const BELOW_ZERO = 2 ** 64 - 1e5;
const LOOK_MS = 5_000;
const SUBJECT = 'earmark.phrase.final.m.a';

/** @throws after 10 s */
async function becomes(what: () => Promise<number>, wanted: number): Promise<void> {
  for (let tries = 0; tries < 500 && (await what()) !== wanted; tries++) await delay(20);
  equal(await what(), wanted);
}

describe('streams of a nats-server that miscounts', () => {
  let servers: NatsServers;
  let bus: TeamBus;
  let clock: ManualClock;
  before(async function () {
    servers = await NatsServers.start(needNats(this));
  });
  after(() => servers?.stop());
  beforeEach(async () => {
    bus = await openBus({ servers: servers.url, name: 'test', replicas: 1, logger: silentLogger });
    clock = new ManualClock(Date.now());
  });
  afterEach(() => bus.close());

  it('take what is sent while the count cannot be, and no more than their limit when it can', async () => {
    await openSessionStream(bus);
    const { streams } = bus.jsm;
    const limit = bus.limits.get(SESSIONS) ?? 0;
    const limitNow = async (): Promise<number> => (await info(SESSIONS)).config.max_bytes;
    const info = streams.info.bind(streams);
    let wrong = true;
    streams.info = async (...given: Parameters<typeof info>) => {
      const reported = await info(...given);
      return wrong ? { ...reported, state: { ...reported.state, bytes: BELOW_ZERO } } : reported;
    };
    equal(await limitNow(), limit);
    const care = careForStreams(bus, clock, silentLogger);
    await becomes(limitNow, -1);
    wrong = false;
    clock.advance(LOOK_MS);
    await becomes(limitNow, limit);
    care.dispose();
  });

  it('are given what is acknowledged back, not what waits', async () => {
    const { streams, consumers } = bus.jsm;
    await bus.js.publish(SUBJECT, 'done');
    await bus.js.publish(SUBJECT, 'waits');
    const list = consumers.list.bind(consumers);
    await consumers.add(PHRASES, {
      durable_name: 'c',
      filter_subject: SUBJECT,
      ack_policy: 'explicit',
    });
    consumers.list = ((...given: Parameters<typeof list>) =>
      (async function* () {
        for await (const reported of list(...given))
          yield { ...reported, ack_floor: { consumer_seq: 1, stream_seq: 1 } };
      })()) as unknown as typeof list;
    const care = careForStreams(bus, clock, silentLogger);
    clock.advance(60_000);
    await becomes(async () => (await streams.info(PHRASES)).state.messages, 1);
    care.dispose();
    deepEqual((await streams.getMessage(PHRASES, { seq: 2 }))?.string(), 'waits');
  });
});
