/**
 * Buffers of the audio path: used again, bounded, all given back when a session is over, and never
 * with another's audio in them.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSpools } from '../../../daemon/adapters/store/spool/fileSpools';
import { framePool, spoolFilePool } from '../../../daemon/audio/pools';
import { BufferPool } from '../../../daemon/base/bufferPool';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import { FrameStore } from '../../../daemon/vad/frameStore';
import { Harness, say } from '../../../testing/harness/sessionHarness';

const frame = (seq: number, value = seq) => ({
  source: 'mic' as const,
  seq,
  captureMs: seq * 20,
  pcm: new Int16Array(320).fill(value),
});

describe('pools of the audio path', () => {
  it('use what was given back, and keep no more than they may', () => {
    const pool = new BufferPool('x', () => new Uint8Array(1), 2);
    const all = [pool.take(), pool.take(), pool.take()];
    for (const one of all) pool.give(one);
    ok(all.includes(pool.take()) && all.includes(pool.take()));
    pool.take();
    deepEqual(pool.metrics, { name: 'x', used: 3, free: 0, taken: 6, made: 4 });
  });

  it('hold no sound of whoever had them before', () => {
    const loud = new FrameStore();
    for (let seq = 0; seq < 10; seq++) loud.append(frame(seq, 9_999));
    loud.close();
    const quiet = new FrameStore();
    quiet.appendSilence(0, 0);
    quiet.append(frame(1, 0));
    deepEqual(
      quiet.slice(0, 640).every((v) => v === 0),
      true,
    );
    quiet.close();
  });

  it('have everything back when a session is over, and make next to nothing in a long one', async () => {
    const before = framePool.metrics;
    const h = new Harness();
    const id = await h.pushed();
    let seq = 0;
    for (let n = 0; n < 40; n++) {
      seq = h.push(id, 'file', seq, say(1, 2, 3));
      await h.pass(1_000);
    }
    const { taken, made } = framePool.metrics;
    await h.manager.stop(id, 'test');
    await h.pass(10_000);
    deepEqual(
      [
        (await h.manager.get(id)).record.state,
        (await h.texts(id)).length,
        framePool.metrics.used - before.used,
      ],
      ['DONE', 120, 0],
    );
    ok(
      made - before.made < (taken - before.taken) / 4,
      `${made - before.made} of ${taken - before.taken} had to be made`,
    );
    h.dispose();
  });

  it('give the memory of a file of a spool to the next one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earmark-pools-'));
    const before = spoolFilePool.metrics;
    const spool = new FileSpools({ folder, clock: new ManualClock(), logger: silentLogger }).open(
      'a',
    );
    for (let seq = 0; seq < 20_000; seq++) {
      spool.append(frame(seq, seq % 30_000));
      if (seq % 200 !== 0) continue;
      spool.sync();
      spool.release('mic', seq - 100);
    }
    deepEqual(
      spool.read('mic', 19_990, 3).map(({ pcm }) => pcm[7]),
      [19_990, 19_991, 19_992],
    );
    spool.dispose();
    // A sync may be under way; the file gives its memory back behind it.
    for (let n = 0; n < 200 && spoolFilePool.metrics.used > before.used; n++)
      await new Promise((done) => setTimeout(done, 10));
    const { used, made, taken } = spoolFilePool.metrics;
    ok(
      used === before.used && taken - before.taken > 10 && made - before.made <= 4,
      `${made - before.made} of ${taken - before.taken} made, ${used - before.used} not given back`,
    );
    rmSync(folder, { recursive: true });
  });
});
