/**
 * What a bench hands over to `npm run bench`, the facts of the machine it ran on, and its table for
 * people.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export type Row = Readonly<Record<string, string | number>>;

/** A figure that stays about the same on any machine: what `--check` compares. */
export interface Ratio {
  readonly value: number;
  /**
   * How much worse it may get before it counts, in the unit of the value: what repeated runs differ
   * by.
   */
  readonly noise: number;
  readonly better: 'lower' | 'higher';
}

export interface BenchResults {
  /** What was run on, in one sentence: data, size, what was left out. */
  readonly about: string;
  readonly rows: readonly Row[];
  readonly ratios: Readonly<Record<string, Ratio>>;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly platform: string;
}

/** out/bench/NAME.json, and an entry of bench/RESULTS.json. */
export interface BenchReport extends BenchResults {
  readonly name: string;
  readonly options: readonly string[];
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  /** Load average over one minute, before and after. */
  readonly load: readonly [number, number];
  readonly seconds: number;
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

/** With `-dirty` behind it where files differ from it. */
export function commitOf(folder: string): string {
  try {
    return execFileSync(
      'git',
      ['describe', '--always', '--dirty', '--abbrev=12', '--exclude', '*'],
      { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    ).trim();
  } catch {
    return 'unknown';
  }
}

/** Prints the table, and hands the results over where `npm run bench` asked for them. */
export function reportResults(results: BenchResults): void {
  process.stdout.write(`\n${results.about}\n\n${markdownTable(results.rows)}\n`);
  const file = process.env['EARMARK_BENCH_RESULTS'];
  if (file) writeFileSync(file, JSON.stringify(results));
}

export function markdownTable(rows: readonly Row[]): string {
  const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [heads, ...rows.map((row) => heads.map((head) => String(row[head] ?? '–')))];
  const widths = heads.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const [head = [], ...rest] = cells;
  return [
    line(head),
    `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`,
    ...rest.map(line),
  ].join('\n');
}

/** Rows of the Markdown tables in what a bench printed, for benches that hand nothing over. */
export function rowsOf(printed: string): Row[] {
  const rows: Row[] = [];
  let heads: string[] | undefined;
  for (const line of printed.split('\n')) {
    if (!/^\|.*\|\s*$/.test(line)) {
      heads = undefined;
      continue;
    }
    const cells = line
      .trim()
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    // A heading that stands twice belongs to the column before it.
    if (!heads)
      heads = cells.map((cell, i) =>
        cells.indexOf(cell) !== cells.lastIndexOf(cell) ? `${cells[i - 1] ?? ''}: ${cell}` : cell,
      );
    else if (!cells.every((cell) => /^:?-+:?$/.test(cell)))
      rows.push(Object.fromEntries(heads.map((head, i) => [head, cells[i] ?? ''])));
  }
  return rows;
}
