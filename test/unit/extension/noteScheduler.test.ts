import { deepEqual } from 'node:assert/strict';
import { NoteScheduler, type WriteResult } from '../../../extension/notes/noteScheduler';

/** Time that goes on only when told to. */
class Time {
  now = 0;
  private readonly waiting: { at: number; run: () => void; off: boolean }[] = [];
  timers = {
    now: () => this.now,
    after: (ms: number, run: () => void) => {
      const entry = { at: this.now + ms, run, off: false };
      this.waiting.push(entry);
      return () => void (entry.off = true);
    },
  };

  async to(ms: number): Promise<void> {
    for (;;) {
      const next = this.waiting.filter((w) => !w.off && w.at <= ms).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      next.off = true;
      this.now = next.at;
      next.run();
      await settle();
    }
    this.now = ms;
  }
}
const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

function scheduler(results: WriteResult['kind'][] = []): {
  time: Time;
  s: NoteScheduler;
  writes: number[];
} {
  const time = new Time();
  const writes: number[] = [];
  const s = new NoteScheduler(() => {
    writes.push(time.now);
    return Promise.resolve({ kind: results.shift() ?? 'written' });
  }, time.timers);
  return { time, s, writes };
}

describe('note scheduler', () => {
  it('writes a second after the last change', async () => {
    const { time, s, writes } = scheduler();
    s.changed();
    await time.to(600);
    s.changed();
    await time.to(5_000);
    deepEqual(writes, [1_600]);
  });

  it('writes at the latest after three seconds while changes keep coming', async () => {
    const { time, s, writes } = scheduler();
    for (let at = 0; at <= 7_000; at += 500) {
      await time.to(at);
      s.changed();
    }
    await time.to(20_000);
    deepEqual(writes, [3_000, 6_000, 8_000]);
  });

  it('plans again soon when the document changed under the plan', async () => {
    const { time, s, writes } = scheduler(['stale', 'stale']);
    s.changed();
    await time.to(10_000);
    deepEqual(writes, [1_000, 1_150, 1_300]);
  });

  it('tries a folder that refuses later and later, changes or not', async () => {
    const { time, s, writes } = scheduler(['failed', 'failed', 'failed']);
    s.changed();
    for (let at = 0; at <= 60_000; at += 250) {
      await time.to(at);
      if (at < 40_000) s.changed();
    }
    deepEqual(writes.slice(0, 4), [3_000, 8_000, 18_000, 38_000]);
  });

  it('never writes twice at once, and once more for what came meanwhile', async () => {
    const time = new Time();
    let running = 0;
    let most = 0;
    let count = 0;
    const ends: (() => void)[] = [];
    const s = new NoteScheduler(async () => {
      count += 1;
      most = Math.max(most, ++running);
      await new Promise<void>((end) => ends.push(end));
      running -= 1;
      return { kind: 'written' };
    }, time.timers);
    s.changed();
    await time.to(1_000);
    s.changed();
    s.changed();
    await time.to(5_000);
    deepEqual([count, most], [1, 1]);
    ends.shift()?.();
    await settle();
    await time.to(10_000);
    deepEqual([count, most], [2, 1]);
  });

  it('tries again where an editor never answers', async () => {
    const time = new Time();
    const writes: number[] = [];
    const s = new NoteScheduler(() => {
      writes.push(time.now);
      return writes.length === 1
        ? new Promise(() => undefined)
        : Promise.resolve({ kind: 'written' });
    }, time.timers);
    s.changed();
    await time.to(5_000);
    s.changed();
    await time.to(120_000);
    deepEqual(writes, [1_000, 36_000]);
  });

  it('writes at once when asked to', async () => {
    const { time, s, writes } = scheduler();
    s.changed();
    await time.to(200);
    await s.flush();
    await time.to(9_000);
    deepEqual(writes, [200]);
  });

  it('does nothing after its end', async () => {
    const { time, s, writes } = scheduler();
    s.changed();
    s.dispose();
    s.changed();
    await s.flush();
    await time.to(9_000);
    deepEqual(writes, []);
  });
});
