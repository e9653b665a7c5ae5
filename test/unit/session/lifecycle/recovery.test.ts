/** After a crash: sessions go on, wait or end; no final is lost or doubled. */
import { deepEqual } from 'node:assert/strict';
import { EarmarkError } from '../../../../protocol/errors';
import { defaultSessionOptions } from '../../../../daemon/session/contract/options';
import { Harness, say, settle } from '../../../../testing/harness/sessionHarness';

describe('recovery', () => {
  let h: Harness;
  beforeEach(() => (h = new Harness()));
  afterEach(() => h.dispose());
  const recovered = async (id: string): Promise<number> =>
    (await h.events(id)).filter((e) => e.kind === 'warning' && e.code === 'recovered').length;
  const nextSeq = async (id: string): Promise<number> =>
    (await h.manager.attach(id, 0, () => undefined)).sources[0]?.nextSeq ?? NaN;

  it('makes every word final once, whenever the daemon dies in a pushed session', async () => {
    const words = [1, 2, 3, 4];
    const pcm = say(...words);
    for (let died = 0; died <= pcm.length / 320; died += 7) {
      const each = new Harness();
      const id = await each.pushed();
      each.push(id, 'file', 0, pcm.subarray(0, died * 320));
      if (died % 2) each.clock.advance(200);
      await settle();
      await each.restart();
      const { sources } = await each.manager.attach(id, 0, () => undefined);
      const from = sources[0]?.nextSeq ?? 0;
      each.push(id, 'file', from, pcm.subarray(from * 320));
      await each.manager.stop(id, 'stop.request');
      await each.manager.whenEnded(id);
      const ids = (await each.manager.get(id)).transcript.map((segment) => segment.id);
      deepEqual(
        { died, texts: await each.texts(id), unique: new Set(ids).size },
        { died, texts: words.map((n) => `w${n}`), unique: words.length },
      );
      each.dispose();
    }
  });

  it('records again when a client is back in time', async () => {
    const id = await h.recorded();
    await h.speak('mic', say(1));
    await h.restart();
    const before = { state: (await h.manager.get(id)).record.state, open: h.capture.open.length };
    await h.pass(30_000);
    const { attachment } = await h.manager.attach(id, 0, () => undefined);
    await h.pass(500);
    await h.speak('mic', say(2));
    await h.pass(61_000);
    deepEqual(
      {
        before,
        state: (await h.manager.get(id)).record.state,
        texts: await h.texts(id),
        warnings: await recovered(id),
        states: await h.states(id),
      },
      {
        before: { state: 'PAUSED', open: 0 },
        state: 'STREAMING',
        texts: ['w1', 'w2'],
        warnings: 1,
        states: ['STARTING', 'STREAMING', 'PAUSED', 'STREAMING'],
      },
    );
    const [first, second] = (await h.manager.get(id)).transcript;
    deepEqual(
      { later: Math.round(((second?.startMs ?? 0) - (first?.startMs ?? 0)) / 1000) },
      { later: 31 },
    );
    attachment.dispose();
  });

  it('that cannot be taken up at the start is taken up when a client comes for it', async () => {
    const id = await h.pushed();
    const seq = h.push(id, 'file', 0, say(1));
    await h.pass(200);
    h.spools.refuseOpen = new EarmarkError('store.unwritable', 'The disk cannot be read.');
    const recovered = await h.restart();
    const refused = await h.manager.attach(id, 0, () => undefined);
    refused.attachment.dispose();
    h.spools.refuseOpen = undefined;
    const { session, sources } = await h.manager.attach(id, 0, () => undefined);
    h.push(id, 'file', seq, say(2));
    await h.manager.stop(id, 'test');
    await h.pass(1_000);
    deepEqual(
      [
        recovered,
        session.record.state,
        sources[0]?.nextSeq,
        (await h.manager.get(id)).record.state,
        await h.texts(id),
      ],
      [[], 'STREAMING', seq, 'DONE', ['w1', 'w2']],
    );
  });

  it('that crashed again before anybody came back is one that was left: a client resumes it, else it is finished', async () => {
    const end = async (back: boolean) => {
      const id = await h.recorded();
      await h.speak('mic', say(1));
      await h.restart();
      await h.pass(30_000);
      await h.restart();
      const { attachment } = back
        ? await h.manager.attach(id, 0, () => undefined)
        : { attachment: undefined };
      await h.pass(500);
      if (back) await h.speak('mic', say(2));
      await h.pass(61_000);
      const found = {
        state: (await h.manager.get(id)).record.state,
        texts: await h.texts(id),
        open: h.capture.open.length,
      };
      attachment?.dispose();
      if (back) await h.manager.stop(id, 'test');
      await h.pass(1_000);
      return found;
    };
    deepEqual(
      [await end(false), await end(true)],
      [
        { state: 'DONE', texts: ['w1'], open: 0 },
        { state: 'STREAMING', texts: ['w1', 'w2'], open: 2 },
      ],
    );
  });

  it('finalises a recording when no client is back in time; what was spooled is transcribed', async () => {
    const id = await h.recorded();
    h.engine.hold();
    await h.speak('mic', say(1, 2));
    await h.restart();
    await h.pass(defaultSessionOptions.recoverCaptureMs);
    await h.pass(1000);
    deepEqual(
      {
        state: (await h.manager.get(id)).record.state,
        texts: await h.texts(id),
        opened: h.capture.recordings.length,
      },
      { state: 'DONE', texts: ['w1', 'w2'], opened: 0 },
    );
  });

  it('does not open the microphone of a session that was paused by hand', async () => {
    const id = await h.recorded();
    await h.manager.pause(id, 'user');
    await h.restart();
    await h.manager.attach(id, 0, () => undefined);
    await h.pass(61_000);
    const kept = (await h.manager.get(id)).record.state;
    await h.restart();
    await h.pass(61_000);
    await h.pass(1000);
    deepEqual(
      { kept, opened: h.capture.recordings.length, state: (await h.manager.get(id)).record.state },
      { kept: 'PAUSED', opened: 0, state: 'DONE' },
    );
  });

  it('lets a pushed session wait for its client for three hours', async () => {
    const id = await h.pushed();
    h.push(id, 'file', 0, say(1));
    await settle();
    await h.restart();
    await h.pass(defaultSessionOptions.waitMs - 60_000);
    const waiting = (await h.manager.get(id)).record.state;
    await h.pass(61_000);
    await h.pass(1000);
    deepEqual(
      { waiting, state: (await h.manager.get(id)).record.state },
      { waiting: 'STREAMING', state: 'DONE' },
    );
  });

  it('goes on with FINALIZING, and does not do it twice', async () => {
    const id = await h.pushed();
    h.engine.hold();
    h.push(id, 'file', 0, say(1, 2));
    h.clock.advance(200);
    await settle();
    await h.manager.stop(id, 'stop.request');
    await settle();
    await h.restart();
    await h.pass(10);
    const again = await h.restart();
    deepEqual(
      {
        state: (await h.manager.get(id)).record.state,
        texts: await h.texts(id),
        states: await h.states(id),
        again,
        warnings: await recovered(id),
      },
      {
        state: 'DONE',
        texts: ['w1', 'w2'],
        states: ['STARTING', 'STREAMING', 'STOPPING', 'FINALIZING', 'DONE'],
        again: [],
        warnings: 1,
      },
    );
  });

  it('keeps insights and speakers, and analyses what is said afterwards', async () => {
    const id = await h.recorded();
    await h.speak('mic', say(1));
    await h.pass(2000);
    await h.restart();
    await h.manager.attach(id, 0, () => undefined);
    await h.pass(500);
    await h.speak('mic', say(2));
    await h.pass(2000);
    const { insights, speakers } = await h.manager.get(id);
    deepEqual(
      { insights: insights.map(({ text }) => text), speakers: speakers.map(({ name }) => name) },
      { insights: ['2'], speakers: ['You'] },
    );
  });

  it('asks for no sound of a session whose end alone was not on disk', async () => {
    const id = await h.pushed();
    const append = h.store.append.bind(h.store);
    h.store.append = (session, events, progress) =>
      events.some((event) => event.kind === 'state' && event.to === 'DONE')
        ? new Promise(() => undefined)
        : append(session, events, progress);
    const seq = h.push(id, 'file', 0, say(1));
    await h.manager.stop(id, 'test');
    await h.pass(1_000);
    const left = h.spools.list();
    await h.restart();
    deepEqual([left, await nextSeq(id)], [[], seq]);
  });

  it('clears spools of sessions that are gone or done', async () => {
    const kept = await h.pushed();
    h.spools.open('stranger');
    await h.restart();
    deepEqual({ spools: h.spools.list(), next: await nextSeq(kept) }, { spools: [kept], next: 0 });
  });

  it('removes an ephemeral session that was over when nobody comes for it', async () => {
    const id = await h.pushed({ ephemeral: true });
    await h.manager.stop(id, 'stop.request');
    await h.manager.whenEnded(id);
    await h.restart();
    const there = (await h.store.getSession(id))?.state;
    await h.pass(defaultSessionOptions.unseenMs);
    deepEqual({ there, now: await h.store.getSession(id) }, { there: 'DONE', now: undefined });
  });
});
