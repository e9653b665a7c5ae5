/** Ephemeral sessions: the database and the spool on disk receive nothing of them. */
import { deepEqual, equal, throws } from 'node:assert/strict';
import { FRAME_SAMPLES, type Frame } from '../../../daemon/audio/frame';
import { ManualClock } from '../../../daemon/base/clock';
import { EphemeralSpools, spoolsByKind } from '../../../daemon/session/events/ephemeralSpools';
import { EphemeralStore } from '../../../daemon/session/events/ephemeralStore';
import type { DurableEventBody, SessionRecord } from '../../../daemon/session/contract/events';
import { MemorySpools } from '../../../testing/fakes/memorySpool';
import { MemoryStore } from '../../../testing/fakes/memoryStore';

const record = (id: string, createdMs: number, ephemeral: boolean): SessionRecord => ({
  id,
  key: `key of ${id}`,
  kind: ephemeral ? 'dictation' : 'meeting',
  title: id,
  state: 'IDLE',
  startedAt: '2026-01-05T09:00:00+00:00',
  createdMs,
  durationMs: 0,
  sources: [{ source: 'mic', origin: { type: 'push' } }],
  language: 'en',
  provider: 'scripted',
  model: 'script',
  live: true,
  partials: true,
  insights: false,
  ephemeral,
  keepAudio: false,
});
const FINAL: DurableEventBody = {
  kind: 'final',
  segment: {
    id: 's1',
    startMs: 0,
    endMs: 900,
    source: 'mic',
    speaker: 'You',
    text: 'a word',
    confidence: 1,
    revision: 0,
  },
};
const frames = (first: number, count: number): Frame[] =>
  Array.from({ length: count }, (_, i) => ({
    source: 'mic' as const,
    seq: first + i,
    captureMs: (first + i) * 20,
    pcm: new Int16Array(FRAME_SAMPLES).fill(first + i),
  }));

describe('EphemeralStore', () => {
  it('answers about an ephemeral session while the database has none', async () => {
    const disk = new MemoryStore();
    const store = new EphemeralStore(disk);
    await store.createSession(record('m', 1, false));
    await store.createSession(record('d', 2, true));
    await store.append('d', [{ ...FINAL, seq: 1, time: 5 }], [{ source: 'mic', finalThrough: 9 }]);
    await store.append('d', [
      { kind: 'state', from: 'IDLE', to: 'DONE', cause: 'stop', seq: 2, time: 6 },
    ]);
    await store.updateSession('d', { title: 'new', stats: { phrases: 1 } });
    const listed = async (filter: { active?: boolean; offset: number; limit: number }) =>
      (await store.listSessions(filter)).map(({ id }) => id);
    deepEqual(
      {
        onDisk: await disk.listSessions({ limit: 9, offset: 0 }).then((all) => all.length),
        counts: await store.counts('d'),
        events: (await store.readEvents('d', 1, 9)).map(({ kind }) => kind),
        progress: await store.progress('d'),
        texts: (await store.segments('d')).map(({ text }) => text),
        byKey: (await store.findByKey('key of d'))?.title,
        state: (await store.getSession('d'))?.state,
        stats: await store.stats('d'),
        all: await listed({ limit: 9, offset: 0 }),
        second: await listed({ limit: 1, offset: 1 }),
        active: await listed({ limit: 9, offset: 0, active: true }),
        found: await store.search({ words: ['word'], kind: 'transcript', limit: 9 }),
      },
      {
        onDisk: 1,
        counts: { lastSeq: 2, lastTime: 6, segments: 1 },
        events: ['state'],
        progress: [{ source: 'mic', finalThrough: 9 }],
        texts: ['a word'],
        byKey: 'new',
        state: 'DONE',
        stats: { phrases: 1 },
        all: ['d', 'm'],
        second: ['m'],
        active: ['m'],
        found: [],
      },
    );
    await store.deleteSession('d');
    deepEqual([store.has('d'), await store.getSession('d')], [false, undefined]);
  });
});

describe('EphemeralSpools', () => {
  it('hold frames until they are final, and refuse beyond their bound', () => {
    const clock = new ManualClock();
    const disk = new MemorySpools(clock);
    const memory = new EphemeralSpools(clock, 10 * FRAME_SAMPLES * 2);
    const spools = spoolsByKind(disk, memory, (id) => id === 'd');
    const spool = spools.open('d');
    const synced: number[] = [];
    spool.onDidSync(({ seq }) => synced.push(seq));
    const given = frames(0, 6);
    spool.append(...given);
    given[0]?.pcm.fill(99);
    spool.append(...frames(4, 6));
    clock.advance(1);
    deepEqual(
      {
        durable: spool.durableSeq('mic'),
        range: spool.range('mic'),
        read: spool.read('mic', 0, 3).map(({ seq, pcm }) => [seq, pcm[0]]),
        synced,
        onDisk: disk.list(),
        listed: spools.list(),
      },
      {
        durable: 9,
        range: { firstSeq: 0, lastSeq: 9 },
        read: [
          [0, 0],
          [1, 1],
          [2, 2],
        ],
        synced: [9],
        onDisk: [],
        listed: ['d'],
      },
    );
    throws(() => spool.append(...frames(10, 1)), { code: 'store.unwritable' });
    spool.release('mic', 8);
    spool.append(...frames(10, 1));
    deepEqual(spool.range('mic'), { firstSeq: 8, lastSeq: 10 });
    equal(spools.remove('d'), 0);
    deepEqual(spools.list(), []);
  });
});
