/**
 * Runs benches one after the other and keeps what they measured: `npm run bench [-- NAME [options
 * of the bench]]`. Each writes out/bench/NAME.json with the facts of the machine. `--save` puts it
 * into RESULTS.json and RESULTS.md; `--check [NAME]` measures what stands in RESULTS.json again, as
 * it was measured, and fails where a ratio got worse by more than its noise; `--kept` compares or
 * saves what out/bench holds, without a run.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { compareRatios, failed } from './check';
import {
  type BenchReport,
  type BenchResults,
  commitOf,
  loadNow,
  machineFacts,
  markdownTable,
  rowsOf,
} from './report';
import { resultsPage } from './resultsPage';

const ROOT = resolve(__dirname, '..');
const OUT = join(ROOT, 'out', 'bench');
const STANDING = join(__dirname, 'RESULTS.json');
const PAGE = join(__dirname, 'RESULTS.md');

/** In the order of a run of all; `models` says how a bench is told where the model files are. */
const BENCHES: readonly {
  readonly name: string;
  readonly what: string;
  readonly models: 'argument' | 'environment';
}[] = [
  { name: 'wer', what: 'word error rate and speed of the speech path', models: 'argument' },
  {
    name: 'whisper',
    what: 'Whisper beside Moonshine and beside whisper.cpp as it comes',
    models: 'argument',
  },
  { name: 'streaming', what: 'the live path beside the usual methods', models: 'argument' },
  {
    name: 'latency',
    what: 'how long finals, partials and words are waited for',
    models: 'argument',
  },
  { name: 'cuts', what: 'words lost or doubled where a phrase is cut', models: 'argument' },
  {
    name: 'insights',
    what: 'actions and decisions found in labelled meetings',
    models: 'environment',
  },
  { name: 'dictation', what: 'symbols and commands in dictation', models: 'argument' },
  {
    name: 'summaries',
    what: 'rolling summary and coverage on AMI meetings',
    models: 'environment',
  },
  {
    name: 'search',
    what: 'search by words and by meaning over AMI meetings',
    models: 'environment',
  },
  {
    name: 'diarization',
    what: 'who speaks when, online and after the final pass',
    models: 'argument',
  },
  { name: 'echo', what: 'echo removal over the speech path', models: 'argument' },
  { name: 'fault', what: 'killed daemons, damaged files, many sessions', models: 'argument' },
  { name: 'capacity', what: 'how many sessions two cores hold', models: 'argument' },
  { name: 'engine', what: 'load, memory, unload', models: 'argument' },
  { name: 'workers', what: 'recognition workers killed in live sessions', models: 'argument' },
  { name: 'ladder', what: 'slow engines on a simulated clock', models: 'environment' },
  { name: 'fuzz', what: 'a million malformed inputs of each kind', models: 'environment' },
  {
    name: 'clients',
    what: '500 clients over the network, and one that floods',
    models: 'environment',
  },
  {
    name: 'frames',
    what: 'work for a frame, and for clients that are silent',
    models: 'environment',
  },
  { name: 'long', what: 'memory and lag over four hours', models: 'environment' },
  { name: 'lsp', what: 'requests on a note of 20,000 lines after an edit', models: 'environment' },
  { name: 'store', what: 'what writing costs the event loop', models: 'environment' },
  {
    name: 'team',
    what: 'workers of a team, 200 people, an owner who floods',
    models: 'environment',
  },
  {
    name: 'teamKills',
    what: 'processes of a team killed and stopped while people talk',
    models: 'environment',
  },
  {
    name: 'teamUpgrade',
    what: 'processes of a team replaced while people talk',
    models: 'environment',
  },
  {
    name: 'teamConnections',
    what: 'what silent connections cost the gateways of a team',
    models: 'environment',
  },
  { name: 'silence', what: 'words out of an hour without speech', models: 'argument' },
];

class UsageError extends Error {}

