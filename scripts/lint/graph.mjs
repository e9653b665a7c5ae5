// `npm run graph` prints which room imports which, types included, and fails on a circle of files.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../setup.mjs';

const FOLDERS = [
  'protocol',
  'agents',
  'client',
  'daemon',
  'extension',
  'media',
  'testing',
  'bench',
];

/** @param {string} file path from the repository's root */
export function roomOf(file) {
  const [top, room, ...rest] = file.split('/');
  return top === 'daemon' && rest.length > 0 ? `daemon/${room}` : top;
}

/**
 * @param {string} folder of a project
 * @param {readonly string[]} folders to read in it
 * @returns {Promise<{modules: number, circles: string[][], rooms: Map<string, Set<string>>}>}
 * `circles`: files that import each other, each circle once; `rooms`: room → rooms that it imports
 */
export async function importGraph(folder, folders) {
  const { cruise } = await import('dependency-cruiser');
  const { output } = await cruise([...folders], {
    baseDir: folder,
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    validate: true,
    ruleSet: {
      forbidden: [{ name: 'circle', severity: 'error', from: {}, to: { circular: true } }],
    },
  });
  const rooms = new Map();
  for (const { source, dependencies } of output.modules)
    for (const { resolved } of dependencies) {
      const [from, to] = [roomOf(source), roomOf(resolved)];
      if (from === to || !folders.includes(resolved.split('/')[0])) continue;
      rooms.set(from, (rooms.get(from) ?? new Set()).add(to));
    }
  const circles = new Map(
    output.summary.violations.map(({ from, cycle = [] }) => {
      const files = [from, ...cycle.map(({ name }) => name)];
      return [[...new Set(files)].sort().join(), files];
    }),
  );
  return { modules: output.modules.length, circles: [...circles.values()], rooms };
}

async function main() {
  const { modules, circles, rooms } = await importGraph(root, FOLDERS);
  for (const [room, imported] of [...rooms].sort(([a], [b]) => a.localeCompare(b)))
    console.log(`${room.padEnd(20)} → ${[...imported].sort().join(', ')}`);
  for (const circle of circles) console.error(`Circle: ${circle.join(' → ')}`);
  console.log(`${modules} files, ${circles.length} circles`);
  process.exitCode = circles.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(path.resolve(process.argv[1] ?? '')).href) await main();
