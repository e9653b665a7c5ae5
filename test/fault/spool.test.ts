/** What a spool makes of files that a crash, a bad disk or a person left behind. */
import { deepEqual, throws } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { FileSpools } from '../../daemon/adapters/store/spool/fileSpools';
import { FRAME_RECORD_BYTES } from '../../daemon/adapters/store/spool/spoolRecord';
import { FRAME_MS, FRAME_SAMPLES, type Frame } from '../../daemon/audio/frame';
import { ManualClock } from '../../daemon/base/clock';
import { silentLogger } from '../../daemon/base/logger';

const frame = (seq: number): Frame => ({
  source: 'mic',
  seq,
  captureMs: seq * FRAME_MS,
  pcm: new Int16Array(FRAME_SAMPLES).fill(seq),
});

describe('spool files', () => {
  let folder: string;
  let spools: FileSpools;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'earmark-spool-'));
    spools = new FileSpools({
      folder: join(folder, 'spool'),
      clock: new ManualClock(),
      logger: silentLogger,
    });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A spool of ten frames, closed. @returns the path of its file */
  const ten = (): string => {
    const spool = spools.open('a');
    for (let seq = 0; seq < 10; seq++) spool.append(frame(seq));
    spool.dispose();
    return join(folder, 'spool', 'a', '000001.spool');
  };
  const left = (): { seqs: number[]; durable: number; whole: boolean } => {
    const spool = spools.open('a');
    const frames = spool.read('mic', 0, 99);
    const found = {
      seqs: frames.map(({ seq }) => seq),
      durable: spool.durableSeq('mic'),
      whole: frames.every(({ seq, pcm }) => pcm.every((v) => v === seq)),
    };
    spool.dispose();
    return found;
  };
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

  it('cuts a torn tail, wherever it was torn, and goes on after it', () => {
    for (const missing of [1, 27, 28, 29, 400, FRAME_RECORD_BYTES - 1]) {
      const path = ten();
      truncateSync(path, statSync(path).size - missing);
      const found = left();
      const spool = spools.open('a');
      for (const seq of [9, 10]) spool.append(frame(seq));
      spool.dispose();
      deepEqual(
        { missing, found, after: left().seqs },
        { missing, found: { seqs: upTo(9), durable: 8, whole: true }, after: upTo(11) },
      );
      spools.remove('a');
    }
  });

  it('passes over a record that rotted, and keeps those around it', () => {
    const path = ten();
    const fd = openSync(path, 'r+');
    writeSync(fd, Buffer.from([0xff]), 0, 1, 4 * FRAME_RECORD_BYTES + 100);
    closeSync(fd);
    deepEqual(left(), { seqs: [0, 1, 2, 3, 5, 6, 7, 8, 9], durable: 9, whole: true });
  });

  it('never gives back a sample that was not written, whatever happened to the bytes', () => {
    const good = readFileSync(ten());
    const path = join(folder, 'spool', 'a', '000001.spool');
    const damage = fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(damage, fc.nat({ max: good.length }), (bytes, cut) => {
        const bad = Buffer.from(good);
        for (const [at, value] of bytes) bad[at] = value;
        writeFileSync(path, bad.subarray(0, cut));
        const { seqs, whole } = left();
        return whole && seqs.every((seq, i) => i === 0 || seq > (seqs[i - 1] as number));
      }),
      { numRuns: 100 },
    );
  });

  it('ignores garbage and files that are not its own', () => {
    const path = ten();
    appendFileSync(path, 'EMFR and then nothing that makes sense');
    writeFileSync(join(folder, 'spool', 'a', 'notes.txt'), 'hello');
    writeFileSync(join(folder, 'spool', 'a', '000002.spool'), '');
    deepEqual(left(), { seqs: upTo(10), durable: 9, whole: true });
  });

  it('says so in words when it cannot be written', () => {
    const spool = spools.open('a');
    rmSync(join(folder, 'spool', 'a'), { recursive: true });
    throws(
      () => {
        for (let seq = 0; seq < 4000; seq++) spool.append(frame(seq));
      },
      { code: 'store.unwritable', message: /cannot write audio to the state folder/ },
    );
    spool.dispose();
    rmSync(join(folder, 'spool'), { recursive: true });
    writeFileSync(join(folder, 'spool'), 'a file in the way');
    throws(() => spools.open('b'), { code: 'store.unwritable' });
  });

  it('says that the disk is full when it is, keeps what it has, and goes on when there is room', function () {
    const small = join(folder, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', small], {
        stdio: 'ignore',
      });
    } catch {
      console.log(
        '      (skipped: a file system of half a megabyte can be made by root on Linux only)',
      );
      return this.skip();
    }
    try {
      const ballast = join(small, 'ballast');
      writeFileSync(ballast, Buffer.alloc(256 * 1024));
      const spool = new FileSpools({
        folder: join(small, 'spool'),
        clock: new ManualClock(),
        logger: silentLogger,
      }).open('a');
      let seq = 0;
      throws(
        () => {
          for (; seq < 4000; seq++) spool.append(frame(seq));
        },
        { code: 'store.unwritable', message: /disk is full/ },
      );
      const full = seq;
      throws(() => spool.append(frame(seq)), { code: 'store.unwritable' });
      rmSync(ballast);
      for (; seq < full + 20; seq++) spool.append(frame(seq));
      spool.sync();
      const frames = spool.read('mic', 0, 4000);
      deepEqual(
        {
          some: full > 50,
          seqs: frames.map((f) => f.seq),
          whole: frames.every(({ seq: n, pcm }) => pcm.every((v) => v === n)),
        },
        { some: true, seqs: upTo(full + 20), whole: true },
      );
      spool.dispose();
    } finally {
      execFileSync('umount', ['-l', small]); // A sync may be under way; the file is closed after it.
    }
  });

  it('stays small in a long session: what is final is deleted', () => {
    const spool = spools.open('a');
    let most = 0;
    for (let seq = 0; seq < 30_000; seq++) {
      spool.append(frame(seq));
      if (seq % 500 !== 0) continue;
      spool.sync();
      spool.release('mic', seq - 100);
      most = Math.max(most, readdirSync(join(folder, 'spool', 'a')).length);
    }
    deepEqual(most <= 3, true);
    spool.dispose();
  });

  it('is readable by its owner only, and takes no id that leads elsewhere', () => {
    const path = ten();
    deepEqual(
      [statSync(path).mode & 0o777, statSync(join(folder, 'spool', 'a')).mode & 0o777],
      [0o600, 0o700],
    );
    for (const id of ['../b', '', 'a/b', '.'])
      throws(() => spools.open(id), { code: 'session.notFound' });
  });
});
