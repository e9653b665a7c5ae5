/** Life of a session: start, stop, pause, resume, limits, and what is refused when. */
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { EarmarkError } from '../../../protocol/errors';
import { defaultSessionOptions } from '../../../daemon/session/contract/options';
import { Harness, say, settle } from '../../../testing/harness/sessionHarness';

describe('session lifecycle', () => {
  let h: Harness;
  beforeEach(() => (h = new Harness()));
  afterEach(() => h.dispose());

  it('turns pushed sound into finals and ends in DONE', async () => {
    const id = await h.pushed();
    h.push(id, 'file', 0, say(1, 2, 3));
    await h.manager.stop(id, 'stop.request');
    const state = await h.manager.whenEnded(id);
    const { transcript, speakers, stats } = await h.manager.get(id);
    deepEqual(
      {
        state,
        states: await h.states(id),
        segments: transcript.map(({ id: s, text, speaker, source, startMs }) => [
          s,
          text,
          speaker,
          source,
          Math.round(startMs / 100),
        ]),
        speakers: speakers.map(({ name }) => name),
        phrases: stats['phrases'],
        spools: h.spools.list(),
      },
      {
        state: 'DONE',
        states: ['STARTING', 'STREAMING', 'STOPPING', 'FINALIZING', 'DONE'],
        // A phrase starts up to 300 ms before its word, but not before the end of the one before
        // it.
        segments: [
          ['s1', 'w1', 'Speaker', 'file', 0],
          ['s2', 'w2', 'Speaker', 'file', 7],
          ['s3', 'w3', 'Speaker', 'file', 16],
        ],
        speakers: ['Speaker'],
        phrases: 3,
        spools: [],
      },
    );
  });

  it('records two sources, tells who spoke, analyses and stops the recorders first', async () => {
    const id = await h.recorded();
    await h.speak('mic', say(1));
    await h.speak('system', say(2));
    await h.pass(3000);
    const before = (await h.manager.get(id)).insights.map(({ text }) => text);
    await h.manager.stop(id, 'stop.request');
    const open = h.capture.open.length;
    await h.manager.whenEnded(id);
    deepEqual(
      {
        before,
        open,
        said: (await h.manager.get(id)).transcript.map(
          ({ speaker, text }) => `${speaker}: ${text}`,
        ),
        finished: h.analyzers.finished,
      },
      { before: ['2'], open: 0, said: ['You: w1', 'Others: w2'], finished: 1 },
    );
  });

  it('starts and stops once, whoever asks how often', async () => {
    const first = await h.manager.start({
      key: 'k',
      kind: 'file',
      sources: [{ source: 'file', origin: { type: 'push' } }],
      partials: false,
      insights: false,
    });
    const again = await h.manager.start({
      key: 'k',
      kind: 'file',
      sources: [{ source: 'file', origin: { type: 'push' } }],
      partials: false,
      insights: false,
    });
    const { id } = first.session.record;
    const states = [await h.manager.stop(id, 'a'), await h.manager.stop(id, 'b')];
    await h.manager.whenEnded(id);
    states.push(await h.manager.stop(id, 'c'));
    await h.pass(1000);
    states.push(await h.manager.stop(id, 'd'));
    deepEqual(
      { same: again.session.record.id === id, states, changes: await h.states(id) },
      {
        same: true,
        states: ['STOPPING', 'STOPPING', 'DONE', 'DONE'],
        changes: ['STARTING', 'STREAMING', 'STOPPING', 'FINALIZING', 'DONE'],
      },
    );
  });

  it('pauses and resumes; the microphone is closed in between', async () => {
    const id = await h.recorded();
    await h.speak('mic', say(1));
    const paused = await h.manager.pause(id, 'user');
    const open = h.capture.open.length;
    equal(await h.manager.pause(id, 'user'), 'PAUSED');
    await h.pass(60_000);
    const resumed = await Promise.all([h.manager.resume(id, 'user'), h.manager.resume(id, 'user')]);
    await h.speak('mic', say(2));
    const times = (await h.manager.get(id)).transcript.map(({ text, startMs }) => [
      text,
      Math.round(startMs / 10_000),
    ]);
    deepEqual(
      { paused, open, resumed, recorders: h.capture.recordings.length, times },
      {
        paused: 'PAUSED',
        open: 0,
        resumed: ['STREAMING', 'STREAMING'],
        recorders: 4,
        times: [
          ['w1', 0],
          ['w2', 6],
        ],
      },
    );
  });

  it('drops what a recorder sends after it was stopped', async () => {
    const id = await h.recorded();
    const old = h.capture.of('mic');
    await h.manager.pause(id, 'user');
    await h.manager.resume(id, 'user');
    old.handlers.onData(say(9));
    old.handlers.onEnd(new Error('late'));
    await h.pass(10_000);
    deepEqual(
      {
        texts: await h.texts(id),
        open: h.capture.open.length,
        warnings: (await h.events(id)).filter(
          (e) => e.kind === 'warning' && e.code === 'source.lost',
        ),
      },
      { texts: [], open: 2, warnings: [] },
    );
  });

  it('is stopped while it starts', async () => {
    let go!: () => void;
    h.capture.gate = new Promise((resolve) => (go = resolve));
    const starting = h.recorded();
    const failed = rejects(starting, { code: 'rpc.cancelled' });
    await settle();
    const [session] = await h.manager.list({ limit: 1, offset: 0 });
    await h.manager.stop(session?.record.id ?? '', 'stop.request');
    go();
    await failed;
    await h.pass(5000);
    deepEqual(
      {
        open: h.capture.open.length,
        state: (await h.manager.list({ limit: 1, offset: 0 }))[0]?.record.state,
      },
      { open: 0, state: 'DONE' },
    );
  });

  it('says why it could not start, and leaves nothing behind', async () => {
    for (let i = 0; i < 2; i++)
      h.capture.failures.push(new EarmarkError('audio.noRecorder', 'Install sox.'));
    await rejects(h.recorded(), { code: 'audio.noRecorder' });
    h.engine.away = new EarmarkError('model.missing', 'Run `earmark models pull`.');
    await rejects(h.pushed(), { code: 'model.missing' });
    deepEqual(
      {
        sessions: await h.manager.list({ limit: 9, offset: 0 }),
        open: h.capture.open.length,
        spools: h.spools.list(),
        active: h.manager.activeCount,
      },
      { sessions: [], open: 0, spools: [], active: 0 },
    );
  });

  it('records what it can when one source cannot be recorded, and says which', async () => {
    h.capture.failures.push(new EarmarkError('audio.noRecorder', 'Install sox.'));
    const id = await h.recorded();
    const reported = (await h.events(id)).flatMap((event) =>
      event.kind === 'warning' && event.code === 'source.lost'
        ? [{ source: event.source, message: event.message }]
        : [],
    );
    deepEqual(
      { open: h.capture.open.map(({ source }) => source), reported },
      {
        open: ['system'],
        reported: [{ source: 'mic', message: 'The microphone is not recorded. Install sox.' }],
      },
    );
  });

  it('streams while the model loads; what is said waits', async () => {
    const loaded = h.engine.load();
    const starting = h.recorded();
    await settle();
    await h.speak('mic', say(1, 2));
    await h.speak('mic', new Int16Array(16 * defaultSessionOptions.modelWaitMs));
    const id = await starting;
    await h.speak('mic', say(3));
    const before = await h.texts(id);
    loaded();
    await settle();
    await h.pass(1000);
    const codes = (await h.events(id)).flatMap((event) =>
      event.kind === 'warning' ? event.code : [],
    );
    deepEqual(
      { before, after: await h.texts(id), codes: codes.filter((code) => code !== 'source.silent') },
      { before: [], after: ['w1', 'w2', 'w3'], codes: ['model.loading'] },
    );
  });

  it('refuses more sessions than run at once, and none while it drains', async () => {
    const few = new Harness({ maxSessions: 2 });
    await few.pushed();
    await few.pushed();
    await rejects(few.pushed(), { code: 'session.tooMany' });
    // Limits that change hold at once, for sessions that run as well.
    few.manager.configure({ maxSessions: 3, waitMs: 60_000 });
    const third = await few.pushed();
    await few.pass(61_000);
    deepEqual([(await few.manager.get(third)).record.state, few.manager.activeCount], ['DONE', 0]);
    few.manager.drain();
    await rejects(few.pushed(), { code: 'rpc.draining' });
    few.dispose();
  });

  it('refuses an engine, a model, a source or a device that is not there', async () => {
    await rejects(h.pushed({ provider: 'nobody' }), { code: 'engine.unavailable' });
    await rejects(h.pushed({ model: 'none' }), { code: 'model.unknown' });
    await rejects(h.pushed({ sources: [{ source: 'file', origin: { type: 'capture' } }] }), {
      code: 'audio.noRecorder',
    });
    await rejects(
      h.pushed({
        sources: [
          { source: 'mic', origin: { type: 'push' } },
          { source: 'mic', origin: { type: 'push' } },
        ],
      }),
      { code: 'audio.unknownSource' },
    );
  });

  it('ends after its longest time, after an idle time and when it was paused for too long', async () => {
    const silent = await h.recorded();
    await h.pass(defaultSessionOptions.idleMs + 1000);
    const pushed = await h.pushed();
    const paused = await h.recorded();
    await h.manager.pause(paused, 'user');
    await h.pass(defaultSessionOptions.waitMs + 1000);
    const long = new Harness({ lengthMs: 10_000 });
    const talk = await long.recorded();
    await long.speak('mic', say(1));
    await long.pass(10_000);
    await long.pass(5000);
    const causes = await Promise.all(
      [silent, pushed, paused].map(async (id) =>
        (await h.events(id)).flatMap((e) => (e.kind === 'state' ? e.cause : [])).at(-1),
      ),
    );
    causes.push(
      (await long.events(talk)).flatMap((e) => (e.kind === 'state' ? e.cause : [])).at(-1),
    );
    deepEqual(causes, ['idle', 'idle', 'idle', 'limit.length']);
    long.dispose();
  });

  it('promise: recording pauses 60 s after the last window is gone', async () => {
    h.manager.setWindowCount(1);
    const id = await h.recorded();
    const pushed = await h.pushed();
    h.manager.setWindowCount(0);
    await h.pass(59_000);
    h.manager.setWindowCount(1);
    await h.pass(2000);
    const kept = (await h.manager.get(id)).record.state;
    h.manager.setWindowCount(0);
    await h.pass(60_000);
    deepEqual(
      {
        kept,
        state: (await h.manager.get(id)).record.state,
        open: h.capture.open.length,
        pushed: (await h.manager.get(pushed)).record.state,
      },
      { kept: 'STREAMING', state: 'PAUSED', open: 0, pushed: 'STREAMING' },
    );
  });

  it('pauses a recording that a terminal started when the terminal is gone, not before', async () => {
    h.manager.setWindowCount(0);
    const { session, attachment } = await h.manager.start(
      {
        kind: 'meeting',
        sources: [{ source: 'mic', origin: { type: 'capture' } }],
        partials: true,
        insights: true,
      },
      () => undefined,
    );
    await h.pass(120_000);
    const seen = (await h.manager.get(session.record.id)).record.state;
    attachment?.dispose();
    await h.pass(61_000);
    deepEqual(
      {
        seen,
        unseen: (await h.manager.get(session.record.id)).record.state,
        open: h.capture.open.length,
      },
      { seen: 'STREAMING', unseen: 'PAUSED', open: 0 },
    );
  });

  it('starts a recorder again that died, and pauses when it stays dead', async () => {
    const id = await h.recorded({ sources: [{ source: 'mic', origin: { type: 'capture' } }] });
    h.capture.of('mic').handlers.onEnd(new Error('unplugged'));
    await h.pass(1000);
    await h.speak('mic', say(1));
    const back = await h.texts(id);
    for (let i = 0; i < 3; i++)
      h.capture.failures.push(new EarmarkError('audio.recorderFailed', 'No.'));
    h.capture.of('mic').handlers.onEnd(new Error('unplugged'));
    await h.pass(1000);
    await h.pass(2000);
    await h.pass(4000);
    deepEqual(
      {
        back,
        state: (await h.manager.get(id)).record.state,
        warned: (await h.events(id)).some((e) => e.kind === 'warning' && e.code === 'source.lost'),
      },
      { back: ['w1'], state: 'PAUSED', warned: true },
    );
  });

  it('looks for a source that is lost while another is recorded, and records it again', async () => {
    const id = await h.recorded();
    const reported = async (): Promise<string[]> =>
      (await h.events(id)).flatMap((e) =>
        e.kind === 'warning' && e.code === 'source.lost' ? [e.message] : [],
      );
    const pass = async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds; i++) await h.pass(1000);
    };
    for (let i = 0; i < 4; i++)
      h.capture.failures.push(
        new EarmarkError('audio.noRecorder', 'The microphone cannot be recorded: connect one.'),
      );
    h.capture.of('mic').handlers.onEnd(new Error('unplugged'));
    await pass(8);
    const both = [
      'The microphone stopped sending audio. Earmark is trying to reconnect.',
      'The microphone cannot be recorded: connect one.',
    ];
    deepEqual(await reported(), both);
    await pass(10);
    const away = h.capture.open.map(({ source }) => source);
    await pass(10);
    await h.speak('mic', say(1));
    deepEqual(
      {
        reported: await reported(),
        away,
        texts: await h.texts(id),
        state: (await h.manager.get(id)).record.state,
      },
      { reported: both, away: ['system'], texts: ['w1'], state: 'STREAMING' },
    );
    await h.manager.stop(id, 'test');
    await pass(20);
    deepEqual(h.capture.open.length, 0);
  });

  it('records a source that could not be started once it can be', async () => {
    h.capture.failures.push(new EarmarkError('audio.noRecorder', 'Connect one.'));
    const id = await h.recorded();
    await h.pass(10_000);
    await h.speak('mic', say(1));
    deepEqual(
      { open: h.capture.open.length, texts: await h.texts(id) },
      { open: 2, texts: ['w1'] },
    );
  });

  it('puts a recorder that lost sound back on the time line, but not one whose sound was only late', async () => {
    const starts: number[][] = [];
    for (const late of [false, true]) {
      const each = new Harness();
      const id = await each.recorded({ sources: [{ source: 'mic', origin: { type: 'capture' } }] });
      await each.speak('mic', say(1));
      await each.pass(5000);
      if (late) each.capture.of('mic').handlers.onData(new Int16Array(5000 * 16));
      await each.speak('mic', new Int16Array(3000 * 16));
      await each.speak('mic', say(2));
      // 8.9 s less the 300 ms before the word, give or take the 100 ms of a chunk.
      starts.push(
        (await each.manager.get(id)).transcript.map(({ startMs }) => Math.round(startMs / 500) / 2),
      );
      each.dispose();
    }
    deepEqual(starts, [
      [0, 8.5],
      [0, 8.5],
    ]);
  });

  it('tells of the sound that is missing when the machine slept', async () => {
    const id = await h.recorded({ sources: [{ source: 'mic', origin: { type: 'capture' } }] });
    await h.speak('mic', say(1));
    await h.pass(60_000);
    await h.speak('mic', say(2, 3, 4));
    const gaps = (await h.events(id)).flatMap((event) =>
      event.kind === 'warning' && event.code === 'source.gap'
        ? [
            event.message.replace(/^\d+(\.\d+)?/, (seconds) =>
              String(Math.round(Number(seconds) / 10) * 10),
            ),
          ]
        : [],
    );
    await h.pass(1_000);
    const said = (await h.manager.get(id)).transcript.map(
      ({ text, startMs }) => `${text} ${Math.round(startMs / 500) / 2}`,
    );
    // Before the word, not within one that comes later.
    deepEqual(
      { gaps, said, state: (await h.manager.get(id)).record.state },
      {
        gaps: ['60 s of audio did not arrive; silence replaces it.'],
        said: ['w1 0', 'w2 61', 'w3 61.5', 'w4 62.5'],
        state: 'STREAMING',
      },
    );
  });

  it('goes on with the default device when the chosen one is pulled out', async () => {
    const id = await h.recorded({
      sources: [{ source: 'mic', origin: { type: 'capture', device: 'headset' } }],
    });
    await h.speak('mic', say(1));
    h.capture.failures.push(
      new EarmarkError('audio.deviceNotFound', 'The microphone “headset” is not connected.'),
    );
    h.capture.of('mic').handlers.onEnd(new Error('gone'));
    await h.pass(1_000);
    await h.speak('mic', say(2));
    const said = (await h.events(id)).flatMap((event) =>
      event.kind === 'warning' && event.code === 'source.lost' ? [event.message] : [],
    );
    deepEqual(
      { device: h.capture.of('mic').device, texts: await h.texts(id), said },
      {
        device: 'default',
        texts: ['w1', 'w2'],
        said: [
          'The chosen microphone is gone. The recording continues with the default device “default”.',
        ],
      },
    );
  });

  it('ends in time although a recorder does not', async () => {
    h.capture.hangs = true;
    const id = await h.recorded();
    await h.speak('mic', say(1));
    await h.manager.stop(id, 'stop.request');
    await h.pass(2000);
    await h.pass(2000);
    deepEqual(
      { state: (await h.manager.get(id)).record.state, texts: await h.texts(id) },
      { state: 'DONE', texts: ['w1'] },
    );
  });

  it('warns of a microphone that is silent', async () => {
    const id = await h.recorded();
    await h.pass(6000);
    deepEqual(
      (await h.events(id)).flatMap((e) => (e.kind === 'warning' ? [[e.code, e.source]] : [])),
      [
        ['source.silent', 'mic'],
        ['source.silent', 'system'],
      ],
    );
  });

  it('finishes every session within the time of a shutdown, and leaves the rest to the next start', async () => {
    const quick = await h.pushed();
    h.push(quick, 'file', 0, say(1));
    await settle();
    h.engine.hold();
    const slow = await h.pushed();
    h.push(slow, 'file', 0, say(2, 3));
    await settle();
    const down = h.manager.shutdown(9000, 'sigterm');
    await settle();
    await h.pass(8000);
    await h.pass(1000);
    await down;
    const before = [
      (await h.store.getSession(quick))?.state,
      (await h.store.getSession(slow))?.state,
    ];
    await h.restart();
    await h.pass(1000);
    await h.pass(1000);
    deepEqual(
      { before, after: (await h.manager.get(slow)).record.state, texts: await h.texts(slow) },
      { before: ['DONE', 'FINALIZING'], after: 'DONE', texts: ['w2', 'w3'] },
    );
  });

  it('finishes in FINALIZING what STOPPING had no time for', async () => {
    h.engine.hold();
    const id = await h.pushed();
    h.push(id, 'file', 0, say(1, 2));
    await settle();
    await h.manager.stop(id, 'stop.request');
    await settle();
    await h.pass(defaultSessionOptions.flushMs);
    const between = (await h.manager.get(id)).record.state;
    h.engine.release();
    await settle();
    deepEqual(
      { between, state: (await h.manager.get(id)).record.state, texts: await h.texts(id) },
      { between: 'FINALIZING', state: 'DONE', texts: ['w1', 'w2'] },
    );
  });

  it('fails when the engine stays away, and keeps the sound', async () => {
    const id = await h.pushed();
    h.engine.away = new EarmarkError('engine.unavailable', 'Restart.');
    h.push(id, 'file', 0, say(1));
    await h.manager.stop(id, 'stop.request');
    for (let i = 0; i < 5; i++) await h.pass(60_000);
    deepEqual(
      {
        state: (await h.manager.get(id)).record.state,
        error: (await h.events(id)).flatMap((e) => (e.kind === 'error' ? e.code : [])),
        spools: h.spools.list(),
      },
      { state: 'FAILED', error: ['engine.unavailable'], spools: [id] },
    );
  });

  it('gives up a phrase that breaks the engine, and only that one', async () => {
    h.engine.script = (word) => {
      if (word === 'w2') throw new EarmarkError('engine.crashed', 'It crashed.');
      return undefined;
    };
    const id = await h.pushed();
    h.push(id, 'file', 0, say(1, 2, 3));
    for (let i = 0; i < 4; i++) await h.pass(10_000);
    await h.manager.stop(id, 'stop.request');
    await h.pass(1000);
    deepEqual(
      { texts: await h.texts(id), givenUp: (await h.manager.get(id)).stats['givenUp'] },
      { texts: ['w1', 'w3'], givenUp: 1 },
    );
  });

  it('deletes a session that runs and one that is over', async () => {
    const running = await h.recorded();
    const over = await h.pushed();
    await h.manager.stop(over, 'stop.request');
    await h.manager.whenEnded(over);
    await Promise.all([h.manager.delete(running), h.manager.delete(over)]);
    deepEqual(
      {
        sessions: await h.manager.list({ limit: 9, offset: 0 }),
        open: h.capture.open.length,
        spools: h.spools.list(),
      },
      { sessions: [], open: 0, spools: [] },
    );
    await rejects(() => h.manager.get(running), { code: 'session.notFound' });
    await rejects(h.manager.delete(running), { code: 'session.notFound' });
  });

  it('removes an ephemeral session when it is over and its last client gone', async () => {
    const seen: string[] = [];
    const { session, attachment } = await h.manager.start(
      {
        kind: 'dictation',
        sources: [{ source: 'mic', origin: { type: 'capture' } }],
        partials: true,
        insights: false,
        ephemeral: true,
      },
      (event) => {
        if (event.kind === 'final') seen.push(event.segment.text);
        if (event.kind === 'state') seen.push(event.to);
      },
    );
    const { id } = session.record;
    await h.speak('mic', say(1));
    await h.manager.stop(id, 'stop.request');
    await h.manager.whenEnded(id);
    const there = (await h.store.getSession(id)) !== undefined;
    attachment?.dispose();
    await settle();
    deepEqual(
      { seen, there, now: await h.store.getSession(id) },
      {
        seen: ['STARTING', 'STREAMING', 'w1', 'STOPPING', 'FINALIZING', 'DONE'],
        there: true,
        now: undefined,
      },
    );
  });

  it('ends an ephemeral recording whose client is gone', async () => {
    const { session, attachment } = await h.manager.start(
      {
        kind: 'dictation',
        sources: [{ source: 'mic', origin: { type: 'capture' } }],
        partials: true,
        insights: false,
        ephemeral: true,
      },
      () => undefined,
    );
    attachment?.dispose();
    await h.pass(61_000);
    const open = h.capture.open.length;
    await h.pass(60_000);
    deepEqual(
      { open, record: await h.store.getSession(session.record.id) },
      { open: 0, record: undefined },
    );
  });
});
