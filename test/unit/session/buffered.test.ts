/**
 * A disk that refuses: audio and sessions go on in memory, in order, bounded, and are written as
 * soon as they can be.
 */
import { deepEqual, equal, rejects, throws } from 'node:assert/strict';
import { FRAME_MS, FRAME_SAMPLES, type Frame } from '../../../daemon/audio/frame';
import { ManualClock } from '../../../daemon/base/clock';
import { silentLogger } from '../../../daemon/base/logger';
import type { SpoolFactory } from '../../../daemon/audio/spool';
import { BufferedSpools } from '../../../daemon/speech/bufferedSpool';
import { bufferedStore } from '../../../daemon/session/events/bufferedStore';
import { EarmarkError } from '../../../protocol/errors';
import { MemorySpools } from '../../../testing/fakes/memorySpool';
import { MemoryStore } from '../../../testing/fakes/memoryStore';

const FULL = new EarmarkError('store.unwritable', 'The disk is full; free some space.');
const frame = (seq: number): Frame => ({
  source: 'mic',
  seq,
  captureMs: seq * FRAME_MS,
  pcm: new Int16Array(FRAME_SAMPLES).fill(seq),
});
const seqs = (frames: readonly Frame[]): number[] => frames.map(({ seq }) => seq);

describe('a spool whose disk refuses', () => {
  function open(memoryMs = 1000) {
    const clock = new ManualClock();
    const disk = new MemorySpools(clock);
    let refuseOpen = false;
    const factory: SpoolFactory = {
      open: (id) => {
        if (refuseOpen) throw FULL;
        return disk.open(id);
      },
      list: () => disk.list(),
      remove: (id) => disk.remove(id),
    };
    const spools = new BufferedSpools({ spools: factory, clock, logger: silentLogger, memoryMs });
    return { clock, disk, spools, closed: (to: boolean) => (refuseOpen = to) };
  }

  it('keeps what comes, reads it, acknowledges none of it, and writes it in order afterwards', () => {
    const { clock, disk, spools } = open();
    const spool = spools.open('a');
    spool.append(frame(0), frame(1));
    spool.sync();
    disk.refuse = FULL;
    for (let seq = 2; seq < 12; seq++) spool.append(frame(seq));
    throws(() => spool.sync(), { code: 'store.unwritable' });
    deepEqual(
      [
        spools.behind,
        spool.durableSeq('mic'),
        spool.range('mic'),
        seqs(spool.read('mic', 0, 4)),
        seqs(spool.read('mic', 5, 3)),
      ],
      [true, 1, { firstSeq: 0, lastSeq: 11 }, [0, 1, 2, 3], [5, 6, 7]],
    );
    clock.advance(2_000);
    equal(spool.behind, true);
    disk.refuse = undefined;
    clock.advance(1_000);
    deepEqual(
      [spools.behind, spool.durableSeq('mic'), seqs(spool.read('mic', 0, 99))],
      [false, 11, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
    );
    spool.append(frame(12));
    spool.sync();
    equal(spool.durableSeq('mic'), 12);
  });

  it("does not keep samples that are somebody else's afterwards", () => {
    const { disk, spools } = open();
    const spool = spools.open('a');
    disk.refuse = FULL;
    const one = frame(7);
    spool.append(one);
    one.pcm.fill(0);
    equal(spool.read('mic', 0, 1)[0]?.pcm[0], 7);
  });

  it('is bounded: then it refuses as the disk does', () => {
    const { disk, spools } = open(5 * FRAME_MS);
    const spool = spools.open('a');
    disk.refuse = FULL;
    for (let seq = 0; seq < 5; seq++) spool.append(frame(seq));
    throws(() => spool.append(frame(5)), { code: 'store.unwritable', message: /disk is full/ });
    deepEqual(spool.range('mic'), { firstSeq: 0, lastSeq: 4 });
    spool.release('mic', 3);
    spool.append(frame(5));
    deepEqual(spool.range('mic'), { firstSeq: 3, lastSeq: 5 });
  });

  it('begins without a disk, but not where the disk may have sound of the session', () => {
    const { clock, spools, closed } = open();
    spools.open('a').append(frame(0));
    closed(true);
    throws(() => spools.open('a'), { code: 'store.unwritable' });
    const fresh = spools.open('b');
    fresh.append(frame(0));
    deepEqual([fresh.behind, fresh.durableSeq('mic')], [true, -1]);
    closed(false);
    clock.advance(700);
    deepEqual(
      [fresh.behind, fresh.durableSeq('mic'), seqs(fresh.read('mic', 0, 9))],
      [false, 0, [0]],
    );
  });

  it('forgets what is final', () => {
    const { disk, spools } = open();
    const spool = spools.open('a');
    disk.refuse = FULL;
    spool.append(frame(0), frame(1));
    spool.release('mic', 2);
    deepEqual([spool.behind, spool.range('mic')], [false, undefined]);
  });

  it('passes on what is no refusal of a disk', () => {
    const { disk, spools } = open();
    const spool = spools.open('a');
    disk.refuse = new EarmarkError('internal', 'A fault.');
    throws(() => spool.append(frame(0)), { code: 'internal' });
  });
});

describe('a session that begins while the store refuses', () => {
  it('is there, and is made before its first event', async () => {
    const inner = new MemoryStore();
    const store = bufferedStore(inner);
    const record = {
      id: 'a',
      key: 'k',
      kind: 'meeting',
      title: 'T',
      state: 'IDLE',
      startedAt: '2026-01-05T09:00:00+00:00',
      createdMs: 1,
      durationMs: 0,
      sources: [],
      language: 'en',
      provider: 'p',
      model: 'm',
      live: true,
      partials: true,
      insights: true,
      ephemeral: false,
      keepAudio: false,
    } as const;
    const event = {
      kind: 'state',
      from: 'IDLE',
      to: 'STARTING',
      cause: 'start',
      seq: 1,
      time: 0,
    } as const;
    inner.refuse = FULL;
    await store.createSession(record);
    await store.updateSession('a', { title: 'Later' });
    await rejects(() => store.append('a', [event]), { code: 'store.unwritable' });
    deepEqual(
      [
        store.refusal,
        (await store.getSession('a'))?.title,
        (await store.findByKey('k'))?.id,
        (await store.listSessions({ limit: 9, offset: 0 })).length,
        (await store.counts('a')).lastSeq,
        await store.readEvents('a', 0, 9),
      ],
      ['The disk is full; free some space.', 'Later', 'a', 1, 0, []],
    );
    inner.refuse = undefined;
    await store.append('a', [event]);
    deepEqual(
      [
        store.refusal,
        (await inner.getSession('a'))?.title,
        (await inner.readEvents('a', 0, 9)).length,
        (await store.listSessions({ limit: 9, offset: 0 })).length,
      ],
      [undefined, 'Later', 1, 1],
    );
  });
});
