/** Between capture and segmentation: what a full queue and a full disk do to the audio. */
import { deepEqual } from 'node:assert/strict';
import { EarmarkError } from '../../../protocol/errors';
import { FRAME_MS, FRAME_SAMPLES, type Frame } from '../../../daemon/audio/frame';
import { ManualClock } from '../../../daemon/base/clock';
import { FrameQueue } from '../../../daemon/speech/frameQueue';
import { MemorySpools } from '../../../testing/fakes/memorySpool';
import { Harness, say, settle } from '../../../testing/harness/sessionHarness';

const frame = (seq: number): Frame => ({
  source: 'mic',
  seq,
  captureMs: seq * FRAME_MS,
  pcm: new Int16Array(FRAME_SAMPLES).fill(seq),
});
const full = new EarmarkError('store.unwritable', 'The disk is full.');

/** Pushes and takes as the steps say; a negative number takes so many times. */
function check(
  steps: readonly (number | 'full' | 'free')[],
  expected: { taken: number[]; lost: number; behind: boolean },
): void {
  const spools = new MemorySpools(new ManualClock());
  let lost = 0;
  const queue = new FrameQueue({
    source: 'mic',
    spool: spools.open('a'),
    capacity: 4,
    fromSeq: 0,
    onUnspooled: () => undefined,
    onLost: () => lost++,
  });
  const taken: number[] = [];
  let seq = 0;
  for (const step of steps) {
    if (step === 'full') spools.refuse = full;
    else if (step === 'free') spools.refuse = undefined;
    else if (step > 0) queue.push(Array.from({ length: step }, () => frame(seq++)));
    else
      for (let i = 0; i > step; i--)
        taken.push(...queue.take().map((f) => (f.pcm[0] === f.seq ? f.seq : NaN)));
  }
  deepEqual({ taken, lost, behind: queue.behind }, expected);
}

describe('frame queue', () => {
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

  it('hands frames on in order', () =>
    check([3, -1, 2, -1], { taken: upTo(5), lost: 0, behind: false }));
  it('reads from the spool what left the queue', () =>
    check([10, -1, -1], { taken: upTo(10), lost: 0, behind: false }));
  it('is behind until it caught up', () => check([10], { taken: [], lost: 0, behind: true }));
  it('takes new frames while it catches up', () =>
    check([10, -1, 6, -1, -1], { taken: upTo(16), lost: 0, behind: false }));
  it('loses only what neither the spool nor the queue could hold', () =>
    check([2, 'full', 6, -1, -1, 'free', 1, -1], {
      taken: [0, 1, 4, 5, 6, 7, 8],
      lost: 2,
      behind: false,
    }));
  it('answers with nothing when there is nothing', () =>
    check([-1, 1, -1, -1], { taken: [0], lost: 0, behind: false }));
});

describe('a recording that falls behind', () => {
  let h: Harness;
  beforeEach(() => (h = new Harness()));
  afterEach(() => h.dispose());
  const warnings = async (id: string): Promise<readonly string[]> =>
    (await h.events(id)).flatMap((e) => (e.kind === 'warning' ? e.code : []));

  it('says so once, and loses nothing', async () => {
    const id = await h.recorded({ sources: [{ source: 'mic', origin: { type: 'capture' } }] });
    h.engine.hold();
    const words = Array.from({ length: 12 }, (_, i) => i + 1);
    await h.speak('mic', say(...words));
    h.engine.release();
    await settle();
    await h.pass(1000);
    deepEqual(
      {
        texts: await h.texts(id),
        warned: await warnings(id),
        lost: (await h.manager.get(id)).stats['lostFrames'],
      },
      { texts: words.map((n) => `w${n}`), warned: ['queue.overflow'], lost: 0 },
    );
  });

  it('goes on when the disk is full, and says what is at stake', async () => {
    const id = await h.recorded({ sources: [{ source: 'mic', origin: { type: 'capture' } }] });
    h.spools.refuse = full;
    await h.speak('mic', say(1, 2));
    deepEqual(
      {
        texts: await h.texts(id),
        warned: await warnings(id),
        lost: (await h.manager.get(id)).stats['lostFrames'],
      },
      { texts: ['w1', 'w2'], warned: ['store.degraded'], lost: 0 },
    );
  });

  it('counts what is lost when the disk is full and recognition stands still', async () => {
    const id = await h.recorded({ sources: [{ source: 'mic', origin: { type: 'capture' } }] });
    h.spools.refuse = full;
    h.engine.hold();
    await h.speak('mic', say(1, 2, 3, 4, 5, 6, 7, 8, 9));
    h.engine.release();
    await settle();
    const lost = (await h.manager.get(id)).stats['lostFrames'] ?? 0;
    deepEqual(
      { lost: lost > 0, warned: await warnings(id) },
      { lost: true, warned: ['store.degraded', 'frames.lost'] },
    );
  });

  it('keeps the words when the database cannot be written, and sends them when it can', async () => {
    const seen: string[] = [];
    let unwritten = false;
    const id = await h.recorded(
      { sources: [{ source: 'mic', origin: { type: 'capture' } }] },
      (e) => {
        if (e.kind === 'final') seen.push(e.segment.text);
        if (e.kind === 'health') unwritten = e.unwritten === true;
      },
    );
    await h.speak('mic', say(1));
    h.store.refuse = full;
    await h.speak('mic', say(2, 3));
    const during = [...seen, unwritten];
    h.store.refuse = undefined;
    await h.pass(2000);
    const events = await h.events(id);
    deepEqual(
      {
        during,
        after: seen,
        unwritten,
        stored: await h.texts(id),
        seqs: events.every(({ seq }, i) => seq === i + 1),
      },
      {
        during: ['w1', true],
        after: ['w1', 'w2', 'w3'],
        unwritten: false,
        stored: ['w1', 'w2', 'w3'],
        seqs: true,
      },
    );
  });
});
