/** The ordered stream of a session's events, as attached clients see it. */
import { deepEqual, rejects } from 'node:assert/strict';
import { EarmarkError } from '../../../../protocol/errors';
import type { SessionEvent } from '../../../../daemon/session/contract/events';
import { Harness, say, settle } from '../../../../testing/harness/sessionHarness';

const seqs = (events: readonly SessionEvent[]): number[] =>
  events.flatMap((event) => ('seq' in event ? event.seq : []));
const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('session events', () => {
  let h: Harness;
  beforeEach(() => (h = new Harness()));
  afterEach(() => h.dispose());

  it('replays what was missed, then goes on live', async () => {
    const id = await h.pushed();
    const next = h.push(id, 'file', 0, say(1, 2));
    await settle();
    const late: SessionEvent[] = [];
    const { attachment } = await h.manager.attach(id, 3, (event) => late.push(event));
    h.push(id, 'file', next, say(3));
    await settle();
    attachment.dispose();
    await h.manager.stop(id, 'stop.request');
    await h.manager.whenEnded(id);
    deepEqual(
      { seqs: seqs(late), said: late.flatMap((e) => (e.kind === 'final' ? e.segment.text : [])) },
      { seqs: [4, 5, 6], said: ['w1', 'w2', 'w3'] },
    );
  });

  it('replays a long session in turns, without a gap where it goes live', async () => {
    const id = await h.pushed();
    for (let i = 0; i < 700; i++)
      await h.manager.reviseSegment(await firstSegment(id), 's1', { text: `text ${i}` });
    const late: SessionEvent[] = [];
    await h.manager.attach(id, 0, (event) => late.push(event));
    const atOnce = late.length;
    for (let i = 0; i < 5; i++) {
      await h.manager.reviseSegment(id, 's1', { text: `later ${i}` });
      await h.pass(1);
    }
    deepEqual(
      { some: atOnce > 0 && atOnce < 700, all: seqs(late) },
      { some: true, all: upTo(1, (await h.manager.get(id)).lastSeq) },
    );
  });

  it('answers behind the first of what was missed, however slow the disk: who asks twice at its place hears nothing twice', async () => {
    const request = {
      kind: 'file' as const,
      key: 'k',
      sources: [{ source: 'file' as const, origin: { type: 'push' as const } }],
      partials: false,
      insights: false,
    };
    const { session } = await h.manager.start(request);
    h.push(session.record.id, 'file', 0, say(1));
    await settle();
    const read = h.store.readEvents.bind(h.store);
    h.store.readEvents = async (...asked) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return read(...asked);
    };
    const received: SessionEvent[] = [];
    const again = await h.manager.start(request, (event) => received.push(event));
    const last = seqs(received).at(-1) ?? 0;
    again.attachment?.dispose();
    await h.manager.attach(session.record.id, last, (event) => received.push(event));
    deepEqual(
      [last > 0, seqs(received)],
      [true, upTo(1, (await h.manager.get(session.record.id)).lastSeq)],
    );
  });

  const firstSegment = async (id: string): Promise<string> => {
    if ((await h.manager.get(id)).segments === 0) {
      h.push(id, 'file', 0, say(1));
      await settle();
    }
    return id;
  };

  it('does not let one client that fails keep the others from hearing', async () => {
    const id = await h.pushed();
    const good: SessionEvent[] = [];
    await h.manager.attach(id, 0, () => {
      throw new Error('gone');
    });
    await h.manager.attach(id, 0, (event) => good.push(event));
    h.push(id, 'file', 0, say(1));
    await settle();
    deepEqual(seqs(good), upTo(1, 4));
  });

  it('keeps the order also for a client that acts on what it hears', async () => {
    const seen: number[] = [];
    const id = await h.pushed();
    await h.manager.attach(id, 0, (event) => {
      if (event.kind === 'final' && event.segment.id === 's1')
        void h.manager.reviseSegment(id, 's1', { text: 'mine' });
    });
    await h.manager.attach(id, 0, (event) => 'seq' in event && seen.push(event.seq));
    h.push(id, 'file', 0, say(1, 2));
    await settle();
    deepEqual(seen, upTo(1, (await h.manager.get(id)).lastSeq));
  });

  it('shows partials while somebody speaks; agreed words stay', async () => {
    const partials: string[] = [];
    const id = await h.recorded({}, (event) => {
      if (event.kind === 'partial')
        partials.push(`${event.phraseId} ${event.stable}|${event.unstable}`);
      if (event.kind === 'final') partials.push(`${event.segment.id} ${event.segment.text}`);
    });
    let count = 0;
    h.engine.script = (_word, priority) => ({
      text:
        priority !== 'partial'
          ? 'one two three'
          : (['one', 'one two', 'one two tree'][Math.min(count++, 2)] ?? ''),
      words: [],
      confidence: 0.9,
      language: 'en',
      inferenceMs: 1,
    });
    await h.speak('mic', new Int16Array(16 * 2000).fill(500));
    await h.speak('mic', new Int16Array(16 * 600));
    deepEqual(partials, ['s1 |one', 's1 one|two', 's1 one two|tree', 's1 one two three']);
    await h.manager.stop(id, 'stop.request');
  });

  it('takes a partial away when its phrase came to nothing', async () => {
    const partials: string[] = [];
    await h.recorded(
      {},
      (event) =>
        event.kind === 'partial' &&
        partials.push(`${event.phraseId} ${event.stable}|${event.unstable}`),
    );
    h.engine.script = (_word, priority) => ({
      text: priority !== 'partial' ? '' : 'thank you',
      words: [],
      confidence: 0.1,
      language: 'en',
      inferenceMs: 1,
      ...(priority !== 'partial' ? { rejected: 'knownSilencePhrase' as const } : {}),
    });
    await h.speak('mic', new Int16Array(16 * 700).fill(500));
    await h.speak('mic', new Int16Array(16 * 600));
    deepEqual([partials[0], partials.at(-1)], ['s1 |thank you', 's1 |']);
  });

  it('makes no partials where none are wanted or the engine is busy', async () => {
    const kinds = new Set<string>();
    await h.recorded({ partials: false }, (event) => kinds.add(event.kind));
    await h.speak('mic', new Int16Array(16 * 2000).fill(500));
    const busy = new Harness();
    await busy.recorded({}, (event) => kinds.add(event.kind));
    busy.engine.hold();
    await busy.speak('system', say(1));
    await busy.speak('mic', new Int16Array(16 * 2000).fill(500));
    deepEqual(kinds.has('partial'), false);
    busy.dispose();
  });

  it('sends at most ten levels a second of a source and one health', async () => {
    const counts: Record<string, number> = {};
    await h.recorded({}, (event) => {
      const key = event.kind === 'level' ? `level ${event.source}` : event.kind;
      counts[key] = (counts[key] ?? 0) + 1;
    });
    for (let i = 0; i < 500; i++) {
      h.capture.of('mic').handlers.onData(new Int16Array(320).fill(i % 10 < 5 ? 2 : 4));
      h.clock.advance(20);
    }
    await settle();
    const levels = counts['level mic'] ?? 0;
    deepEqual(
      { levels: levels > 80 && levels <= 100, health: counts['health'] },
      { levels: true, health: 10 },
    );
  });

  it('tells a level again when it changes by a decibel, and otherwise once a second', async () => {
    const reported: number[] = [];
    await h.recorded({}, (event) => event.kind === 'level' && reported.push(event.rmsDb));
    const audio = async (level: number, ms: number): Promise<void> => {
      for (let i = 0; i < ms / 20; i++) {
        h.capture.of('mic').handlers.onData(new Int16Array(320).fill(level));
        h.clock.advance(20);
        await settle();
      }
    };
    await audio(20, 3_000);
    const same = reported.splice(0);
    await audio(21, 500);
    await audio(24, 500);
    deepEqual(
      [same, reported],
      [
        [-64.3, -64.3, -64.3],
        [-63.9, -62.7],
      ],
    );
  });

  it('passing events carry the last durable number', async () => {
    let last = 0;
    const wrong: SessionEvent[] = [];
    const id = await h.recorded({}, (event) => {
      if ('seq' in event) last = event.seq;
      else if (event.afterSeq !== last) wrong.push(event);
    });
    await h.speak('mic', say(1, 2));
    deepEqual(
      { wrong, durable: last === (await h.manager.get(id)).lastSeq },
      { wrong: [], durable: true },
    );
  });

  it('lets a person change words, speaker and hiding, also after DONE, and everybody hears of it', async () => {
    const seen: string[] = [];
    const id = await h.pushed(
      {},
      (event) =>
        event.kind === 'revision' &&
        seen.push(`${event.revision.op} ${event.revision.revision} ${event.revision.by}`),
    );
    h.push(id, 'file', 0, say(1));
    await settle();
    await h.manager.reviseSegment(id, 's1', { text: 'one', speaker: 'Ben' });
    await h.manager.stop(id, 'stop.request');
    await h.manager.whenEnded(id);
    await h.manager.reviseSegment(id, 's1', { hidden: true });
    await h.manager.reviseSegment(id, 's1', { hidden: true, text: 'one' });
    const [segment] = (await h.manager.get(id)).transcript;
    deepEqual(
      {
        seen,
        segment: [
          segment?.text,
          segment?.speaker,
          segment?.hidden,
          segment?.revision,
          segment?.words,
        ],
        stored: (await h.store.segments(id))[0],
      },
      {
        seen: ['edit 1 person', 'speaker 2 person', 'hide 3 person'],
        segment: ['one', 'Ben', true, 3, undefined],
        stored: segment,
      },
    );
    await rejects(() => h.manager.reviseSegment(id, 's9', { text: 'x' }), {
      code: 'segment.notFound',
    });
  });

  it('lets a person change an insight, before and after a restart', async () => {
    const id = await h.recorded();
    await h.speak('mic', say(1));
    await h.pass(2000);
    await h.manager.reviseInsight(id, 'i1', { text: 'mine' });
    await h.manager.stop(id, 'stop.request');
    await h.manager.whenEnded(id);
    await h.restart();
    await h.manager.reviseInsight(id, 'i1', { status: 'done' });
    const [insight] = (await h.manager.get(id)).insights;
    deepEqual(
      [insight?.text, insight?.status, insight?.edited, (await h.store.insights(id))[0]],
      ['mine', 'done', true, insight],
    );
    await rejects(() => h.manager.reviseInsight(id, 'i9', { text: 'x' }), {
      code: 'insight.notFound',
    });
  });

  it('tells a person when a change cannot be kept, and changes nothing', async () => {
    const id = await h.pushed();
    h.push(id, 'file', 0, say(1));
    await settle();
    h.store.refuse = new EarmarkError('store.unwritable', 'The disk is full.');
    await rejects(() => h.manager.reviseSegment(id, 's1', { text: 'x' }), {
      code: 'store.unwritable',
    });
    h.store.refuse = undefined;
    deepEqual(await h.texts(id), ['w1']);
  });

  for (const away of [false, true]) {
    it(`makes a change once when the store took it and its answer was lost${away ? ', and cannot be asked about it' : ''}`, async () => {
      const id = await h.pushed();
      const next = h.push(id, 'file', 0, say(1));
      await settle();
      const [append, counts] = [h.store.append.bind(h.store), h.store.counts.bind(h.store)];
      const lost = new EarmarkError('store.unwritable', 'The answer was lost.');
      h.store.append = async (...asked) => {
        h.store.append = append;
        await append(...asked);
        if (away) h.store.counts = () => Promise.reject(lost);
        throw lost;
      };
      const change = h.manager.reviseSegment(id, 's1', { text: 'x' });
      if (away) await rejects(change, { code: 'store.unwritable' });
      else await change;
      h.store.counts = counts;
      h.push(id, 'file', next, say(2));
      await h.pass(5_000);
      deepEqual(
        {
          texts: await h.texts(id),
          seqs: seqs(await h.store.readEvents(id, 0, 99)),
          last: (await h.manager.get(id)).lastSeq,
        },
        { texts: ['x', 'w2'], seqs: upTo(1, 6), last: 6 },
      );
    });
  }

  it('lists sessions newest first, the running ones as they are now', async () => {
    const first = await h.pushed({ title: 'First' });
    h.push(first, 'file', 0, say(1));
    await h.pass(1000);
    const second = await h.pushed({ title: 'Second' });
    await h.manager.stop(second, 'stop.request');
    await h.manager.whenEnded(second);
    await h.manager.rename(second, 'Renamed');
    await h.manager.rename(first, 'Also');
    const list = async (active?: boolean): Promise<unknown> =>
      (
        await h.manager.list({ limit: 9, offset: 0, ...(active === undefined ? {} : { active }) })
      ).map(({ record, segments, durationMs }) => [
        record.title,
        record.state,
        segments,
        durationMs,
      ]);
    deepEqual(
      { all: await list(), active: await list(true) },
      {
        all: [
          ['Renamed', 'DONE', 0, 0],
          ['Also', 'STREAMING', 1, 900],
        ],
        active: [['Also', 'STREAMING', 1, 900]],
      },
    );
  });
});
