/** After a crash: sessions go on, wait or end; no final is lost or doubled. */
import { deepEqual } from 'node:assert/strict';
import { defaultSessionOptions } from '../../../daemon/session/options';
import { Harness, say, settle } from './harness';

describe('recovery', () => {
  let h: Harness;
  beforeEach(() => (h = new Harness()));
  afterEach(() => h.dispose());
  const recovered = (id: string): number => h.events(id).filter((e) => e.kind === 'warning' && e.code === 'recovered').length;
  const nextSeq = (id: string): number => h.manager.attach(id, 0, () => undefined).sources[0]?.nextSeq ?? NaN;

  it('makes every word final once, whenever the daemon dies in a pushed session', async () => {
    const words = [1, 2, 3, 4];
    const pcm = say(...words);
    for (let died = 0; died <= pcm.length / 320; died += 7) {
      const each = new Harness();
      const id = await each.pushed();
      each.push(id, 'file', 0, pcm.subarray(0, died * 320));
      if (died % 2) each.clock.advance(200);
      await settle();
      each.restart();
      const { sources } = each.manager.attach(id, 0, () => undefined);
      const from = sources[0]?.nextSeq ?? 0;
      each.push(id, 'file', from, pcm.subarray(from * 320));
      each.manager.stop(id, 'stop.request');
      await each.manager.whenEnded(id);
      const ids = each.manager.get(id).transcript.map((segment) => segment.id);
      deepEqual({ died, texts: each.texts(id), unique: new Set(ids).size }, { died, texts: words.map((n) => `w${n}`), unique: words.length });
      each.dispose();
    }
  });

  it('records again when a client is back in time', async () => {
    const id = await h.recorded();
    await h.speak('mic', say(1));
    h.restart();
    const before = { state: h.manager.get(id).record.state, open: h.capture.open.length };
    await h.pass(30_000);
    const { attachment } = h.manager.attach(id, 0, () => undefined);
    await h.pass(500);
    await h.speak('mic', say(2));
    await h.pass(61_000);
    deepEqual(
      { before, state: h.manager.get(id).record.state, texts: h.texts(id), warnings: recovered(id), states: h.states(id) },
      { before: { state: 'PAUSED', open: 0 }, state: 'STREAMING', texts: ['w1', 'w2'], warnings: 1, states: ['STARTING', 'STREAMING', 'PAUSED', 'STREAMING'] },
    );
    const [first, second] = h.manager.get(id).transcript;
    deepEqual({ later: Math.round(((second?.startMs ?? 0) - (first?.startMs ?? 0)) / 1000) }, { later: 31 });
    attachment.dispose();
  });

  it('finalises a recording when no client is back in time; what was spooled is transcribed', async () => {
    const id = await h.recorded();
    h.engine.hold();
    await h.speak('mic', say(1, 2));
    h.restart();
    await h.pass(defaultSessionOptions.recoverCaptureMs);
    await h.pass(1000);
    deepEqual({ state: h.manager.get(id).record.state, texts: h.texts(id), opened: h.capture.recordings.length }, { state: 'DONE', texts: ['w1', 'w2'], opened: 0 });
  });

  it('does not open the microphone of a session that was paused by hand', async () => {
    const id = await h.recorded();
    await h.manager.pause(id, 'user');
    h.restart();
    h.manager.attach(id, 0, () => undefined);
    await h.pass(61_000);
    const kept = h.manager.get(id).record.state;
    h.restart();
    await h.pass(61_000);
    await h.pass(1000);
    deepEqual({ kept, opened: h.capture.recordings.length, state: h.manager.get(id).record.state }, { kept: 'PAUSED', opened: 0, state: 'DONE' });
  });

  it('lets a pushed session wait for its client for three hours', async () => {
    const id = await h.pushed();
    h.push(id, 'file', 0, say(1));
    await settle();
    h.restart();
    await h.pass(defaultSessionOptions.waitMs - 60_000);
    const waiting = h.manager.get(id).record.state;
    await h.pass(61_000);
    await h.pass(1000);
    deepEqual({ waiting, state: h.manager.get(id).record.state }, { waiting: 'STREAMING', state: 'DONE' });
  });

  it('goes on with FINALIZING, and does not do it twice', async () => {
    const id = await h.pushed();
    h.engine.hold();
    h.push(id, 'file', 0, say(1, 2));
    h.clock.advance(200);
    await settle();
    h.manager.stop(id, 'stop.request');
    await settle();
    h.restart();
    await h.pass(10);
    const again = h.restart();
    deepEqual({ state: h.manager.get(id).record.state, texts: h.texts(id), states: h.states(id), again, warnings: recovered(id) }, { state: 'DONE', texts: ['w1', 'w2'], states: ['STARTING', 'STREAMING', 'STOPPING', 'FINALIZING', 'DONE'], again: [], warnings: 1 });
  });

  it('keeps insights and speakers, and analyses what is said afterwards', async () => {
    const id = await h.recorded();
    await h.speak('mic', say(1));
    await h.pass(2000);
    h.restart();
    h.manager.attach(id, 0, () => undefined);
    await h.pass(500);
    await h.speak('mic', say(2));
    await h.pass(2000);
    const { insights, speakers } = h.manager.get(id);
    deepEqual({ insights: insights.map(({ text }) => text), speakers: speakers.map(({ name }) => name) }, { insights: ['2'], speakers: ['You'] });
  });

  it('clears spools of sessions that are gone or done', async () => {
    const kept = await h.pushed();
    h.spools.open('stranger');
    h.restart();
    deepEqual({ spools: h.spools.list(), next: nextSeq(kept) }, { spools: [kept], next: 0 });
  });

  it('removes an ephemeral session that was over when nobody comes for it', async () => {
    const id = await h.pushed({ ephemeral: true });
    h.manager.stop(id, 'stop.request');
    await h.manager.whenEnded(id);
    h.restart();
    const there = h.store.getSession(id)?.state;
    await h.pass(defaultSessionOptions.unseenMs);
    deepEqual({ there, now: h.store.getSession(id) }, { there: 'DONE', now: undefined });
  });
});
