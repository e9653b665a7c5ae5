// Line coverage of the product. V8's counts of every process of a test run (tests, daemons,
// workers, command lines, extension hosts, panel pages) are mapped to TypeScript and added up.
// Blank lines and comments do not count.
//
// monocart-coverage-reports does the mapping. v8-to-istanbul, which c8 uses, maps bundles of many
// files wrongly. For `earmark --help` it reports 100 % for every file in dist/cli.js instead of 35
// %.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../setup.mjs';

const ROOMS = ['protocol', 'agents', 'client', 'daemon', 'extension', 'media'];
/** Minimum for the lines outside daemon/adapters, in percent. */
export const MARK = 85;

/** Code without its types; '' for a file that contains only types. */
async function withoutTypes(file) {
  const { transform } = await import('esbuild');
  const { code, map } = await transform(readFileSync(file, 'utf8'), {
    loader: 'ts',
    sourcemap: true,
    sourcefile: file,
    sourcesContent: true,
  });
  return { code: code.trim() === '' ? '' : code, map };
}

/** Every product file with executable code, by its path from the root, with slashes. */
async function sourceFiles() {
  const files = [];
  for (const room of ROOMS) {
    for (const entry of readdirSync(path.join(root, room), {
      recursive: true,
      withFileTypes: true,
    })) {
      const file = path.join(entry.parentPath ?? entry.path, entry.name);
      if (!entry.isFile() || !file.endsWith('.ts') || file.endsWith('.d.ts')) continue;
      if ((await withoutTypes(file)).code !== '')
        files.push(path.relative(root, file).split(path.sep).join('/'));
    }
  }
  return files;
}

/**
 * One name for a source, for every spelling in source maps: `/root/daemon/main.ts`,
 * `../daemon/main.ts`, `daemon/main.ts`.
 */
function sourceName(name) {
  const prefix = `${root.split(path.sep).join('/')}/`;
  const plain = decodeURIComponent(name.replace(/^file:\/\//, '')).replace(/^(\.\.\/)+/, '');
  const absolute = plain.startsWith('/') ? plain : `/${plain}`;
  if (absolute.startsWith(prefix)) return absolute.slice(prefix.length);
  // Some paths start at the folder above the root.
  const above = `${path.basename(root)}/`;
  return plain.startsWith(above) && !ROOMS.includes(plain.split('/')[0])
    ? plain.slice(above.length)
    : plain;
}

/**
 * @param {string} rawFolder V8's files
 * @returns {Promise<{all: Part, outsideAdapters: Part, rooms: [string, Part][], missing:
 * string[]}>}
 * @typedef {{total: number, covered: number, percent: number}} Part
 */
export async function reportCoverage(rawFolder) {
  const { CoverageReport } = await import('monocart-coverage-reports');
  const files = await sourceFiles();
  const known = new Set(files);
  const prefix = `${pathToFileURL(root).href}/`;
  const report = new CoverageReport({
    name: 'Earmark',
    outputDir: path.join(root, 'coverage'),
    reports: ['v8', 'lcovonly'],
    logging: 'error',
    entryFilter: ({ url }) =>
      url.startsWith(prefix) &&
      !/\/(node_modules|test|testing|scripts|bench|out)\//.test(url.slice(prefix.length - 1)),
    sourcePath: sourceName,
    sourceFilter: (name) => known.has(sourceName(name)),
    all: {
      dir: ROOMS.map((room) => path.join(root, room)),
      filter: (name) => known.has(sourceName(name)),
      transformer: async (entry) => {
        const { code, map } = await withoutTypes(path.join(root, sourceName(entry.url)));
        entry.source = code;
        entry.sourceMap = JSON.parse(map);
      },
    },
  });
  await report.addFromDir(rawFolder);
  const results = await report.generate();
  const lines = new Map(
    results.files.map((file) => [sourceName(file.sourcePath), file.summary.lines]),
  );
  const part = (of) => {
    const found = of.map((file) => lines.get(file)).filter(Boolean);
    const total = found.reduce((sum, l) => sum + l.total, 0);
    const covered = found.reduce((sum, l) => sum + l.covered, 0);
    return { total, covered, percent: total === 0 ? 0 : (100 * covered) / total };
  };
  const roomOf = (file) =>
    file.startsWith('daemon/') ? file.split('/').slice(0, 2).join('/') : file.split('/')[0];
  return {
    all: part(files),
    outsideAdapters: part(files.filter((f) => !f.startsWith('daemon/adapters/'))),
    rooms: [...new Set(files.map(roomOf))].map((name) => [
      name,
      part(files.filter((f) => roomOf(f) === name)),
    ]),
    missing: files.filter((f) => !lines.has(f)),
  };
}
