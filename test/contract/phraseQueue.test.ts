/**
 * One suite over both forms of the queue of phrases: the scheduler in memory, and NATS JetStream
 * with a real server.
 */
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Heartbeats, followHeartbeats } from '../../daemon/adapters/nats/heartbeats';
import { NatsProducer } from '../../daemon/adapters/nats/natsProducer';
import { NatsConsumer } from '../../daemon/adapters/nats/natsConsumer';
import { DEAD, PHRASES } from '../../daemon/adapters/nats/subjects';
import { openBus, type TeamBus } from '../../daemon/adapters/nats/teamBus';
import { DecodeScheduler } from '../../daemon/asr/engine/decodeScheduler';
import type {
  QueuedDecode,
  DecodeSlot,
  DecodeQueueProducer,
  DecodeQueueConsumer,
} from '../../daemon/asr/engine/phraseQueue';
import type { DecodeRequest, AsrResult } from '../../daemon/asr/contract/provider';
import { systemClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import { Presence } from '../../daemon/team/presence';
import { EarmarkError } from '../../protocol/errors';
import { NatsServers, needNats } from '../../testing/processes/natsServers';
import { until } from '../../testing/processes/daemonProcess';

const MODEL = 'model.one';
const MAX_QUEUED_MS = 120_000;
const result = (text: string): AsrResult => ({
  text,
  words: [],
  confidence: 1,
  language: 'en',
  inferenceMs: 1,
});
const organisationOf = (owner: string | undefined): string => owner ?? 'a';

class TestSlot implements DecodeSlot {
  readonly begun: string[] = [];
  readonly pcm: Float32Array[] = [];
  readonly options: DecodeRequest[] = [];
  aborted = 0;
  private holding = false;
  private readonly held: (() => void)[] = [];

  constructor(
    private readonly outcome: (name: string) => AsrResult | Promise<AsrResult> = result,
  ) {}

  async transcribe(
    pcm: Float32Array,
    options: DecodeRequest,
    signal: AbortSignal,
  ): Promise<AsrResult> {
    const name = options.prompt?.[0] ?? '';
    this.begun.push(name);
    this.pcm.push(pcm);
    this.options.push(options);
    if (this.holding) {
      await new Promise<void>((resolve, reject) => {
        this.held.push(resolve);
        signal.addEventListener('abort', () => {
          this.aborted++;
          reject(new EarmarkError('rpc.cancelled', 'The decode was cancelled.'));
        });
      });
    }
    return this.outcome(name);
  }

  hold(): void {
    this.holding = true;
  }

  release(): void {
    this.holding = false;
    for (const go of this.held.splice(0)) go();
  }
}

const job = (
  name: string,
  more: Partial<QueuedDecode> & { readonly seconds?: number } = {},
): QueuedDecode => {
  const { seconds = 1, ...rest } = more;
  return {
    pcm: new Float32Array(seconds * 16_000),
    options: { language: 'en', prompt: [name] },
    priority: 'final',
    sessionId: 'a-1',
    ...rest,
  };
};

interface Subject {
  readonly producer: DecodeQueueProducer;
  readonly consumer: DecodeQueueConsumer;
  end(): Promise<void>;
}

let servers: NatsServers | undefined;
let program: string;
const bus = (name: string): Promise<TeamBus> =>
  openBus({ servers: servers?.url ?? '', name, replicas: 1, logger: silentLogger });

async function overNats(): Promise<
  Subject & { readonly gateway: TeamBus; readonly worker: TeamBus; readonly presence: Presence }
> {
  const [gateway, worker] = [await bus('gateway'), await bus('worker')];
  const presence = new Presence(systemClock);
  const recogniser = followHeartbeats(gateway, presence);
  await gateway.nc.flush();
  const producer = new NatsProducer({
    bus: gateway,
    clock: systemClock,
    model: MODEL,
    presence,
    organisationOf,
    maxQueuedMs: MAX_QUEUED_MS,
  });
  const consumer = new NatsConsumer({
    bus: worker,
    clock: systemClock,
    logger: silentLogger,
    model: MODEL,
  });
  const heartbeats = new Heartbeats(worker, systemClock, () => ({
    id: 'w',
    provider: 'scripted',
    model: MODEL,
    languages: ['*'],
    version: '1',
    slots: consumer.size,
    busy: consumer.busy,
    rssBytes: 0,
    draining: false,
  }));
  consumer.onDidChange(() => heartbeats.changed());
  return {
    gateway,
    worker,
    presence,
    producer,
    consumer,
    end: async () => {
      for (const part of [heartbeats, consumer, producer, recogniser]) part.dispose();
      await Promise.all([gateway.close(), worker.close()]);
    },
  };
}

const subjects: Readonly<
  Record<string, { begin(context: Mocha.Context): Promise<void>; make(): Promise<Subject> }>
> = {
  'in memory': {
    begin: () => Promise.resolve(),
    make: () => {
      const scheduler = new DecodeScheduler(systemClock, undefined, {
        maxQueuedMs: MAX_QUEUED_MS,
        deadlineMs: 2_000,
        shareStepMs: 1_000,
      });
      return Promise.resolve({
        producer: scheduler,
        consumer: scheduler,
        end: () => Promise.resolve(),
      });
    },
  },
  'NATS JetStream': {
    begin: async (context) => {
      program = needNats(context);
      servers = await NatsServers.start(program);
    },
    make: overNats,
  },
};

for (const [name, { begin, make }] of Object.entries(subjects)) {
  describe(`queue of phrases: ${name}`, function () {
    this.timeout(20_000);
    let subject: Subject;
    before(async function () {
      await begin(this);
    });
    after(() => servers?.stop().then(() => (servers = undefined)));
    beforeEach(async () => void (subject = await make()));
    afterEach(() => subject.end());

    it('gives a phrase to a slot as it is, and its text to whoever asked', async () => {
      const slot = new TestSlot((text) => ({
        ...result(text),
        words: [{ text, startMs: 0, endMs: 400, confidence: 0.5, timing: 'model' }],
        tokens: [1, 5, 2],
      }));
      subject.consumer.addSlot(slot);
      const pcm = Float32Array.from({ length: 1_601 }, (_, i) => ((i % 200) - 100) / 32_768);
      const options: DecodeRequest = {
        language: 'de',
        prompt: ['Grüße', 'b'],
        conversation: 'a-1',
        context: {
          draft: [3, 4],
          right: pcm.subarray(40, 73),
          left: { pcm: pcm.subarray(0, 33), tokens: [9] },
        },
      };
      const answer = await subject.producer.run({
        pcm,
        options,
        priority: 'final',
        sessionId: 'a-1',
      });
      deepEqual(
        { answer, pcm: slot.pcm[0], options: slot.options[0] },
        {
          answer: {
            ...result('Grüße'),
            words: [{ text: 'Grüße', startMs: 0, endMs: 400, confidence: 0.5, timing: 'model' }],
            tokens: [1, 5, 2],
          },
          pcm,
          options: {
            ...options,
            context: {
              draft: [3, 4],
              right: pcm.slice(40, 73),
              left: { pcm: pcm.slice(0, 33), tokens: [9] },
            },
          },
        },
      );
    });

    it('decodes each of many phrases once', async () => {
      const slots = Array.from(
        { length: 4 },
        () =>
          new TestSlot(async (text) => {
            await delay(2);
            return result(text);
          }),
      );
      for (const slot of slots) subject.consumer.addSlot(slot);
      const names = Array.from({ length: 60 }, (_, i) => `p${i}`);
      const answers = await Promise.all(
        names.map((text, i) => subject.producer.run(job(text, { sessionId: `a-${i % 7}` }))),
      );
      deepEqual(
        [answers.map((answer) => answer?.text), slots.flatMap(({ begun }) => begun).sort()],
        [names, [...names].sort()],
      );
    });

    it('keeps phrases that come before a slot', async () => {
      const waiting = subject.producer.run(job('early'));
      equal(subject.producer.queuedMs, 1_000);
      await delay(50);
      subject.consumer.addSlot(new TestSlot());
      equal((await waiting)?.text, 'early');
      equal(subject.producer.queuedMs, 0);
    });

    it('takes a partial when a slot is free and refuses it when none is', async () => {
      equal(await subject.producer.run(job('none', { priority: 'partial' })), undefined);
      const slot = new TestSlot();
      subject.consumer.addSlot(slot);
      await until(() => subject.producer.idle, 'it is idle');
      equal((await subject.producer.run(job('free', { priority: 'partial' })))?.text, 'free');
      slot.hold();
      const final = subject.producer.run(job('final'));
      await until(() => slot.begun.includes('final'), 'the final begins');
      await until(() => !subject.producer.idle, 'it is busy');
      deepEqual(
        [
          await subject.producer.run(job('busy', { priority: 'partial' })),
          slot.begun.includes('busy'),
        ],
        [undefined, false],
      );
      slot.release();
      equal((await final)?.text, 'final');
    });

    it('lets another organisation in between the phrases of one that floods', async () => {
      const slot = new TestSlot();
      slot.hold();
      subject.consumer.addSlot(slot);
      const flood = Array.from({ length: 20 }, (_, i) =>
        subject.producer.run(
          job(`flood${i}`, { sessionId: 'flood-1', owner: 'flood', seconds: 5 }),
        ),
      );
      await until(() => slot.begun.length === 1, 'the flood begins');
      const other = subject.producer.run(job('other', { sessionId: 'small-1', owner: 'small' }));
      // They are on their way to the queue.
      await delay(1_000);
      slot.release();
      await Promise.all([...flood, other]);
      const at = slot.begun.indexOf('other');
      deepEqual(
        { soon: at >= 1 && at <= 3, all: new Set(slot.begun).size },
        { soon: true, all: 21 },
      );
    });

    it('hands on what the slot says is wrong with the phrase', async () => {
      subject.consumer.addSlot(
        new TestSlot(() =>
          Promise.reject(new EarmarkError('model.corrupt', 'The model is damaged.')),
        ),
      );
      await rejects(subject.producer.run(job('bad')), {
        code: 'model.corrupt',
        message: 'The model is damaged.',
      });
    });

    it('ends a decode that nobody waits for, and does not begin one', async () => {
      const slot = new TestSlot();
      slot.hold();
      subject.consumer.addSlot(slot);
      const [running, waiting] = [new AbortController(), new AbortController()];
      const first = subject.producer.run(job('running'), running.signal);
      await until(() => slot.begun.length === 1, 'the first begins');
      const second = subject.producer.run(job('waiting'), waiting.signal);
      const outcomes = Promise.allSettled([first, second]);
      waiting.abort();
      running.abort();
      deepEqual(
        (await outcomes).map((o) => o.status === 'rejected' && (o.reason as EarmarkError).code),
        ['rpc.cancelled', 'rpc.cancelled'],
      );
      await until(() => slot.aborted === 1, 'the slot hears of it');
      slot.release();
      equal((await subject.producer.run(job('next')))?.text, 'next');
      deepEqual(slot.begun, ['running', 'next']);
    });

    it('refuses more than may wait', async () => {
      const waiting = Array.from({ length: 12 }, (_, i) =>
        subject.producer.run(job(`w${i}`, { seconds: 10 })),
      );
      await rejects(subject.producer.run(job('more', { seconds: 10 })), { code: 'rpc.tooMany' });
      subject.consumer.addSlot(new TestSlot());
      equal((await Promise.all(waiting)).length, 12);
    });

    it('ends the decode of a slot that is taken away, and begins none on it', async () => {
      const slot = new TestSlot();
      slot.hold();
      subject.consumer.addSlot(slot);
      // Of two phrases sent at once, one whose delivery was lost comes after the other.
      const first = subject.producer.run(job('first'));
      await until(() => slot.begun.length === 1, 'the first begins');
      const second = subject.producer.run(job('second'));
      subject.consumer.removeSlot(slot);
      slot.release();
      equal((await first)?.text, 'first');
      const other = new TestSlot();
      subject.consumer.addSlot(other);
      equal((await second)?.text, 'second');
      deepEqual([slot.begun, other.begun], [['first'], ['second']]);
    });
  });
}

describe('queue of phrases over NATS, when things die', function () {
  this.timeout(30_000);
  let subject: Awaited<ReturnType<typeof overNats>>;
  before(async function () {
    servers = await NatsServers.start(needNats(this));
  });
  after(() => servers?.stop().then(() => (servers = undefined)));
  const emptied = async ({ jsm }: TeamBus): Promise<void> => {
    while ((await jsm.streams.info(PHRASES)).state.messages > 0) await delay(50);
  };
  beforeEach(async () => void (subject = await overNats()));
  // An answer is there a moment before its phrase is acknowledged, and what is not comes again in
  // the next test.
  afterEach(async () => {
    await emptied(subject.gateway);
    await subject.end();
  });

  it('gives the phrase of a worker that vanished to another one', async () => {
    const lost = await bus('lost');
    const gone = new NatsConsumer({
      bus: lost,
      clock: systemClock,
      logger: silentLogger,
      model: MODEL,
    });
    const slot = new TestSlot();
    slot.hold();
    gone.addSlot(slot);
    const asked = subject.producer.run(job('again'));
    await until(() => slot.begun.length === 1, 'it begins');
    await lost.nc.close();
    const begun = performance.now();
    const other = new TestSlot();
    subject.consumer.addSlot(other);
    equal((await asked)?.text, 'again');
    const tookMs = performance.now() - begun;
    gone.dispose();
    // What was handed over is in the queue too.
    await emptied(subject.gateway);
    deepEqual({ other: other.begun, inTime: tookMs < 10_000 }, { other: ['again'], inTime: true });
  });

  it('keeps phrases in their order while their lane is made', async () => {
    const { consumers } = subject.gateway.jsm;
    const add = consumers.add.bind(consumers);
    let slow = true;
    consumers.add = async (...about: Parameters<typeof add>) => {
      const [info, wait] = [await add(...about), slow];
      slow = false;
      if (wait) await delay(300);
      return info;
    };
    const asked = ['first', 'second', 'third'].map((name) => subject.producer.run(job(name)));
    await delay(500);
    const slot = new TestSlot();
    subject.consumer.addSlot(slot);
    await Promise.all(asked);
    deepEqual(slot.begun, ['first', 'second', 'third']);
  });

  it('keeps a long decode with the worker that has it', async () => {
    const [first, second] = [new TestSlot(), new TestSlot()];
    first.hold();
    subject.consumer.addSlot(first);
    const asked = subject.producer.run(job('long'));
    await until(() => first.begun.length === 1, 'it begins');
    subject.consumer.addSlot(second);
    await delay(6_000);
    first.release();
    equal((await asked)?.text, 'long');
    deepEqual(second.begun, []);
  });

  it('puts a phrase on which every worker fails into the dead letters, without its sound', async () => {
    const slot = new TestSlot(() =>
      Promise.reject(new EarmarkError('engine.crashed', 'It stopped.')),
    );
    subject.consumer.addSlot(slot);
    await rejects(subject.producer.run(job('poison')), {
      code: 'engine.crashed',
      message: 'Every worker failed to decode this phrase, so it is left out.',
    });
    const { state } = await subject.gateway.jsm.streams.info(DEAD);
    const letter = await subject.gateway.jsm.streams.getMessage(DEAD, { seq: state.last_seq });
    const { at: _, ...rest } = letter?.json<Record<string, unknown>>() ?? {};
    deepEqual(
      [slot.begun.length, rest],
      [4, { session: 'a-1', organisation: 'a', model: MODEL, deliveries: 4, audioMs: 1_000 }],
    );
  });

  it('hands finals to workers that are free while the queue takes none, and decodes none again when it does', async () => {
    const { gateway, producer, consumer, presence } = subject;
    const publish = gateway.js.publish.bind(gateway.js);
    gateway.js.publish = () => Promise.reject(new Error('no leader'));
    const slots = [new TestSlot(), new TestSlot()];
    for (const slot of slots) consumer.addSlot(slot);
    await until(() => presence.capacity(MODEL).slots === 2, 'the workers tell of themselves');
    const names = Array.from({ length: 6 }, (_, i) => `p${i}`);
    slots[0]?.hold();
    const begun = performance.now();
    const answers = Promise.all(names.map((text) => producer.run(job(text))));
    await until(
      () => slots.flatMap((slot) => slot.begun).length === names.length,
      'all are in hand',
    );
    const tookMs = performance.now() - begun;
    gateway.js.publish = publish;
    // The one that is held goes into the queue now, and the other slot is free.
    await delay(2_000);
    slots[0]?.release();
    deepEqual(
      {
        answers: (await answers).map((answer) => answer?.text),
        begun: slots.flatMap((slot) => slot.begun).sort(),
        inTime: tookMs < 4_000,
      },
      { answers: names, begun: names, inTime: true },
    );
    await emptied(gateway);
    equal(slots.flatMap((slot) => slot.begun).length, names.length);
  });

  it('hands over what the queue has and cannot deliver', async () => {
    const slot = new TestSlot();
    slot.hold();
    subject.consumer.addSlot(slot);
    const first = subject.producer.run(job('first'));
    await until(() => slot.begun.length === 1, 'the first begins');
    // Pulls go to a consumer that nobody answers for.
    const request = subject.worker.nc.request.bind(subject.worker.nc);
    subject.worker.nc.request = (to, ...rest) =>
      to.startsWith('$JS.API.CONSUMER.MSG.NEXT')
        ? Promise.reject(new Error('no leader'))
        : request(to, ...rest);
    slot.release();
    equal((await first)?.text, 'first');
    equal((await subject.producer.run(job('second')))?.text, 'second');
    subject.worker.nc.request = request;
    await emptied(subject.gateway);
    deepEqual(slot.begun, ['first', 'second']);
  });

  it('hands over as soon as workers answer again, however often none did', async () => {
    const { gateway, producer, consumer, presence } = subject;
    consumer.addSlot(new TestSlot());
    await until(() => presence.capacity(MODEL).slots === 1, 'the worker tells of itself');
    const [publish, request] = [
      gateway.js.publish.bind(gateway.js),
      gateway.nc.request.bind(gateway.nc),
    ];
    gateway.js.publish = () => Promise.reject(new Error('no leader'));
    let undecoded = 0;
    gateway.nc.request = (to, ...rest) =>
      to.startsWith('earmark.offer') && undecoded < 5
        ? (undecoded++, Promise.reject(new Error('timeout')))
        : request(to, ...rest);
    const answer = await producer.run(job('late'));
    [gateway.js.publish, gateway.nc.request] = [publish, request];
    deepEqual({ undecoded, text: answer?.text }, { undecoded: 5, text: 'late' });
    await emptied(gateway);
  });

  it('settles a phrase that is answered twice once', async () => {
    const slot = new TestSlot();
    subject.consumer.addSlot(slot);
    const answers: { readonly subject: string; readonly data: Uint8Array }[] = [];
    subject.gateway.nc.subscribe('earmark.answer.>', {
      callback: (_, message) =>
        void (
          'result' in message.json<object>() &&
          answers.push({ subject: message.subject, data: message.data })
        ),
    });
    await subject.gateway.nc.flush();
    equal((await subject.producer.run(job('first')))?.text, 'first');
    slot.hold();
    const second = subject.producer.run(job('second'));
    await until(() => slot.begun.length === 2, 'the second begins');
    const [{ subject: to, data }] = answers as [(typeof answers)[number]];
    // It is confirmed again, for the worker that repeats it, and does nothing else.
    equal((await subject.gateway.nc.request(to, data, { timeout: 1_000 })).data.length, 0);
    equal(subject.producer.queuedMs, 1_000);
    slot.release();
    equal((await second)?.text, 'second');
  });
});
