/**
 * Runs benches one after the other: `npm run bench [-- NAME [options of the bench]]`. Each run
 * replaces bench/results/NAME.json, its page and the table in RESULTS.md; out/bench/NAME.json keeps
 * the last run. `--check [NAME]` measures recorded benches again with their recorded options and
 * fails if a metric got worse by more than its noise; with `--kept` it compares out/bench instead.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { BENCHES, type Bench } from './benches';
import { compareMetrics, failed } from './check';
import { record, recordedReport, recordedReports } from './recorded';
import {
  type BenchReport,
  type BenchResults,
  commitOf,
  loadNow,
  machineFacts,
  markdownTable,
} from './report';

const ROOT = resolve(__dirname, '..');
const OUT = join(ROOT, 'out', 'bench');
const NAMES = BENCHES.map(({ name }) => name).join(', ');

class UsageError extends Error {}

/** How a bench ended: it may miss a mark and still hand over what it measured. */
interface Ended {
  readonly report: BenchReport;
  readonly failure: Error | undefined;
}

function benchOf(name: string): Bench {
  const bench = BENCHES.find((one) => one.name === name);
  if (!bench) throw new UsageError(`There is no bench "${name}"; choose from ${NAMES}.`);
  return bench;
}

/** @throws Error if the bench hands nothing over */
async function runBench(
  { name, title, models: modelsBy }: Bench,
  options: readonly string[],
): Promise<Ended> {
  const models = process.env['EARMARK_MODELS'] ?? join(ROOT, '.cache', 'models');
  mkdirSync(OUT, { recursive: true });
  const handedOver = join(OUT, `${name}.results.json`);
  rmSync(handedOver, { force: true });
  process.stdout.write(`\n${name}: ${title}\n`);
  const begun = performance.now();
  const before = loadNow();
  const commit = commitOf(ROOT);
  const args = [
    '--require',
    'tsx/cjs',
    join(__dirname, `${name}.ts`),
    ...(modelsBy === 'argument' ? [models] : []),
    ...options,
  ];
  const code = await runChild(args, {
    EARMARK_MODELS: models,
    EARMARK_BENCH_RESULTS: handedOver,
  });
  const failure =
    code === 0 ? undefined : new Error(`The bench ended with ${code}; see its message above.`);
  if (!existsSync(handedOver)) throw failure ?? new Error('The bench reported no results.');
  const results = JSON.parse(readFileSync(handedOver, 'utf8')) as BenchResults;
  rmSync(handedOver);
  const report: BenchReport = {
    name,
    options,
    date: new Date().toISOString(),
    commit,
    machine: machineFacts(),
    load: [before, loadNow()],
    seconds: Math.round((performance.now() - begun) / 1000),
    ...results,
  };
  const file = join(OUT, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(
    `\nWritten to ${relative(ROOT, file)}; ` +
      `load average ${report.load.join(' before, ')} after.\n`,
  );
  return { report, failure };
}

/** @returns its exit code; its output goes to the terminal */
function runChild(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number | null> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.on('error', fail);
    child.on('close', done);
  });
}

function lastRun(name: string): BenchReport {
  const file = join(OUT, `${name}.json`);
  if (!existsSync(file))
    throw new UsageError(`"${name}" has not run here; run \`npm run bench -- ${name}\` first.`);
  return JSON.parse(readFileSync(file, 'utf8')) as BenchReport;
}

function recordedToCheck(name: string | undefined): BenchReport[] {
  const reports = name === undefined ? recordedReports() : [recordedReport(benchOf(name).name)];
  const compared = reports.filter(
    (report) =>
      report !== undefined &&
      Object.values(report.metrics).some(({ noise }) => noise !== undefined),
  ) as BenchReport[];
  if (compared.length === 0)
    throw new UsageError('bench/results holds nothing to compare with; run the bench first.');
  return compared;
}

/** @returns whether no metric got worse by more than its noise */
async function check(name: string | undefined, fromLastRun: boolean): Promise<boolean> {
  let good = true;
  for (const old of recordedToCheck(name)) {
    const { report, failure } = fromLastRun
      ? { report: lastRun(old.name), failure: undefined }
      : await runBench(benchOf(old.name), old.options);
    if (failure) throw failure;
    if (report.options.join(' ') !== old.options.join(' '))
      throw new UsageError(
        `The last run of "${old.name}" had other options than the recorded one; ` +
          'run `npm run bench -- --check` without --kept.',
      );
    const comparisons = compareMetrics(old.metrics, report.metrics);
    const rows = comparisons.map(({ name: metric, before, now, verdict }) => ({
      metric,
      before,
      now: now ?? '–',
      verdict,
    }));
    process.stdout.write(`\n${markdownTable(rows)}\n`);
    good &&= !failed(comparisons);
  }
  process.stdout.write(
    good
      ? '\nNo metric got worse by more than its noise.\n'
      : '\nA metric got worse by more than its noise, or was not measured.\n',
  );
  return good;
}

async function main(argv: readonly string[]): Promise<void> {
  const own = ['--check', '--kept'];
  const has = (flag: string): boolean => argv.includes(flag);
  const [name, ...options] = argv.filter((arg) => !own.includes(arg));
  if (name?.startsWith('-'))
    throw new UsageError(`Name the bench before its options; choose from ${NAMES}.`);
  if (has('--check')) {
    if (!(await check(name, has('--kept')))) process.exitCode = 1;
    return;
  }
  for (const bench of name === undefined ? BENCHES : [benchOf(name)]) {
    const { report, failure } = await runBench(bench, options);
    record(report);
    if (failure) throw failure;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
