/**
 * A team's queue and workers as real processes over a real nats-server: how throughput grows with
 * workers, how long 200 people wait beside one process with as many decoders, and what an
 * organisation that floods does to another. `team [PEOPLE] [SECONDS]`. Workers take Moonshine's
 * time without its work (testing/fakes/loudnessProvider.ts), so that the queue is measured and not the
 * processor.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { followHeartbeats } from '../daemon/adapters/nats/heartbeats';
import { NatsProducer } from '../daemon/adapters/nats/natsProducer';
import { openBus } from '../daemon/adapters/nats/teamBus';
import { DecodeScheduler } from '../daemon/asr/engine/decodeScheduler';
import type { DecodeQueueProducer } from '../daemon/asr/engine/phraseQueue';
import { systemClock } from '../daemon/base/clock';
import { silentLogger } from '../daemon/base/logger';
import { Presence } from '../daemon/team/presence';
import { until } from '../testing/processes/daemonProcess';
import { LoudnessProvider } from '../testing/fakes/loudnessProvider';
import { natsServer, NatsServers } from '../testing/processes/natsServers';
import { TeamProcess } from '../testing/processes/teamProcess';
import { reportResults } from './report';

const [people, seconds] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 20)];
const WORKERS = [1, 2, 4] as const;
const PHRASE_S = 5;
/** Of each person's time. */
const SPEECH = 0.35;
const PHRASES_A_WORKER = 40;
const FLOOD = 120;
const ORGANISATIONS = 10;

const pcm = new Float32Array(PHRASE_S * 16_000).fill(0.1);

function ask(producer: DecodeQueueProducer, owner: string): Promise<number> {
  const begun = performance.now();
  return producer
    .run({
      pcm,
      options: { language: 'en', conversation: owner },
      priority: 'final',
      sessionId: owner,
      owner,
    })
    .then((result) => {
      if (result?.text === undefined) throw new Error('A phrase was not decoded.');
      return performance.now() - begun;
    });
}

/** Phrases of people who begin to speak at times of their own, the same times for every queue. */
async function meeting(producer: DecodeQueueProducer): Promise<Meeting> {
  const everyMs = (PHRASE_S * 1000) / SPEECH;
  const begun = performance.now();
  const waits: number[] = [];
  await Promise.all(
    Array.from({ length: people }, async (_, i) => {
      for (let at = (i * everyMs * 0.618_034) % everyMs; at < seconds * 1000; at += everyMs) {
        await delay(Math.max(0, at - (performance.now() - begun)));
        waits.push(await ask(producer, `o${i % ORGANISATIONS}`));
      }
    }),
  );
  waits.sort((a, b) => a - b);
  return { p95: waits[Math.ceil(0.95 * waits.length) - 1] ?? 0, phrases: waits.length };
}

interface Meeting {
  readonly p95: number;
  readonly phrases: number;
}

/** Starts workers and returns phrases a second with each number of them. */
async function throughput(
  producer: DecodeQueueProducer,
  presence: Presence,
  workers: TeamProcess[],
  nats: string,
): Promise<number[]> {
  const rates: number[] = [];
  for (const count of WORKERS) {
    while (workers.length < count)
      workers.push(
        new TeamProcess(['worker', '--nats', nats, '--slots', '1'], {
          EARMARK_TEAM_REPLICAS: '1',
        }),
      );
    await until(
      () => presence.capacity('script').slots === count,
      `${count} workers are there`,
      60_000,
    );
    await ask(producer, 'warm');
    const begun = performance.now();
    await Promise.all(Array.from({ length: PHRASES_A_WORKER * count }, () => ask(producer, 'a')));
    rates.push((PHRASES_A_WORKER * count * 1000) / (performance.now() - begun));
  }
  return rates;
}

interface TeamMeasured {
  readonly rates: readonly number[];
  /** Milliseconds that each phrase of the flooding owner waited, and of the other. */
  readonly flooded: readonly number[];
  readonly other: readonly number[];
  readonly team: Meeting;
  readonly one: Meeting;
}

function report({ rates, flooded, other, team, one }: TeamMeasured): void {
  const [first = 0, second = 0, fourth = 0] = rates;
  reportResults({
    about: [
      `Phrases of ${PHRASE_S} s over one nats-server on loopback to workers of one decoder each.`,
      'The workers are processes that wait as long as Moonshine takes.',
      `${people} people of ${ORGANISATIONS} organisations with ${SPEECH * 100} % speech for`,
      `${seconds} s (${team.phrases} phrases) are compared with the scheduler of one process with`,
      `four decoders (${one.phrases}).`,
      `The flood is ${FLOOD} phrases of one owner at once, beside four of another.`,
    ].join(' '),
    rows: [
      {
        what: 'phrases a second with 1, 2, 4 workers',
        value: rates.map((rate) => rate.toFixed(2)).join(' / '),
      },
      {
        what: 'of linear, 2 and 4 workers',
        value: `${(second / first / 2).toFixed(3)} / ${(fourth / first / 4).toFixed(3)}`,
      },
      {
        what: `final p95 of ${people} people, team / one process, ms`,
        value: `${team.p95.toFixed(0)} / ${one.p95.toFixed(0)} = ${(team.p95 / one.p95).toFixed(2)}`,
      },
      {
        what: 'longest wait of the flooding owner / of the other, ms',
        value: `${Math.max(...flooded).toFixed(0)} / ${Math.max(...other).toFixed(0)}`,
      },
    ],
    metrics: {
      'throughput of 4 workers, of linear': {
        value: fourth / first / 4,
        better: 'higher',
        noise: 0.05,
        product: true,
      },
      'final p95 of a team over one process': {
        value: team.p95 / one.p95,
        unit: '×',
        better: 'lower',
        noise: 0.15,
        product: true,
      },
    },
  });
}

async function main(): Promise<void> {
  const program = natsServer();
  if (program === undefined)
    throw new Error('nats-server is not installed; on Debian "apt-get install nats-server".');
  const servers = await NatsServers.start(program);
  const bus = await openBus({
    servers: servers.url,
    name: 'bench',
    replicas: 1,
    logger: silentLogger,
  });
  const presence = new Presence(systemClock);
  const recogniser = followHeartbeats(bus, presence);
  const producer = new NatsProducer({
    bus,
    clock: systemClock,
    model: 'script',
    presence,
    organisationOf: (owner) => owner ?? '',
  });
  const workers: TeamProcess[] = [];
  try {
    const rates = await throughput(producer, presence, workers, servers.url);
    const flood = Array.from({ length: FLOOD }, () => ask(producer, 'flood'));
    await delay(300);
    const other = await Promise.all(Array.from({ length: 4 }, () => ask(producer, 'other')));
    const flooded = await Promise.all(flood);
    const team = await meeting(producer);

    const scheduler = new DecodeScheduler(systemClock);
    for (let i = 0; i < Math.max(...WORKERS); i++) {
      const provider = new LoudnessProvider();
      await provider.load({ id: 'script', files: {} });
      scheduler.addSlot({
        transcribe: (samples, options, signal) => provider.transcribe(samples, options, signal),
      });
    }
    const one = await meeting(scheduler);
    report({ rates, flooded, other, team, one });
  } finally {
    await Promise.all(workers.map((worker) => worker.remove()));
    producer.dispose();
    recogniser.dispose();
    await bus.close();
    await servers.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
