/** `--check`: what counts as worse; and the page keeps what a person wrote. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { compareRatios, failed } from '../../../bench/check';
import { type BenchReport, type Ratio, markdownTable, rowsOf } from '../../../bench/report';
import { resultsPage } from '../../../bench/resultsPage';

const lower = (value: number): Ratio => ({ value, noise: 0.1, better: 'lower' });
const higher = (value: number): Ratio => ({ value, noise: 0.1, better: 'higher' });

function check(before: Ratio, now: Ratio | undefined, verdict: string, fails: boolean): void {
  const comparisons = compareRatios({ ratio: before }, now ? { ratio: now } : {});
  deepEqual([comparisons.map((one) => one.verdict), failed(comparisons)], [[verdict], fails]);
}

describe('compareRatios', () => {
  it('passes what got worse within the noise', () => check(lower(1), lower(1.09), 'same', false));
  it('fails what got worse beyond it', () => check(lower(1), lower(1.2), 'worse', true));
  it('knows ratios that should be high', () => check(higher(1), higher(0.8), 'worse', true));
  it('passes what got better', () => check(higher(1), higher(1.3), 'better', false));
  it('fails what was not measured', () => check(lower(1), undefined, 'missing', true));
  it('takes the noise that stands, not that of the run', () =>
    check(lower(1), { ...lower(1.2), noise: 5 }, 'worse', true));
});

describe('the page of results', () => {
  const report: BenchReport = {
    name: 'streaming',
    about: 'About.',
    rows: [{ method: 'a', wer: 1.5 }],
    ratios: { 'a over b': lower(1) },
    options: ['--limit', '2'],
    date: '2026-01-02T03:04:05Z',
    commit: 'abc',
    seconds: 3,
    load: [0.5, 1],
    machine: { cpu: 'CPU', cores: 2, memoryGb: 8, node: 'v20.18.0', platform: 'linux x64' },
  };

  it('keeps the part written by hand', () => {
    const written = resultsPage([report], '').replace('Not written yet.', 'Mine.');
    equal(resultsPage([report], written), written);
  });

  it('names command and load', () =>
    match(
      resultsPage([report], ''),
      /npm run bench -- streaming --limit 2.*Load average 0\.5 before, 1 after/,
    ));

  it('reads the tables that a bench prints', () =>
    deepEqual(rowsOf(`text\n${markdownTable([{ a: 'x', b: 1 }])}\n\n| a | b |\n`), [
      { a: 'x', b: '1' },
    ]));

  it('keeps columns of the same heading apart', () =>
    deepEqual(rowsOf('| F1 | loose | dec | loose |\n|---|---|---|---|\n| 1 | 2 | 3 | 4 |'), [
      { F1: '1', 'F1: loose': '2', dec: '3', 'dec: loose': '4' },
    ]));
});
