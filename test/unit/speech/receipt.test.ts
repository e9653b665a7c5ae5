/**
 * The receipt of pushed audio: its digest is that of the frames, over crashes, holes and damage,
 * and nothing of it is released before it is stored.
 */
import { deepEqual, rejects } from 'node:assert/strict';
import { FrameChain, type Received } from '../../../daemon/audio/frameChain';
import { isEarmarkError } from '../../../protocol/errors';
import { Harness, say, settle } from '../../../testing/harness/sessionHarness';

const VERIFIED = { sources: [{ source: 'file', origin: { type: 'push', verify: true } }] } as const;
const pcm = say(1, 0, 0, 2, 3, 0);
const FRAMES = pcm.length / 320;

function chainOf(samples: Int16Array): Received {
  const chain = new FrameChain();
  for (let at = 0; at < samples.length; at += 320) chain.add(samples.subarray(at, at + 320));
  return chain.received;
}

describe('the receipt of pushed sound', () => {
  it('is that of the frames while the session runs and when it is over, wherever the daemon died', async () => {
    const sent = chainOf(pcm);
    for (let died = 0; died <= FRAMES; died += 7) {
      const h = new Harness();
      const id = await h.pushed(VERIFIED);
      h.push(id, 'file', 0, pcm.subarray(0, died * 320));
      if (died % 2) h.clock.advance(200);
      await settle();
      await h.restart();
      const from = (await h.manager.attach(id, 0, () => undefined)).sources[0]?.nextSeq ?? 0;
      // Some of it twice: what came before is passed over.
      h.push(id, 'file', Math.max(0, from - 3), pcm.subarray(Math.max(0, from - 3) * 320));
      const running = await h.manager.verify(id, 'file', sent);
      await h.manager.stop(id, 'stop.request');
      await h.manager.whenEnded(id);
      deepEqual(
        { died, running, over: await h.manager.verify(id, 'file', sent) },
        { died, running: { ...sent, confirmed: true }, over: { ...sent, confirmed: true } },
      );
      h.dispose();
    }
  });

  it('differs for one flipped sample, a missing frame and another length, and says what came in', async () => {
    const h = new Harness();
    const id = await h.pushed(VERIFIED);
    const flipped = pcm.slice();
    flipped[5000] = (flipped[5000] ?? 0) ^ 1;
    h.push(id, 'file', 0, flipped);
    deepEqual(await h.manager.verify(id, 'file', chainOf(pcm)), {
      ...chainOf(flipped),
      confirmed: false,
    });
    const holed = await h.pushed(VERIFIED);
    h.push(holed, 'file', 0, pcm.subarray(0, 10 * 320));
    h.push(holed, 'file', 11, pcm.subarray(11 * 320));
    const answer = await h.manager.verify(holed, 'file', chainOf(pcm));
    const short = await h.pushed(VERIFIED);
    h.push(short, 'file', 0, pcm.subarray(0, 20 * 320));
    deepEqual(
      {
        frames: answer.frames,
        confirmed: answer.confirmed,
        short: await h.manager.verify(short, 'file', chainOf(pcm)),
      },
      {
        frames: FRAMES,
        confirmed: false,
        short: { ...chainOf(pcm.subarray(0, 20 * 320)), confirmed: false },
      },
    );
    h.dispose();
  });

  it('confirms nothing that is not kept: it waits for who keeps it, and refuses where that takes too long', async () => {
    const h = new Harness();
    const id = await h.pushed(VERIFIED);
    h.spools.waits = true;
    h.push(id, 'file', 0, pcm.subarray(0, 20 * 320));
    const sent = chainOf(pcm.subarray(0, 20 * 320));
    const reported: unknown[] = [];
    const ask = (): unknown =>
      h.manager.verify(id, 'file', sent).then(
        ({ confirmed }) => reported.push(confirmed),
        (e: unknown) => reported.push(isEarmarkError(e) ? e.code : e),
      );
    ask();
    await h.pass(1_000);
    const meanwhile = [...reported];
    await h.pass(3_000);
    ask();
    await h.pass(1_000);
    h.spools.waits = false;
    await h.pass(200);
    deepEqual({ meanwhile, reported }, { meanwhile: [], reported: ['rpc.timeout', true] });
    h.dispose();
  });

  it('is given for sources alone that were to have one, and costs the others nothing in the store', async () => {
    const h = new Harness();
    const id = await h.pushed();
    h.push(id, 'file', 0, pcm);
    await h.pass(200);
    await rejects(h.manager.verify(id, 'file', chainOf(pcm)), (e) =>
      isEarmarkError(e, 'audio.unknownSource'),
    );
    deepEqual(
      (await h.store.progress(id)).map((entry) => entry.received),
      [undefined],
    );
    h.dispose();
  });
});
