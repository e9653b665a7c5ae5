// `npm test [-- SUITE...] [-- --grep TEXT]` runs setup, then every check and suite, and prints the
// results. With named suites, only those run, without checks and coverage. The last line is `N
// passed, N failed`.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root, SetupError } from './setup.mjs';
import { runCheck, runSuite } from './test/jobs.mjs';
import { endLeftovers } from './test/leftovers.mjs';
import { reportLines, seconds } from './test/report.mjs';
import { runMain } from './test/runMain.mjs';
import { makeSandbox, prepare } from './test/sandbox.mjs';
import { CHECKS, SUITES } from './test/suites.mjs';

const say = (line = '') => console.log(line);

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

/** Runs the background and the foreground lane beside each other, then the other parts one by one. */
async function runAll(parts, run, onDone) {
  const lane = (name) => parts.filter((p) => (p.lane ?? 'background') === name);
  const foreground = lane('foreground');
  const inOrder = async (some, polite) => {
    for (const part of some) {
      if (!polite) say(`\n${part.name}: ${part.what}`);
      onDone(part, await run(part, polite));
    }
  };
  await Promise.all([
    inOrder(lane('background'), foreground.length > 0),
    inOrder(foreground, false),
  ]);
  await inOrder(lane('alone'), false);
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

  const { folder, envOf, mark, coverage } = makeSandbox();
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
      (part, polite) =>
        part.args
          ? runCheck(part, { polite })
          : runSuite(part, {
              env: envOf(part.name),
              grep,
              coverage: whole ? coverage : undefined,
              polite,
            }),
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

  for (const line of reportLines(outcomes, { slowest: whole, ms: performance.now() - begun }))
    say(line);
  process.exitCode = outcomes.every(({ failed }) => failed === 0) ? 0 : 1;
}

await runMain(main, '0 passed, 1 failed');
