/** Figures that the benches report of many values. */
import { deepEqual, ok } from 'node:assert/strict';
import { percentile, standardError } from '../../../testing/scoring/statistics';

describe('statistics of the benches', () => {
  it('take the smallest value that a share of all does not exceed', () => {
    deepEqual(
      [percentile([30, 10, 20, 40], 0.5), percentile([30, 10, 20, 40], 0.95), percentile([], 0.5)],
      [20, 40, NaN],
    );
  });

  it('say how far a mean may be off', () => {
    // The sample deviation of these eight is √(32/7), and the error of their mean that over √8.
    ok(Math.abs(standardError([2, 4, 4, 4, 5, 5, 7, 9]) - Math.sqrt(32 / 7 / 8)) < 1e-12);
    deepEqual(standardError([1]), NaN);
  });
});
