// The suites of `npm test`, in this order. Two lanes run at a time: `background` suites compute, at
// low priority; `foreground` suites mostly wait for processes and devices. A suite of the lane
// `alone` follows by itself, because it decodes, draws pages or plays audio in real time. A failed
// test of `processes` is retried once, because it measures times, and the machine may have stopped
// for seconds. Tests that pass only on the retry are listed at the end of the run.

/**
 * @typedef {{name: string, what: string, lane: 'background' | 'foreground' | 'alone', processes?:
 * boolean, devices?: boolean, needs: ('build' | 'models' | 'host' | 'whisper')[], limitMs: number}}
 * Suite
 * `devices`: needs system packages, such as a sound server
 */
const minutes = (n) => n * 60_000;

/** Folders of test/. @type {Suite[]} */
export const SUITES = [
  {
    name: 'unit',
    what: 'rooms by themselves',
    lane: 'background',
    processes: true,
    needs: [],
    limitMs: minutes(10),
  },
  {
    name: 'contract',
    what: 'one set of tests over every recorder, store, provider',
    lane: 'background',
    processes: true,
    needs: ['build', 'whisper'],
    limitMs: minutes(10),
  },
  {
    name: 'golden',
    what: 'outputs compared with files',
    lane: 'background',
    needs: [],
    limitMs: minutes(5),
  },
  {
    name: 'lint',
    what: 'forbidden imports must be refused',
    lane: 'background',
    needs: [],
    limitMs: minutes(5),
  },
  {
    name: 'panel',
    what: 'the page in Chromium',
    lane: 'alone',
    devices: true,
    processes: true,
    needs: ['build'],
    limitMs: minutes(5),
  },
  {
    name: 'integration',
    what: 'daemon, command line, recorders, downloads',
    lane: 'foreground',
    devices: true,
    processes: true,
    needs: ['build', 'models'],
    limitMs: minutes(12),
  },
  {
    name: 'team',
    what: 'servers and workers of a team, over NATS and PostgreSQL',
    lane: 'foreground',
    devices: true,
    processes: true,
    needs: ['build', 'models'],
    limitMs: minutes(12),
  },
  {
    name: 'fault',
    what: 'crashes, full disks, lost devices',
    lane: 'foreground',
    devices: true,
    processes: true,
    needs: ['build', 'models'],
    limitMs: minutes(12),
  },
  {
    name: 'models',
    what: 'real models on real speech',
    lane: 'alone',
    devices: true,
    processes: true,
    needs: ['build', 'models', 'whisper'],
    limitMs: minutes(18),
  },
  {
    name: 'extension',
    what: 'a real VS Code extension host',
    lane: 'alone',
    devices: true,
    processes: true,
    needs: ['build', 'models', 'host'],
    limitMs: minutes(18),
  },
];

/** Checks that are a command. A check passes if its exit code is 0. */
export const CHECKS = [
  {
    name: 'format',
    what: 'Prettier at 100 columns',
    args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  },
  { name: 'typecheck', what: 'tsc, a tsconfig per room', args: ['scripts/typecheck.mjs'] },
  {
    name: 'eslint',
    what: 'promises, imports, I/O',
    args: ['node_modules/eslint/bin/eslint.js', '.'],
  },
  { name: 'exports', what: 'exports without an import', args: ['scripts/lint/unusedExports.mjs'] },
  { name: 'graph', what: 'no circle of imports, types included', args: ['scripts/lint/graph.mjs'] },
  {
    name: 'advisories',
    what: 'no dependency with a known high vulnerability',
    args: ['scripts/test/advisories.mjs'],
    show: true,
  },
];
