/** The recorded results: bench/results/NAME.json, the pages beside them and bench/RESULTS.md. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BENCHES } from './benches';
import type { BenchReport } from './report';
import { benchPage, resultsPage } from './resultsPage';

const RESULTS = join(__dirname, 'results');

/** @returns undefined if the bench has no recorded results */
export function recordedReport(name: string): BenchReport | undefined {
  const file = join(RESULTS, `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BenchReport) : undefined;
}

/** In the order of the benches. */
export function recordedReports(): BenchReport[] {
  return BENCHES.flatMap(({ name }) => recordedReport(name) ?? []);
}

/** Every generated page, by its path under bench/. */
export function generatedPages(reports: readonly BenchReport[]): Map<string, string> {
  const pages = new Map([['RESULTS.md', resultsPage(BENCHES, reports)]]);
  for (const report of reports) {
    const bench = BENCHES.find(({ name }) => name === report.name);
    if (bench) pages.set(`results/${bench.name}.md`, benchPage(bench, report));
  }
  return pages;
}

/** Replaces the results of this bench, its page and the table. */
export function record(report: BenchReport): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${report.name}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
  for (const [path, page] of generatedPages(recordedReports()))
    if (path === 'RESULTS.md' || path === `results/${report.name}.md`)
      writeFileSync(join(__dirname, path), page);
}
