// `npm test [-- SUITE...] [-- --grep TEXT]` runs setup, then every check and suite, and prints the
// results. With named suites, only those run, without checks and coverage. The last line is `N
// passed, N failed`.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root, SetupError } from './setup.mjs';
import { runCheck, runSuite } from './test/jobs.mjs';
import { endLeftovers } from './test/leftovers.mjs';
import { runMain } from './test/runMain.mjs';
import { makeSandbox, prepare } from './test/sandbox.mjs';
import { CHECKS, SUITES } from './test/suites.mjs';

const say = (line = '') => console.log(line);
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

function readArguments(argv) {
  const at = argv.indexOf('--grep');
  const grep = at >= 0 ? argv[at + 1] : undefined;
  const names = argv.filter((a, i) => a !== '--' && (at < 0 || (i !== at && i !== at + 1)));
  const unknown = names.find((name) => !SUITES.some((s) => s.name === name));
  if (unknown !== undefined)
    throw new SetupError(
      `There is no suite "${unknown}"; choose from ${SUITES.map((s) => s.name).join(', ')}.`,
    );
  return { grep, names };
}

const hasTests = ({ name }) =>
  existsSync(path.join(root, 'test', name)) &&
  readdirSync(path.join(root, 'test', name), { recursive: true }).some((f) =>
    f.endsWith('.test.ts'),
  );

/** Runs the parts in order: two light parts at a time, each heavy part alone. */
async function runAll(parts, run, onDone) {
  const light = parts.filter((p) => !p.heavy);
  const worker = async () => {
    for (let part = light.shift(); part; part = light.shift()) onDone(part, await run(part));
  };
  await Promise.all([worker(), worker()]);
  for (const part of parts.filter((p) => p.heavy)) {
    say(`\n${part.name}: ${part.what}`);
    onDone(part, await run(part));
  }
}

function showTable(outcomes) {
  const rows = [
    ['', 'passed', 'failed', 'skipped', 'time'],
    ...outcomes.map((o) => [o.name, o.passed, o.failed, o.skipped.length, seconds(o.ms)]),
  ];
  say();
  for (const row of rows)
    say(
      `  ${String(row[0]).padEnd(14)}${row
        .slice(1)
        .map((cell) => String(cell).padStart(9))
        .join('')}`,
    );
}

async function checkCoverage(folder) {
  const begun = performance.now();
  const { MARK, reportCoverage } = await import('./test/coverage.mjs');
  const { all, outsideAdapters, rooms, missing } = await reportCoverage(folder);
  say('\nLine coverage by room:');
  for (const [name, { percent, total }] of rooms)
    say(`  ${name.padEnd(22)}${percent.toFixed(1).padStart(6)} % of ${total}`);
  say(
    `Line coverage: ${all.percent.toFixed(1)} % in all, ` +
      `${outsideAdapters.percent.toFixed(1)} % outside daemon/adapters (mark: ${MARK} %). ` +
      'Details: coverage/index.html',
  );
  const failures = [];
  if (missing.length > 0)
    failures.push({
      title: 'coverage',
      error: `Could not measure these files: ${missing.join(', ')}.`,
    });
  if (outsideAdapters.percent < MARK)
    failures.push({
      title: 'coverage',
      error:
        `${outsideAdapters.percent.toFixed(1)} % of the lines outside daemon/adapters ` +
        `are covered; the minimum is ${MARK} %.`,
    });
  return {
    name: 'coverage',
    passed: failures.length === 0 ? 1 : 0,
    failed: failures.length,
    skipped: [],
    failures,
    ms: performance.now() - begun,
  };
}

async function main() {
  const begun = performance.now();
  const { grep, names } = readArguments(process.argv.slice(2));
  const suites = SUITES.filter(
    (s) => (names.length === 0 || names.includes(s.name)) && hasTests(s),
  );
  if (suites.length === 0)
    throw new SetupError(
      `There are no tests in ${names.map((name) => `test/${name}`).join(', ')}.`,
    );
  const whole = names.length === 0 && grep === undefined;
  await prepare(suites, say);
  say(`Set up in ${seconds(performance.now() - begun)}. Full outputs: out/test/`);

  const { folder, env, mark, coverage } = makeSandbox();
  const outcomes = [];
  const onDone = (part, outcome) => {
    outcomes.push(outcome);
    const skipped = outcome.skipped.length > 0 ? `, ${outcome.skipped.length} skipped` : '';
    say(
      `${outcome.failed === 0 ? '✔' : '✘'} ${part.name.padEnd(12)} ` +
        `${part.args ? '' : `${outcome.passed} passed, ${outcome.failed} failed${skipped}, `}` +
        `${seconds(outcome.ms)}`,
    );
  };
  try {
    await runAll(
      [...(whole ? CHECKS : []), ...suites],
      (part) =>
        part.args
          ? runCheck(part)
          : runSuite(part, { env, grep, coverage: whole ? coverage : undefined }),
      onDone,
    );
    const left = await endLeftovers(mark);
    if (left.length > 0)
      outcomes.push({
        name: 'leftovers',
        passed: 0,
        failed: 1,
        skipped: [],
        failures: [
          {
            title: 'processes were left running',
            error: left.map((l) => `${l.pid} ${l.command.slice(0, 200)}`).join('\n'),
          },
        ],
        ms: 0,
      });
    if (whole) outcomes.push(await checkCoverage(coverage));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }

  showTable(outcomes);
  const skipped = outcomes.flatMap((o) => o.skipped.map((s) => ({ suite: o.name, ...s })));
  if (skipped.length > 0)
    say(
      `\nSkipped:\n${skipped.map((s) => `  – ${s.suite}: ${s.title}${s.reason ? ` (${s.reason})` : ''}`).join('\n')}`,
    );
  const retried = outcomes.flatMap((o) => (o.retried ?? []).map((r) => ({ suite: o.name, ...r })));
  if (retried.length > 0)
    say(
      '\nFailed once, then tried again:\n' +
        `${retried.map((r) => `  ↻ ${r.suite}: ${r.title}\n${r.error.replace(/^/gm, '       ')}`).join('\n')}`,
    );
  const failures = outcomes.flatMap((o) => o.failures.map((f) => ({ suite: o.name, ...f })));
  failures.forEach((f, i) =>
    say(`\n${i + 1}) ${f.suite}: ${f.title}\n${f.error.replace(/^/gm, '     ')}`),
  );
  const sum = (key) => outcomes.reduce((n, o) => n + o[key], 0);
  say(
    `\n${skipped.length > 0 ? `${skipped.length} skipped; ` : ''}${seconds(performance.now() - begun)}`,
  );
  say(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

await runMain(main, '0 passed, 1 failed');
