/**
 * Ten thousand malformed inputs of each kind: refused as they should be, in bounded time. `npm run
 * bench -- fuzz` sends a million.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { fuzz, fuzzTargets } from '../../testing/faults/fuzzTargets';

describe('promise: malformed input ends in an error', function () {
  this.timeout(60_000);
  for (const target of fuzzTargets()) {
    it(target.name, async () => {
      const { failures, longestMs } = await fuzz(target, 10_000, 42);
      deepEqual(failures, []);
      ok(longestMs < 5_000, `one took ${longestMs} ms`);
    });
  }
});
