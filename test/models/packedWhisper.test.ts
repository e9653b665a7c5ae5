/**
 * Whisper out of the packed VSIX, unpacked into an empty folder, with no program on the path: the
 * same texts as from the clone.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { pooledWer } from '../../testing/scoring/wordErrors';
import {
  usableBuilds,
  whisperFolder,
} from '../../daemon/adapters/inference/whisper/whisperBinding';
import { skip } from '../../testing/harness/skip';

const root = path.resolve(__dirname, '../..');
const shared = path.join(root, '../shared');
const model = path.join(shared, 'models/ggml-base-q8_0.bin');
const misc = path.join(shared, 'data/misc');
const TARGET = `${process.platform}-${process.arch}`;
/** Of the C library, in Ubuntu 22.04, Debian 12 and RHEL 9. */
const GLIBC = 34;

/** Writes the entries of a ZIP file; a VSIX has no ZIP64 and no encryption. */
function unzip(file: string, into: string): void {
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(Buffer.from('504b0506', 'hex'));
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [packed, name, extra, comment] = [20, 28, 30, 32].map((offset) =>
      offset === 20 ? bytes.readUInt32LE(at + offset) : bytes.readUInt16LE(at + offset),
    ) as [number, number, number, number];
    const entry = path.join(into, bytes.toString('utf8', at + 46, at + 46 + name));
    ok(entry.startsWith(into + path.sep), entry);
    const local = bytes.readUInt32LE(at + 42);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(from, from + packed);
    if (!entry.endsWith('/')) {
      mkdirSync(path.dirname(entry), { recursive: true });
      writeFileSync(entry, bytes.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data));
    }
    at += 46 + name + extra + comment;
  }
}

describe('Whisper from the packed VSIX', function () {
  this.timeout(600_000);
  let folder = '';
  let extension = '';
  let empty = '';

  before(async function () {
    this.timeout(600_000);
    const models = process.env['EARMARK_MODELS'];
    if (whisperFolder() === undefined) skip(this, 'Whisper is not built: run "npm run whisper"');
    if (!existsSync(model) || !existsSync(misc))
      skip(this, '../shared/models/ggml-base-q8_0.bin or ../shared/data/misc is not there');
    if (models === undefined || !existsSync(path.join(models, 'silero-vad')))
      skip(this, 'no models: run it with "npm run test:models"');
    folder = mkdtempSync(path.join(tmpdir(), 'earmark-packed-'));
    const packaged = spawnSync(
      process.execPath,
      [path.join(root, 'scripts/package.mjs'), '--out', folder],
      { cwd: root, encoding: 'utf8' },
    );
    equal(packaged.status, 0, packaged.stderr);
    const file = readdirSync(folder).find((name) => name.endsWith(`${TARGET}.vsix`));
    ok(file !== undefined, packaged.stdout);
    unzip(path.join(folder, file), path.join(folder, 'unpacked'));
    extension = path.join(folder, 'unpacked/extension');
    empty = path.join(folder, 'empty');
    mkdirSync(empty);
    for (const home of ['packed', 'clone']) {
      mkdirSync(path.join(folder, home, 'models/import'), { recursive: true, mode: 0o700 });
      cpSync(path.join(models, 'silero-vad'), path.join(folder, home, 'models/silero-vad'), {
        recursive: true,
      });
      copyFileSync(model, path.join(folder, home, 'models/import/ggml-base-q8_0.bin'));
      await earmark(home, 'models', 'pull', 'whisper-base-q8_0');
    }
  });
  after(async () => {
    if (extension === '') return;
    for (const home of ['packed', 'clone']) await earmark(home, 'daemon', 'stop');
    rmSync(folder, { recursive: true, force: true });
  });

  /** The command line of the VSIX has an empty path; that of the clone has the usual one. */
  const earmark = (home: string, ...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const packed = home === 'packed';
      execFile(
        process.execPath,
        [path.join(packed ? extension : root, 'dist/cli.js'), ...args],
        {
          cwd: packed ? empty : root,
          env: {
            ...process.env,
            EARMARK_HOME: path.join(folder, home),
            EARMARK_MODELS: path.join(folder, home, 'models'),
            ...(packed ? { PATH: empty } : {}),
          },
          encoding: 'utf8',
        },
        (error, out, err) => (error ? reject(new Error(`${error.message} ${err}`)) : resolve(out)),
      );
    });
  const transcribe = (home: string, name: string): Promise<string> =>
    earmark(
      home,
      ...['transcribe', '--provider', 'whisper', '--model', 'whisper-base-q8_0'],
      ...['--language', 'en', '--format', 'text', path.join(misc, name)],
    );

  it('has the builds of this platform, their licence, and nothing newer than they need', () => {
    const builds = path.join(extension, 'dist/whisper');
    const names = readdirSync(builds).filter((name) => name.endsWith('.node'));
    ok(names.includes('plain.node') || names.includes('metal.node'), names.join(' '));
    ok(!names.includes('own.node'), 'a library of the user is not packed');
    for (const name of names) {
      const bytes = readFileSync(path.join(builds, name));
      ok(bytes.equals(readFileSync(path.join(whisperFolder() ?? '', name))), name);
      const needed = [...bytes.toString('latin1').matchAll(/GLIBC_2\.(\d+)/g)];
      ok(Math.max(0, ...needed.map(([, minor]) => Number(minor))) <= GLIBC, name);
    }
    const notices = readFileSync(path.join(extension, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    match(notices, /^whisper\.cpp and ggml, .*: The ggml authors, MIT$/m);
    match(notices, /Copyright \(c\) 2023-2024 The ggml authors/);
    match(notices, /^smart-whisper [\d.]+: MIT$/m);
  });

  it('gives the words of the build in the clone without a compiler', async () => {
    for (const compiler of ['cc', 'gcc', 'c++', 'clang'])
      ok(spawnSync(compiler, ['--version'], { env: { PATH: empty } }).error, compiler);
    const reference = readFileSync(path.join(misc, 'two_cities.txt'), 'utf8');
    const [packed, clone] = await Promise.all(
      ['packed', 'clone'].map((home) => transcribe(home, 'two_cities.flac')),
    );
    equal(packed, clone);
    const wer = pooledWer([{ reference, hypothesis: packed ?? '' }]);
    ok(wer < 10, `${wer} % word errors`);
  });

  it('gives the words of jfk with the build for any processor', async function () {
    const builds = path.join(extension, 'dist/whisper');
    if (!existsSync(path.join(builds, 'plain.node'))) skip(this, 'this platform has one build');
    await earmark('packed', 'daemon', 'stop');
    rmSync(path.join(builds, 'avx2.node'), { force: true });
    deepEqual(usableBuilds(builds), ['plain']);
    match(await transcribe('packed', 'jfk.wav'), /ask not what your country can do for you/i);
  });
});
