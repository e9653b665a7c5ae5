/**
 * Promises that hold whatever happens in whatever order: durable numbers have no gap and no repeat,
 * the words of a final change by a person's hand only, nothing but a person's changes follows DONE,
 * no word is lost or doubled.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { EarmarkError } from '../../../protocol/errors';
import type { DurableEvent, SessionEvent } from '../../../daemon/session/contract/events';
import { Harness, say, settle } from '../../../testing/harness/sessionHarness';

const RUNS = Number(process.env['EARMARK_PROPERTY_RUNS'] ?? 150);

type Step =
  | { readonly do: 'push'; readonly words: number; readonly parts: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'attach' | 'detach' | 'reattach'; readonly client: number }
  | { readonly do: 'revise'; readonly segment: number; readonly text: string }
  | { readonly do: 'insight'; readonly text: string }
  | {
      readonly do:
        'hold' | 'release' | 'diskFull' | 'diskFree' | 'crash' | 'stop' | 'pause' | 'resume';
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      words: fc.integer({ min: 1, max: 3 }),
      parts: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(50, 250, 1000, 3000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('attach' as const, 'detach' as const, 'reattach' as const),
      client: fc.nat({ max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('revise' as const),
      segment: fc.integer({ min: 1, max: 6 }),
      text: fc.string({ maxLength: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('insight' as const),
      text: fc.string({ maxLength: 8 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'hold' as const,
        'release' as const,
        'diskFull' as const,
        'diskFree' as const,
        'crash' as const,
        'stop' as const,
        'pause' as const,
        'resume' as const,
      ),
    }),
  },
);

/**
 * A client that keeps its place, as the extension does: it attaches again after the last number it
 * has.
 */
class Client {
  readonly seqs: number[] = [];
  private last = 0;
  private attachment: { dispose(): void } | undefined;
  readonly wrong: string[] = [];

  async attach(h: Harness, id: string): Promise<void> {
    this.detach();
    this.attachment = (
      await h.manager.attach(id, this.last, (event) => this.recognise(event))
    ).attachment;
  }

  detach(): void {
    this.attachment?.dispose();
    this.attachment = undefined;
  }

  private recognise(event: SessionEvent): void {
    if ('seq' in event) {
      if (event.seq !== this.last + 1) this.wrong.push(`${event.seq} after ${this.last}`);
      this.last = event.seq;
      this.seqs.push(event.seq);
    } else if (event.afterSeq !== this.last)
      this.wrong.push(`passing after ${event.afterSeq} at ${this.last}`);
  }
}

/** A client that pushes words, and after a crash sends again what was not on disk. */
class Speaker {
  words = 0;
  private next = 0;
  private lost = false;

  push(h: Harness, id: string, words: number, parts: number): Promise<void> {
    const fresh = Array.from({ length: words }, (_, i) => this.words + i + 1);
    this.words += words;
    const all = say(...Array.from({ length: this.words }, (_, i) => i + 1));
    const until = all.length / 320 - ((fresh.length * 45) % parts);
    return this.send(h, id, all, until);
  }

  /** The daemon died: what it did not have on disk is sent again as soon as it takes audio. */
  forget(): void {
    this.lost = true;
  }

  /** Sends everything that was ever said and is not there. */
  catchUp(h: Harness, id: string): Promise<void> {
    const all = say(...Array.from({ length: this.words }, (_, i) => i + 1));
    return this.send(h, id, all, all.length / 320);
  }

  private async send(h: Harness, id: string, all: Int16Array, until: number): Promise<void> {
    if (this.lost) {
      const { sources, attachment } = await h.manager.attach(id, 0, () => undefined);
      attachment.dispose();
      this.next = sources[0]?.nextSeq ?? 0;
      this.lost = false;
    }
    while (this.next < until) {
      const count = Math.min(100, until - this.next);
      try {
        await h.manager.push(
          id,
          'file',
          this.next,
          this.next * 20,
          all.subarray(this.next * 320, (this.next + count) * 320),
        );
      } catch (error) {
        if (error instanceof EarmarkError && error.code === 'audio.tooFast') {
          h.clock.advance(200);
          continue;
        }
        throw error;
      }
      this.next += count;
    }
  }
}

