/**
 * The dump of audio for finding a fault: whole WAV files, bounded, gone with the session, loud, and
 * never beside what is encrypted.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSpools } from '../../daemon/adapters/store/spool/fileSpools';
import { AudioDump } from '../../daemon/adapters/store/spool/audioDump';
import { ManualClock } from '../../daemon/base/clock';
import { type Logger, silentLogger } from '../../daemon/base/logger';

describe('the dump of sound', () => {
  let home: string;
  let logged: string[];
  let setting = { on: true, maxBytes: 1e6 };
  let encrypted = false;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'earmark-dump-'));
    logged = [];
    setting = { on: true, maxBytes: 1e6 };
    encrypted = false;
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  function open() {
    const logger: Logger = { ...silentLogger, warn: (event) => void logged.push(event) };
    const dump = new AudioDump({
      home,
      logger,
      setting: () => setting,
      encrypted: () => encrypted,
    });
    const spools = dump.watch(
      new FileSpools({
        folder: join(home, 'spool'),
        clock: new ManualClock(),
        logger: silentLogger,
      }),
    );
    return { dump, spools };
  }
  const frames = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({
      source: 'mic' as const,
      seq: from + i,
      captureMs: (from + i) * 20,
      pcm: new Int16Array(320).fill(from + i),
    }));
  const files = (): string[] =>
    existsSync(join(home, 'debug-audio')) ? readdirSync(join(home, 'debug-audio')) : [];

  it('has every frame once, also where a session is taken up again', () => {
    const { dump, spools } = open();
    spools.open('a').append(...frames(0, 3));
    dump.closeAll();
    const again = open();
    const spool = again.spools.open('a');
    spool.append(...frames(3, 2));
    spool.append(...frames(4, 2));
    spool.dispose();
    const path = join(home, 'debug-audio', 'a-mic.wav');
    const bytes = readFileSync(path);
    deepEqual(
      [bytes.toString('latin1', 0, 4), bytes.readUInt32LE(40), bytes.length],
      ['RIFF', 6 * 640, 44 + 6 * 640],
    );
    deepEqual(
      [0, 1, 2, 3, 4, 5].map((n) => bytes.readInt16LE(44 + n * 640)),
      [0, 1, 2, 3, 4, 5],
    );
    if (process.platform !== 'win32') equal(statSync(path).mode & 0o777, 0o600);
    match(
      dump.sentence ?? '',
      /writes the audio of every session unencrypted into .*debug-audio.*Turn it off/,
    );
    deepEqual(logged, ['dump.on', 'dump.on']);
  });

  it('is off until it is asked for, and off again at once', () => {
    setting = { ...setting, on: false };
    const { dump, spools } = open();
    const spool = spools.open('a');
    spool.append(...frames(0, 1));
    deepEqual([files(), dump.sentence, logged], [[], undefined, []]);
    setting = { ...setting, on: true };
    dump.follow();
    spool.append(...frames(1, 1));
    setting = { ...setting, on: false };
    dump.follow();
    spool.append(...frames(2, 1));
    deepEqual(
      [statSync(join(home, 'debug-audio', 'a-mic.wav')).size, dump.sentence, logged],
      [44 + 640, undefined, ['dump.on', 'dump.off']],
    );
  });

  it('stops at its size, and says so', () => {
    setting = { on: true, maxBytes: 5_000 };
    const { dump, spools } = open();
    const spool = spools.open('a');
    for (let n = 0; n < 20; n++) spool.append(...frames(n, 1));
    equal(
      files().reduce((sum, name) => sum + statSync(join(home, 'debug-audio', name)).size, 0) <=
        5_000,
      true,
    );
    match(dump.sentence ?? '', /has reached its size limit/);
    deepEqual(
      [logged, spool.range('mic')],
      [['dump.on', 'dump.full'], { firstSeq: 0, lastSeq: 19 }],
    );
  });

  it('goes with its session', () => {
    const { spools } = open();
    spools.open('a').append(...frames(0, 1));
    spools.open('b').append(...frames(0, 1));
    equal(spools.remove('a'), 2);
    deepEqual(files(), ['b-mic.wav']);
  });

  it('promise: debug audio writes nothing if data is encrypted', () => {
    encrypted = true;
    const { dump, spools } = open();
    spools.open('a').append(...frames(0, 1));
    deepEqual(files(), []);
    match(dump.sentence ?? '', /writes no unencrypted audio/);
  });
});
