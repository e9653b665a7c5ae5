/** One suite over every SpoolFactory: files on disk and the fake that other tests use. */
import { deepEqual, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSpools } from '../../daemon/adapters/store/fileSpools';
import { FRAME_MS, FRAME_SAMPLES, type Frame, type Source } from '../../daemon/audio/frame';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';
import type { Spool, SpoolFactory } from '../../daemon/session/ports';
import { SteadySpools } from '../../daemon/session/steadySpool';
import { MemorySpools } from '../fakes/memorySpool';

const frame = (source: Source, seq: number): Frame => ({ source, seq, captureMs: seq * FRAME_MS + 0.5, pcm: new Int16Array(FRAME_SAMPLES).fill((seq * 7) % 30_000) });
const seqs = (frames: readonly Frame[]): number[] => frames.map(({ seq }) => seq);
const synced = (spool: Spool, source: Source, seq: number): Promise<void> =>
  new Promise((resolve) => {
    const listening = spool.onDidSync((event) => {
      if (event.source !== source || event.seq < seq) return;
      listening.dispose();
      resolve();
    });
  });

const subjects: Readonly<Record<string, (clock: ManualClock) => { readonly spools: SpoolFactory; end(): void }>> = {
  memory: (clock) => ({ spools: new MemorySpools(clock), end: () => undefined }),
  'steady over memory': (clock) => ({ spools: new SteadySpools({ spools: new MemorySpools(clock), clock, logger: silentLogger }), end: () => undefined }),
  files: (clock) => {
    const folder = mkdtempSync(join(tmpdir(), 'earmark-spool-'));
    return { spools: new FileSpools({ folder: join(folder, 'spool'), clock, logger: silentLogger }), end: () => rmSync(folder, { recursive: true }) };
  },
};

for (const [name, make] of Object.entries(subjects)) {
  describe(`spool: ${name}`, () => {
    let clock: ManualClock;
    let subject: ReturnType<(typeof subjects)[string]>;
    let spool: Spool;
    beforeEach(() => {
      clock = new ManualClock();
      subject = make(clock);
      spool = subject.spools.open('a');
    });
    afterEach(() => {
      spool.dispose();
      subject.end();
    });

    it('gives back the frames it took, each source by itself', () => {
      for (let seq = 0; seq < 4; seq++) for (const source of ['mic', 'system'] as const) spool.append(frame(source, seq));
      deepEqual({ mic: spool.read('mic', 1, 2), system: seqs(spool.read('system', 3, 9)), none: spool.read('file', 0, 9) }, { mic: [frame('mic', 1), frame('mic', 2)], system: [3], none: [] });
    });

    it('has everything on disk after 200 ms, and says so', async () => {
      spool.append(frame('mic', 0));
      spool.append(frame('mic', 1));
      const before = spool.durableSeq('mic');
      const told = synced(spool, 'mic', 1);
      clock.advance(200);
      await told;
      deepEqual({ before, after: spool.durableSeq('mic'), other: spool.durableSeq('system') }, { before: -1, after: 1, other: -1 });
    });

    it('has everything on disk when it is told to', () => {
      spool.append(frame('mic', 0));
      spool.sync();
      deepEqual(spool.durableSeq('mic'), 0);
    });

    it('passes over a frame that it has', () => {
      for (const seq of [0, 1, 1, 0, 2]) spool.append(frame('mic', seq));
      deepEqual(seqs(spool.read('mic', 0, 9)), [0, 1, 2]);
    });

    it('keeps a hole a hole', () => {
      for (const seq of [0, 1, 5, 6]) spool.append(frame('mic', seq));
      deepEqual({ all: seqs(spool.read('mic', 0, 9)), after: seqs(spool.read('mic', 2, 1)), range: spool.range('mic') }, { all: [0, 1, 5, 6], after: [5], range: { firstSeq: 0, lastSeq: 6 } });
    });

    it('forgets what is released, and knows how far it came', () => {
      for (let seq = 0; seq < 4000; seq++) spool.append(frame('mic', seq));
      for (let seq = 0; seq < 3; seq++) spool.append(frame('system', seq));
      spool.sync();
      spool.release('mic', 4000);
      spool.release('system', 1);
      deepEqual({ mic: spool.range('mic'), system: spool.range('system'), read: seqs(spool.read('mic', 0, 9)), durable: spool.durableSeq('mic') }, { mic: undefined, system: { firstSeq: 1, lastSeq: 2 }, read: [], durable: 3999 });
    });

    it('has it all after a restart', () => {
      for (let seq = 0; seq < 2000; seq++) for (const source of ['mic', 'system'] as const) spool.append(frame(source, seq));
      spool.dispose();
      spool = subject.spools.open('a');
      for (const seq of [1999, 2000]) spool.append(frame('mic', seq));
      deepEqual(
        { list: subject.spools.list(), durable: [spool.durableSeq('mic'), spool.durableSeq('system')], across: spool.read('mic', 1570, 30), end: seqs(spool.read('mic', 1998, 9)), range: spool.range('system') },
        { list: ['a'], durable: [1999, 1999], across: Array.from({ length: 30 }, (_, i) => frame('mic', 1570 + i)), end: [1998, 1999, 2000], range: { firstSeq: 0, lastSeq: 1999 } },
      );
    });

    it('remembers after a restart how far a source came whose frames are gone', () => {
      for (let seq = 0; seq < 10; seq++) spool.append(frame('system', seq));
      for (let seq = 0; seq < 4000; seq++) spool.append(frame('mic', seq));
      spool.sync();
      spool.release('system', 10);
      spool.release('mic', 4000);
      spool.dispose();
      spool = subject.spools.open('a');
      deepEqual({ mic: spool.durableSeq('mic'), system: spool.durableSeq('system') }, { mic: 3999, system: 9 });
    });

    it('is gone when it is removed', () => {
      spool.append(frame('mic', 0));
      spool.remove();
      throws(() => spool.append(frame('mic', 1)), { code: 'store.unwritable' });
      deepEqual(subject.spools.list(), []);
      subject.spools.open('b').dispose();
      subject.spools.remove('b');
      subject.spools.remove('never');
      deepEqual(subject.spools.list(), []);
    });
  });
}
