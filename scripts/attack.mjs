// `npm run attack [-- TEXT]` attacks every promise of SECURITY.md and the README against a built
// daemon, with real sockets and files. A promise is a test or a suite whose title starts with
// `promise: `; `npm test` runs the same tests. Prints a line for each promise and, last, `N held of
// N tried`. TEXT selects promises that contain it.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root, SetupError } from './setup.mjs';
import { runSuite } from './test/jobs.mjs';
import { endLeftovers } from './test/leftovers.mjs';
import { promisesOf, promiseFiles } from './test/promises.mjs';
import { runMain } from './test/runMain.mjs';
import { makeSandbox, prepare } from './test/sandbox.mjs';
import { SUITES } from './test/suites.mjs';

const say = (line = '') => console.log(line);

/** Paths of test files that attack a promise, by suite. */
function filesBySuite(text) {
  const folder = path.join(root, 'test');
  const files = readdirSync(folder, { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.test.ts'));
  const attacking = promiseFiles(
    files.map((file) => ({ file, source: readFileSync(path.join(folder, file), 'utf8') })),
    text,
  );
  return SUITES.map((suite) => ({
    suite,
    files: attacking.filter((file) => file.startsWith(`${suite.name}/`)).map((f) => `test/${f}`),
  })).filter(({ files: some }) => some.length > 0);
}

const MARKS = { held: '✔ held   ', broken: '✘ broken ', skipped: '– skipped' };

async function main() {
  const begun = performance.now();
  const text = process.argv.slice(2).find((word) => word !== '--') ?? '';
  const parts = filesBySuite(text);
  if (parts.length === 0) throw new SetupError(`No promise contains "${text}".`);
  await prepare(
    parts.map(({ suite }) => suite),
    say,
  );
  const { folder, envOf, mark } = makeSandbox();
  const all = [];
  let failed = 0;
  try {
    for (const { suite, files } of parts) {
      const outcome = await runSuite(suite, {
        env: { EARMARK_FUZZ_SECONDS: '60', ...envOf(suite.name) },
        grep: 'promise: ',
        files,
        log: `attack-${suite.name}`,
        show: false,
      });
      const promises = promisesOf(outcome.records, text);
      all.push(...promises);
      for (const { promise, state, tests, reason, error } of promises) {
        say(`${MARKS[state]} ${promise} (${tests} ${tests === 1 ? 'test' : 'tests'})`);
        if (reason) say(`            ${reason}`);
        if (error) say(error.replace(/^/gm, '            '));
      }
      // Failures outside a promise: a hook, a crash or the time limit of the suite.
      const outside = outcome.failures.filter((failure) => failure.promise === undefined);
      failed += outside.length;
      for (const { title, error } of outside) say(`✘ ${title}\n${error.replace(/^/gm, '    ')}`);
    }
    const left = await endLeftovers(mark);
    failed += left.length;
    for (const { pid, command } of left) say(`✘ left running: ${pid} ${command.slice(0, 200)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const count = (state) => all.filter((promise) => promise.state === state).length;
  const tried = all.length - count('skipped');
  say(
    `\n${count('skipped') > 0 ? `${count('skipped')} skipped; ` : ''}${((performance.now() - begun) / 1000).toFixed(1)} s`,
  );
  say(`${count('held')} held of ${tried} tried`);
  process.exitCode = failed === 0 && count('held') === tried ? 0 : 1;
}

await runMain(main, '0 held of 0 tried');