/** Checks the stored events of a session; answers the words of its finals as they were said. */
function checkEvents(events: readonly DurableEvent[]): readonly string[] {
  deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, i) => i + 1),
  );
  ok(
    events.every(({ time }, i) => time >= (events[i - 1]?.time ?? 0)),
    'time goes on',
  );
  const words = new Map<string, string>();
  const said: string[] = [];
  let done = false;
  for (const event of events) {
    if (done)
      ok(
        event.kind === 'revision'
          ? event.revision.by === 'person'
          : 'insight' in event && event.insight.edited === true,
        `${event.kind} after DONE`,
      );
    if (event.kind === 'state') done = event.to === 'DONE';
    if (event.kind === 'final') {
      ok(!words.has(event.segment.id), `${event.segment.id} is final twice`);
      words.set(event.segment.id, event.segment.text);
      said.push(event.segment.text);
    }
    if (event.kind === 'revision') {
      const { segment, by, op } = event.revision;
      if (by === 'machine' || op !== 'edit')
        equal(segment.text, words.get(segment.id), 'only a person edits words');
      words.set(segment.id, segment.text);
    }
  }
  return said;
}

const quiet = (error: unknown): void => {
  // What the caller may meet in such an order; anything else is a fault.
  if (
    !(error instanceof EarmarkError) ||
    ![
      'session.wrongState',
      'audio.afterStop',
      'segment.notFound',
      'insight.notFound',
      'store.unwritable',
      'rpc.cancelled',
    ].includes(error.code)
  )
    throw error;
};

const recorderRuns = (h: Harness): boolean => h.capture.open.some(({ source }) => source === 'mic');

/** A session that pauses within a word stops its recorder; the rest is said to nobody. */
const whereRecorderRuns = (h: Harness, error: unknown): void => {
  if (recorderRuns(h)) throw error;
};

async function run(steps: readonly Step[]): Promise<void> {
  const h = new Harness({ storeRetryMs: 100 });
  const clients = [new Client(), new Client(), new Client()];
  const speaker = new Speaker();
  const full = new EarmarkError('store.unwritable', 'The disk is full.');
  const id = await h.pushed({ live: true, partials: true, insights: true });
  let stopped = false;
  for (const action of steps) {
    try {
      switch (action.do) {
        case 'push':
          if ((await h.manager.get(id)).record.state === 'STREAMING')
            await speaker.push(h, id, action.words, action.parts);
          break;
        case 'pass':
          await h.pass(action.ms);
          break;
        case 'attach':
        case 'reattach':
          await clients[action.client]?.attach(h, id);
          break;
        case 'detach':
          clients[action.client]?.detach();
          break;
        case 'revise':
          await h.manager.reviseSegment(id, `s${action.segment}`, { text: action.text });
          break;
        case 'insight':
          await h.manager.reviseInsight(id, 'i1', { text: action.text });
          break;
        case 'hold':
          h.engine.hold();
          break;
        case 'release':
          h.engine.release();
          break;
        case 'diskFull':
          h.store.refuse = full;
          break;
        case 'diskFree':
          h.store.refuse = undefined;
          break;
        case 'crash':
          h.store.refuse = undefined;
          await h.restart(100);
          for (const client of clients) await client.attach(h, id);
          speaker.forget();
          if ((await h.manager.get(id)).record.state === 'STREAMING') await speaker.catchUp(h, id);
          break;
        case 'stop':
          stopped = true;
          await h.manager.stop(id, 'stop.request');
          break;
        case 'pause':
          await h.manager.pause(id, 'user');
          break;
        case 'resume':
          await h.manager.resume(id, 'user');
          break;
      }
    } catch (error) {
      quiet(error);
    }
  }
  h.store.refuse = undefined;
  h.engine.release();
  await h.pass(1000);
  if (!stopped) {
    if ((await h.manager.get(id)).record.state === 'PAUSED') await h.manager.resume(id, 'user');
    await speaker.catchUp(h, id);
  }
  await h.manager.stop(id, 'stop.request');
  for (let i = 0; i < 20 && (await h.manager.get(id)).record.state !== 'DONE'; i++)
    await h.pass(1000);
  for (const client of clients) await client.attach(h, id);
  for (let i = 0; i < 3; i++) await h.pass(1);

  equal((await h.manager.get(id)).record.state, 'DONE');
  const events = await h.events(id);
  const said = checkEvents(events);
  // After an early stop the client may not have sent everything; what is final is then a beginning
  // of it.
  const spoken = Array.from({ length: speaker.words }, (_, i) => `w${i + 1}`);
  deepEqual(said, stopped ? spoken.slice(0, said.length) : spoken);
  for (const client of clients)
    deepEqual(
      { wrong: client.wrong, seqs: client.seqs },
      { wrong: [], seqs: events.map(({ seq }) => seq) },
    );
  deepEqual((await h.manager.get(id)).transcript, await h.store.segments(id));
  h.dispose();
}

