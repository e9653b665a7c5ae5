/** What set-up built: sizes, what is inside, and that each entry starts. */
import { deepEqual, match } from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const dist = path.resolve(__dirname, '../../dist');
const load = createRequire(__filename);
const MAX_BYTES = 1_000_000;

/** Rooms and packages that went into a bundle. */
function inside(bundle: string): string[] {
  const { sources } = JSON.parse(readFileSync(path.join(dist, `${bundle}.map`), 'utf8')) as {
    sources: string[];
  };
  return [
    ...new Set(
      sources.map((s) =>
        s
          .replace(/^\.\.\//, '')
          .split('/')
          .slice(0, s.includes('node_modules') ? 2 : 1)
          .join('/'),
      ),
    ),
  ].sort();
}

describe('the bundles', () => {
  it('of the extension and the page stay under 1 MB, without minifying', () => {
    const sizes = ['extension.js', 'panel.js'].map((file) => statSync(path.join(dist, file)).size);
    console.log(
      `      extension.js ${Math.round((sizes[0] ?? 0) / 1000)} KB, panel.js ${Math.round((sizes[1] ?? 0) / 1000)} KB`,
    );
    deepEqual(
      sizes.map((bytes) => bytes < MAX_BYTES),
      [true, true],
    );
  });

  it('of the extension and the page hold no room they may not know', () => {
    deepEqual(
      inside('extension.js').filter((room) => ['daemon', 'media', 'test'].includes(room)),
      [],
    );
    deepEqual(
      inside('panel.js').filter((room) =>
        ['daemon', 'client', 'extension', 'node_modules/zod'].includes(room),
      ),
      [],
    );
  });

  it('hold no path of this machine', () => {
    const root = path.resolve(dist, '..');
    const telling = readdirSync(dist, { recursive: true })
      .map(String)
      .filter(
        (f) => /\.(js|map|css)$/.test(f) && readFileSync(path.join(dist, f), 'utf8').includes(root),
      );
    deepEqual(telling, []);
  });

  it('of the command line starts', () => {
    match(
      execFileSync(process.execPath, [path.join(dist, 'cli.js'), '--version'], {
        encoding: 'utf8',
      }),
      /^\d+\.\d+\.\d+\n$/,
    );
  });

  it('of the daemon says in one sentence what it does not understand', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.join(dist, 'daemon.js'), '--nonsense'],
      { encoding: 'utf8' },
    );
    deepEqual(
      [status, stderr.trim().split('\n').length, /--home FOLDER/.test(stderr)],
      [1, 1, true],
    );
  });

  it('of the recorders are functions, as node-record-lpcm16 calls them', () => {
    const folder = path.join(dist, 'recorders');
    const kinds = readdirSync(folder)
      .filter((f) => f.endsWith('.js'))
      .map((f) => [f, typeof load(path.join(folder, f))]);
    deepEqual(
      kinds.sort(),
      ['arecord', 'audiotee', 'ffmpeg', 'parec', 'pw-record', 'sox'].map((name) => [
        `${name}.js`,
        'function',
      ]),
    );
  });
});
