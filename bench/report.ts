/**
 * What a bench hands over to `npm run bench`, the facts of the machine it ran on, and its table for
 * people.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export type Row = Readonly<Record<string, string | number>>;

/** One measured value, with everything that `--check` and the pages know about it. */
export interface Metric {
  readonly value: number;
  /** As it is shown behind the value, such as `ms`; counts and shares have none. */
  readonly unit?: string;
  readonly better: 'lower' | 'higher';
  /**
   * How much worse it may get before `--check` fails, in the unit of the value: what repeated runs
   * differ by. `--check` compares metrics that have it.
   */
  readonly noise?: number;
  /** The limit it has to meet: at most where lower is better, at least where higher is. */
  readonly mark?: number;
  /** In the table of bench/RESULTS.md although it has no mark. */
  readonly product?: boolean;
}

export type Metrics = Readonly<Record<string, Metric>>;

export interface BenchResults {
  /** What was run, in short sentences: data, size, what was left out. */
  readonly about: string;
  readonly rows: readonly Row[];
  readonly metrics: Metrics;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly platform: string;
}

/** bench/results/NAME.json, and out/bench/NAME.json of the last run. */
export interface BenchReport extends BenchResults {
  readonly name: string;
  readonly options: readonly string[];
  /** ISO 8601, at the end of the run. */
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  /** Load average over one minute, before and after. */
  readonly load: readonly [number, number];
  readonly seconds: number;
}

/** @returns undefined for a metric without a mark */
export function meetsMark({ value, better, mark }: Metric): boolean | undefined {
  if (mark === undefined) return undefined;
  return better === 'lower' ? value <= mark : value >= mark;
}

export function machineFacts(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e8) / 10,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

export function loadNow(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

/** Files that benches write: they do not make a commit dirty. */
const WRITTEN = [':(exclude)bench/RESULTS.md', ':(exclude)bench/results'];

/** Ends in `-dirty` if tracked files differ from the commit, results of benches aside. */
export function commitOf(folder: string): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const commit = git('rev-parse', '--short=12', 'HEAD');
    const changes = git('status', '--porcelain', '--untracked-files=no', '--', '.', ...WRITTEN);
    return changes === '' ? commit : `${commit}-dirty`;
  } catch {
    return 'unknown';
  }
}

/** Prints the table, and hands the results over to `npm run bench` if it started the bench. */
export function reportResults(results: BenchResults): void {
  process.stdout.write(`\n${results.about}\n\n${markdownTable(results.rows)}\n`);
  const file = process.env['EARMARK_BENCH_RESULTS'];
  if (file) writeFileSync(file, JSON.stringify(results));
}

export function markdownTable(rows: readonly Row[]): string {
  const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [heads, ...rows.map((row) => heads.map((head) => String(row[head] ?? '–')))];
  const widths = heads.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
  const pad = (text: string, i: number): string =>
    i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0);
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const line = (row: readonly string[]): string => `| ${row.map(pad).join(' | ')} |`;
  const [head = [], ...rest] = cells;
  return [line(head), line(rule), ...rest.map(line)].join('\n');
}
