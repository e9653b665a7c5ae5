/** The generated pages of results. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { BENCHES, type Bench } from '../../../bench/benches';
import { generatedPages, recordedReports } from '../../../bench/recorded';
import { type BenchReport, type Metric, meetsMark } from '../../../bench/report';
import { benchPage, resultsPage } from '../../../bench/resultsPage';
import { tableRows } from '../../../testing/harness/markdownTable';

const root = resolve(__dirname, '../../../bench');
const BENCH: Bench = { name: 'streaming', title: 'Streaming', models: 'argument' };
const OTHER: Bench = { name: 'other', title: 'Other', models: 'argument' };
const REPORT: BenchReport = {
  name: 'streaming',
  about: 'About.',
  rows: [{ method: 'a', wer: 1.5 }],
  metrics: {
    'a over b': { value: 1.04, unit: '×', better: 'lower', noise: 0.1, mark: 1 },
    sessions: { value: 90, better: 'higher', mark: 50 },
    lost: { value: 0, better: 'lower', mark: 0 },
    memory: { value: 1.050292, unit: 'MB', better: 'lower', product: true },
    'only checked': { value: 7, better: 'lower', noise: 1 },
  },
  options: ['--limit', '2'],
  date: '2026-01-02T03:04:05Z',
  commit: 'abc',
  seconds: 3,
  load: [0.5, 1],
  machine: { cpu: 'CPU', cores: 2, memoryGb: 8, node: 'v20.18.0', platform: 'linux x64' },
};

describe('meetsMark', () => {
  const check = (value: number, better: Metric['better'], expected: boolean): void =>
    equal(meetsMark({ value, better, mark: 2 }), expected, `${value}, ${better} is better`);

  it('takes a mark as a limit that may be reached', () => {
    check(2, 'lower', true);
    check(2.1, 'lower', false);
    check(2, 'higher', true);
    check(1.9, 'higher', false);
  });
});

describe('the table of bench results', () => {
  it('has each metric with a mark and each product metric, met or not', () => {
    const rest = ['abc', '2026-01-02', '[streaming](results/streaming.md)'];
    deepEqual(tableRows(resultsPage([BENCH], [REPORT])).slice(1), [
      ['a over b', '≤ 1 ×', '1.04 ×', '**no**', ...rest],
      ['sessions', '≥ 50', '90', 'yes', ...rest],
      ['lost', '0', '0', 'yes', ...rest],
      ['memory', '–', '1.0503 MB', '–', ...rest],
    ]);
  });

  it('names benches without results', () =>
    match(resultsPage([BENCH, OTHER], [REPORT]), /No results are recorded for: other\.\n$/));
});

describe('the page of a bench', () => {
  it('names command, commit, machine and load', () => {
    const page = benchPage(BENCH, REPORT);
    for (const part of [
      /^# Streaming\n/,
      /npm run bench -- streaming --limit 2`/,
      /Commit: abc\n/,
      /Machine: CPU, 2 cores, 8 GB, Node v20\.18\.0, linux x64\n/,
      /Load average: 0\.5 before, 1 after\n/,
    ])
      match(page, part);
  });
});

describe('bench/results', () => {
  const reports = recordedReports();

  it('has the page that each recorded result gives', () => {
    equal(reports.length > 0, true);
    for (const [path, page] of generatedPages(reports)) {
      const file = resolve(root, path);
      equal(existsSync(file) ? readFileSync(file, 'utf8') : 'no file', page, path);
    }
  });

  it('holds results and pages of benches only', () =>
    deepEqual(
      readdirSync(resolve(root, 'results')).sort(),
      reports.flatMap(({ name }) => [`${name}.json`, `${name}.md`]).sort(),
    ));

  it('lists every bench once', () =>
    equal(new Set(BENCHES.map(({ name }) => name)).size, BENCHES.length));
});
