/** Flipped bytes and cut files: the next start does not fail, everything that can be read is there, and the loss is told. */
import { deepEqual, ok } from 'node:assert/strict';
import { damageRounds } from '../../bench/fault/damageRounds';

describe('damaged files', function () {
  this.timeout(120_000);

  it('never keep the daemon from starting, lose little, and the loss is told with its times', () => {
    const { failedStarts, altered, untold, databases, spools, eventsLost, events } = damageRounds({ count: 100, seed: 5 });
    deepEqual({ failedStarts, altered, untold, rounds: databases + spools }, { failedStarts: 0, altered: 0, untold: 0, rounds: 100 });
    ok(eventsLost < events / 2, `${eventsLost} of ${events} events lost`);
  });
});
