// The queue over three NATS nodes: one is killed while phrases are asked and answered.
import { deepEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { NatsProducer } from '../../daemon/adapters/nats/natsProducer';
import { NatsConsumer } from '../../daemon/adapters/nats/natsConsumer';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { isEarmarkError } from '../../protocol/errors';
import { Presence } from '../../daemon/team/presence';
import { NatsServers, needNats } from '../../testing/processes/natsServers';

/**
 * As a session does: where the queue cannot be reached the phrase stays in its spool and is asked
 * again.
 */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 3 || !isEarmarkError(error, 'engine.unavailable')) throw error;
    }
  }
}

describe('the queue of phrases over three nodes', function () {
  this.timeout(90_000);
  let servers: NatsServers;
  const buses: TeamBus[] = [];
  const bus = async (): Promise<TeamBus> => {
    const opened = await openBus({
      servers: servers.url,
      name: 'test',
      replicas: 3,
      logger: silentLogger,
    });
    buses.push(opened);
    return opened;
  };
  before(async function () {
    servers = await NatsServers.start(needNats(this), 3);
    // A cluster that was just started has no leader yet.
    for (let tries = 0; ; tries++) {
      try {
        await bus();
        return;
      } catch (error) {
        if (tries > 20) throw error;
        await delay(500);
      }
    }
  });
  after(async () => {
    await Promise.all(buses.map((one) => one.close()));
    await servers?.stop();
  });

  for (const node of [0, 1, 2]) {
    it(`answers each phrase once while node ${node + 1} is killed and comes back`, async () => {
      const producer = new NatsProducer({
        bus: await bus(),
        clock: systemClock,
        model: `m${node}`,
        presence: new Presence(systemClock),
        organisationOf: () => 'o',
      });
      const consumers = [await bus(), await bus()].map(
        (own) =>
          new NatsConsumer({
            bus: own,
            clock: systemClock,
            logger: silentLogger,
            model: `m${node}`,
          }),
      );
      for (const consumer of consumers) {
        consumer.addSlot({
          transcribe: async (_pcm, { prompt }) => {
            await delay(20);
            return {
              text: prompt?.[0] ?? '',
              words: [],
              confidence: 1,
              language: 'en',
              inferenceMs: 20,
            };
          },
        });
      }
      const names = Array.from({ length: 60 }, (_, i) => `p${i}`);
      const answers = names.map(async (name, i) => {
        await delay(i * 50);
        return (
          await asked(() =>
            producer.run({
              pcm: new Float32Array(16_000),
              options: { language: 'en', prompt: [name] },
              priority: 'final',
              sessionId: 's',
            }),
          )
        )?.text;
      });
      try {
        await delay(1_000);
        await servers.kill(node);
        deepEqual(await Promise.all(answers), names);
      } finally {
        await servers.run(node);
        for (const part of [...consumers, producer]) part.dispose();
      }
    });
  }
});
