/** The clock of the streaming bench: audio time plus inference time, with so many workers. */
import { deepEqual } from 'node:assert/strict';
import { type TimedDecode, finalLatencies } from '../../../bench/finalTimes';
import { percentile } from '../../../testing/scoring/statistics';

const phrase = (speechEndMs: number, inferenceMs: number): TimedDecode => ({
  speechEndMs,
  decidedMs: speechEndMs + 400,
  begunMs: speechEndMs + 400,
  inferenceMs,
});

function check(
  phrases: readonly TimedDecode[],
  workers: number,
  expected: readonly number[],
): void {
  deepEqual(finalLatencies(phrases, workers), expected);
}

describe('finalLatencies', () => {
  it('adds the endpoint and the inference', () =>
    check([phrase(1000, 100), phrase(5000, 250)], 2, [500, 650]));
  it('gives what was decoded in the pause when the pause is over', () =>
    check(
      [
        { ...phrase(1000, 150), begunMs: 1160 },
        { ...phrase(5000, 350), begunMs: 5160 },
      ],
      1,
      [400, 510],
    ));
  it('waits for a worker that is busy', () =>
    check([phrase(1000, 2000), phrase(2000, 100)], 1, [2400, 1500]));
  it('gives a second worker the next phrase, and finals in order of speech', () =>
    check([phrase(1000, 3000), phrase(2000, 100), phrase(3000, 5000)], 2, [3400, 2400, 5400]));
});

describe('percentile', () => {
  it('is a value that was measured', () => {
    deepEqual(
      [percentile([3, 1, 2], 0.5), percentile([1, 2, 3, 4], 0.95), percentile([], 0.5)],
      [2, 4, NaN],
    );
  });
});
