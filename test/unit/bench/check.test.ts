/** `--check`: what counts as worse. */
import { deepEqual } from 'node:assert/strict';
import { compareMetrics, failed } from '../../../bench/check';
import type { Metric } from '../../../bench/report';

const lower = (value: number): Metric => ({ value, noise: 0.1, better: 'lower' });
const higher = (value: number): Metric => ({ value, noise: 0.1, better: 'higher' });

function check(before: Metric, now: Metric | undefined, verdict: string, fails: boolean): void {
  const comparisons = compareMetrics({ metric: before }, now ? { metric: now } : {});
  deepEqual([comparisons.map((one) => one.verdict), failed(comparisons)], [[verdict], fails]);
}

describe('compareMetrics', () => {
  it('passes what got worse within the noise', () => check(lower(1), lower(1.09), 'same', false));
  it('fails what got worse beyond it', () => check(lower(1), lower(1.2), 'worse', true));
  it('compares metrics that should be high', () => check(higher(1), higher(0.8), 'worse', true));
  it('passes what got better', () => check(higher(1), higher(1.3), 'better', false));
  it('fails what was not measured', () => check(lower(1), undefined, 'missing', true));
  it('uses the recorded noise, not that of the run', () =>
    check(lower(1), { ...lower(1.2), noise: 5 }, 'worse', true));
  it('leaves out metrics without noise', () =>
    deepEqual(compareMetrics({ metric: { value: 1, better: 'lower', mark: 2 } }, {}), []));
});
