// Runs one part of `npm test` as a separate process group with a time limit, and returns its
// outcome.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';

/**
 * Time for a suite to exit after its last test, in milliseconds. A slower suite left something
 * open.
 */
const END_LIMIT_MS = 15_000;
const running = new Set();

/**
 *
 * @typedef {{name: string, passed: number, failed: number, skipped: {title: string, reason?:
 * string}[], retried?: {title: string, error: string}[], failures: {title: string, error:
 * string}[], ms: number}} Outcome
 */

/** Ends every running part when the user cancels. */
export function killAll() {
  for (const child of running) kill(child);
}

function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The process has already exited.
  }
}

/** Priority of what runs beside a suite that waits for times: 0 is usual, 19 the lowest. */
const POLITE = 15;

/**
 * Output goes to out/test/NAME.log, and to the terminal if `show` is set. `polite`: at low priority,
 * with all processes that the part starts.
 */
function start(name, args, env, { show, polite }) {
  const folder = path.join(root, 'out/test');
  mkdirSync(folder, { recursive: true });
  const log = createWriteStream(path.join(folder, `${name}.log`));
  const [command, ...rest] =
    polite && process.platform !== 'win32'
      ? ['nice', '-n', String(POLITE), process.execPath, ...args]
      : [process.execPath, ...args];
  const child = spawn(command, rest, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  running.add(child);
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      tail = (tail + chunk).slice(-20_000);
      log.write(chunk);
      if (show) process.stdout.write(chunk);
    });
  }
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.on('close', (code, signal) => {
      running.delete(child);
      log.end();
      resolve(signal ?? code);
    });
  });
  return { child, ended, tail: () => tail };
}

/** @returns {Promise<Outcome>} */
export async function runCheck({ name, args, show = false }, { polite = false } = {}) {
  const begun = performance.now();
  const { ended, tail } = start(name, args, {}, { show, polite });
  const code = await ended;
  const failures = code === 0 ? [] : [{ title: name, error: tail().trim() }];
  return {
    name,
    passed: code === 0 ? 1 : 0,
    failed: failures.length,
    skipped: [],
    failures,
    ms: performance.now() - begun,
  };
}

/**
 * @param {import('./suites.mjs').Suite} suite
 * @param {{env: object, grep?: string, coverage?: string, files?: string[], log?: string, show?: boolean, polite?: boolean}} options
 * `files`: paths to run instead of the whole suite; `log`: name of the outputs in out/test; `polite`:
 * at low priority
 * @returns {Promise<Outcome & {records: object[]}>} `records`: lines of scripts/test/reporter.cjs
 */
export async function runSuite(
  { name, lane, processes, limitMs },
  { env, grep, coverage, files, log = name, show = lane !== 'background', polite = false },
) {
  const begun = performance.now();
  const results = path.join(root, 'out/test', `${log}.results.jsonl`);
  rmSync(results, { force: true });
  const args = [
    'node_modules/mocha/bin/mocha.js',
    '--reporter',
    'scripts/test/reporter.cjs',
    ...(process.env.CI ? ['--forbid-only'] : []),
    ...(processes ? ['--retries', '1'] : []),
    ...(grep ? ['--grep', grep] : []),
    ...(files ?? [`test/${name}/**/*.test.ts`]),
  ];
  const { child, ended, tail } = start(
    log,
    args,
    {
      ...env,
      EARMARK_TEST_RESULTS: results,
      EARMARK_TEST_VERBOSE: show ? '1' : '',
      ...(coverage ? { NODE_V8_COVERAGE: coverage } : {}),
    },
    { show, polite },
  );

  let stopped;
  let doneAt;
  const watch = setInterval(() => {
    if (doneAt === undefined && recordsOf(results).some((r) => r.type === 'end'))
      doneAt = performance.now();
    if (performance.now() - begun > limitMs)
      stopped = `it did not end within ${limitMs / 60_000} minutes`;
    else if (doneAt !== undefined && performance.now() - doneAt > END_LIMIT_MS)
      stopped = 'it did not end after its last test: something was left open';
    if (stopped) kill(child);
  }, 1000);
  const code = await ended;
  clearInterval(watch);

  const records = recordsOf(results);
  const failures = records.filter((r) => r.type === 'fail');
  const passed = records.filter((r) => r.type === 'pass').length;
  if (stopped)
    failures.push({
      title: `the suite ${name}`,
      error: `${stopped}. Its last words:\n${tail().slice(-3000)}`,
    });
  else if (!records.some((r) => r.type === 'end') || (code !== 0 && failures.length === 0)) {
    failures.push({
      title: `the suite ${name}`,
      error: `It ended with ${code}, and not because of a failing test. Its last words:\n${tail().slice(-3000)}`,
    });
  }
  return {
    name,
    passed,
    failed: failures.length,
    skipped: records.filter((r) => r.type === 'skip'),
    retried: records.filter((r) => r.type === 'retry'),
    failures,
    records,
    ms: performance.now() - begun,
  };
}

function recordsOf(file) {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