describe('session promises', function () {
  this.timeout(120_000);

  it('hold over random orders of speech, clients, people, outages and crashes', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), run), {
      numRuns: RUNS,
    });
  });

  it('hold for a recording that is started, paused, resumed, stopped and killed in random order', async () => {
    const act = fc.constantFrom(
      'speak',
      'pause',
      'resume',
      'stop',
      'attach',
      'die',
      'windowsGone',
      'windowBack',
      'recorderDies',
      'wait',
      'rest',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30, size: 'max' }), async (acts) => {
        const h = new Harness();
        const id = await h.recorded();
        let word = 0;
        for (const name of acts) {
          const calls: Record<typeof name, () => unknown> = {
            speak: () =>
              recorderRuns(h)
                ? h.speak('mic', say(++word)).catch((error: unknown) => whereRecorderRuns(h, error))
                : undefined,
            pause: () => h.manager.pause(id, 'user'),
            resume: () => h.manager.resume(id, 'user'),
            stop: () => h.manager.stop(id, 'stop.request'),
            attach: () => h.manager.attach(id, 0, () => undefined),
            die: () => h.restart(1000),
            windowsGone: () => (h.manager.setWindowCount(1), h.manager.setWindowCount(0)),
            windowBack: () => h.manager.setWindowCount(1),
            recorderDies: () => h.capture.open[0]?.handlers.onEnd(new Error('unplugged')),
            wait: () => h.pass(20_000),
            rest: () => settle(),
          };
          const call = Promise.resolve().then(calls[name]);
          // Some calls overlap: only every other one is waited for. Time itself does not, nor a
          // start: 20 s that pass within a word part it in two, and both parts audio like it.
          if (name === 'speak' || name === 'wait' || name === 'die' || word % 2 === 0)
            await call.catch(quiet);
          else void call.catch(quiet);
          const { state } = (await h.manager.get(id)).record;
          if (state !== 'STREAMING') await settle();
          if (['DONE', 'FAILED', 'PAUSED'].includes((await h.manager.get(id)).record.state))
            equal(h.capture.open.length, 0, `a recorder runs in ${state}`);
        }
        await settle();
        await h.manager.stop(id, 'stop.request');
        for (let i = 0; i < 20 && (await h.manager.get(id)).record.state !== 'DONE'; i++)
          await h.pass(1000);
        deepEqual(
          {
            state: (await h.manager.get(id)).record.state,
            open: h.capture.open.length,
            states: (await h.states(id)).filter((state) => state === 'DONE' || state === 'STOPPING')
              .length,
          },
          { state: 'DONE', open: 0, states: 2 },
        );
        const said = checkEvents(await h.events(id));
        equal(new Set(said).size, said.length);
        h.dispose();
      }),
      { numRuns: RUNS },
    );
  });
});