/** @throws Error where the bench fails, or missed a mark: what it measured is kept all the same */
async function runBench(name: string, options: readonly string[]): Promise<BenchReport> {
  const bench = BENCHES.find((one) => one.name === name);
  if (!bench)
    throw new UsageError(
      `There is no bench "${name}"; choose from ${BENCHES.map((one) => one.name).join(', ')}.`,
    );
  const models = process.env['EARMARK_MODELS'] ?? join(ROOT, '.cache', 'models');
  mkdirSync(OUT, { recursive: true });
  const handedOver = join(OUT, `${name}.results.json`);
  rmSync(handedOver, { force: true });
  process.stdout.write(`\n${name}: ${bench.what}\n`);
  const begun = performance.now();
  const before = loadNow();
  const commit = commitOf(ROOT);
  const args = [
    '--require',
    'tsx/cjs',
    join(__dirname, `${name}.ts`),
    ...(bench.models === 'argument' ? [models] : []),
    ...options,
  ];
  const { printed, code } = await runChild(args, {
    EARMARK_MODELS: models,
    EARMARK_BENCH_RESULTS: handedOver,
  });
  const failure =
    code === 0 ? undefined : new Error(`The bench ended with ${code}; its message stands above.`);
  if (failure && !existsSync(handedOver)) throw failure;
  const results: BenchResults = existsSync(handedOver)
    ? (JSON.parse(readFileSync(handedOver, 'utf8')) as BenchResults)
    : { about: `As \`bench/${name}.ts\` prints it.`, rows: rowsOf(printed), ratios: {} };
  rmSync(handedOver, { force: true });
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
  writeFileSync(join(OUT, `${name}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(
    `\nWritten to ${relative(ROOT, join(OUT, `${name}.json`))}; load average ${report.load.join(' before, ')} after.\n`,
  );
  if (failure) throw failure;
  return report;
}

/** Shows what it prints and returns it, with how it ended. */
function runChild(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly printed: string; readonly code: number | null }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      process.stdout.write(text);
    });
    child.on('error', fail);
    child.on('close', (code) => done({ printed, code }));
  });
}

function standing(): BenchReport[] {
  return existsSync(STANDING) ? (JSON.parse(readFileSync(STANDING, 'utf8')) as BenchReport[]) : [];
}

function kept(name: string): BenchReport {
  const file = join(OUT, `${name}.json`);
  if (!existsSync(file))
    throw new UsageError(`Nothing is kept of "${name}"; run \`npm run bench -- ${name}\` first.`);
  return JSON.parse(readFileSync(file, 'utf8')) as BenchReport;
}

function save(reports: readonly BenchReport[]): void {
  const order = (report: BenchReport): number =>
    BENCHES.findIndex((bench) => bench.name === report.name);
  const all = [
    ...standing().filter((old) => !reports.some((report) => report.name === old.name)),
    ...reports,
  ].sort((a, b) => order(a) - order(b));
  writeFileSync(STANDING, `${JSON.stringify(all, undefined, 2)}\n`);
  writeFileSync(PAGE, resultsPage(all, existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''));
}

/** @returns whether everything is as good as it was */
async function check(name: string | undefined, fromKept: boolean): Promise<boolean> {
  const compared = standing().filter(
    (report) =>
      Object.keys(report.ratios).length > 0 && (name === undefined || report.name === name),
  );
  if (compared.length === 0)
    throw new UsageError(
      'bench/RESULTS.json holds nothing to compare with; run the bench with --save first.',
    );
  let good = true;
  for (const old of compared) {
    const report = fromKept ? kept(old.name) : await runBench(old.name, old.options);
    if (report.options.join(' ') !== old.options.join(' '))
      throw new UsageError(
        `What is kept of "${old.name}" was measured with other options than bench/RESULTS.json; run \`npm run bench -- --check\` without --kept.`,
      );
    const comparisons = compareRatios(old.ratios, report.ratios);
    process.stdout.write(
      `\n${markdownTable(comparisons.map(({ name: ratio, before, now, verdict }) => ({ ratio, before, now: now ?? '–', verdict })))}\n`,
    );
    good &&= !failed(comparisons);
  }
  process.stdout.write(
    good
      ? '\nNothing got worse by more than its noise.\n'
      : '\nA ratio got worse by more than its noise, or was not measured.\n',
  );
  return good;
}

async function main(argv: readonly string[]): Promise<void> {
  const own = ['--check', '--save', '--kept'];
  const has = (flag: string): boolean => argv.includes(flag);
  const [name, ...options] = argv.filter((arg) => !own.includes(arg));
  if (name?.startsWith('-'))
    throw new UsageError(
      `Name the bench before its options; choose from ${BENCHES.map((bench) => bench.name).join(', ')}.`,
    );
  if (has('--check')) {
    if (!(await check(name, has('--kept')))) process.exitCode = 1;
    return;
  }
  const names = name === undefined ? BENCHES.map((bench) => bench.name) : [name];
  const reports: BenchReport[] = [];
  for (const one of names) reports.push(has('--kept') ? kept(one) : await runBench(one, options));
  if (has('--save')) save(reports);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
