/**
 * The promise about `transcribe` on a full disk: it says so at once and ends with a clear error. A
 * transcript that is not kept needs no disk.
 */
import { deepEqual, match, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDaemon, type DaemonClient } from '../../client';
import { DaemonShutdown } from '../../protocol/health';
import { scriptedDaemon, until } from '../../testing/processes/daemonProcess';
import { startCli, type CliResult, type CliRun } from '../../testing/processes/runCli';
import { skip } from '../../testing/harness/skip';
import { wav } from '../unit/capture/audioBytes';
import { say } from '../../testing/harness/sessionHarness';

/** Time until the first word on stderr, and until the end. */
const WARNED_MS = 10_000;
const ENDED_MS = 60_000;

describe('promise: transcribe reports a full disk at once', function () {
  this.timeout(150_000);
  let folder: string;
  let home: string;
  let client: DaemonClient | undefined;
  before(function () {
    folder = mkdtempSync(join(tmpdir(), 'earmark-full-'));
    home = join(folder, 'home');
    mkdirSync(home);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', home], {
        stdio: 'ignore',
      });
    } catch {
      skip(this, 'a small file system can be made by root on Linux only');
    }
  });
  after(async () => {
    rmSync(join(home, 'filler'), { force: true });
    await client?.request(DaemonShutdown, {}).catch(() => undefined);
    client?.dispose();
    try {
      execFileSync('umount', ['-l', home], { stdio: 'ignore' });
    } catch {
      // It was never mounted.
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Fills the disk to the last byte, again and again, because the reserve is freed. */
  const fill = (): void => {
    const fd = openSync(join(home, 'filler'), 'a');
    try {
      for (let size = 1 << 20; size > 0;) {
        try {
          writeSync(fd, Buffer.alloc(size, 1));
        } catch {
          size >>= 1;
        }
      }
    } finally {
      closeSync(fd);
    }
  };
  const transcribe = (...options: string[]): CliRun => {
    const file = join(folder, 'talk.wav');
    const pcm = say(11, 12, 13);
    writeFileSync(
      file,
      wav(pcm.length, (i) => (pcm[i] ?? 0) / 32_768),
    );
    return startCli(home, ['transcribe', file, ...options]);
  };

  it('warns on stderr at once and ends with a clear error', async () => {
    client = await ensureDaemon({
      stateDir: home,
      client: { name: 'test', version: '0' },
      daemon: scriptedDaemon(),
      timeoutMs: 40_000,
    });
    const filler = setInterval(fill, 300);
    fill();
    try {
      const begun = Date.now();
      const run = transcribe('--keep');
      await until(() => run.err() !== '', 'a warning is on stderr', ENDED_MS);
      const warnedMs = Date.now() - begun;
      match(run.err(), /disk|space/i);
      let result: CliResult | undefined;
      void run.done.then((done) => (result = done));
      await until(() => result !== undefined, 'the command ends', ENDED_MS * 2);
      const endedMs = Date.now() - begun;
      console.log(
        `      warned ${warnedMs} ms, mark ${WARNED_MS}; ended ${endedMs} ms, mark ${ENDED_MS}`,
      );
      ok(warnedMs <= WARNED_MS, `warned after ${warnedMs} ms, mark ${WARNED_MS} ms`);
      ok(endedMs <= ENDED_MS, `ended after ${endedMs} ms, mark ${ENDED_MS} ms`);
      deepEqual(
        [result?.code, /[Ff]ree some space, then transcribe again\.\n$/.test(result?.err ?? '')],
        [1, true],
        result?.err,
      );
      // A transcript that is not kept.
      const { code, out, err } = await transcribe().done;
      deepEqual(
        { code, words: out.match(/w\d+/g) },
        { code: 0, words: ['w11', 'w12', 'w13'] },
        err,
      );
    } finally {
      clearInterval(filler);
    }
  });
});
