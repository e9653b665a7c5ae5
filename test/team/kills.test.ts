// The short form of `npm run bench -- teamKills`: one of each kind is killed and stopped while
// people talk.
import { deepEqual } from 'node:assert/strict';
import { type Fault, teamRounds } from '../../testing/faults/teamRounds';

const STOP_MS = 9_000;
/**
 * The mark, which the bench holds to, is 10 s; the rest is for a machine that runs other suites
 * too.
 */
const RECOVERED_MS = 30_000;
const KINDS = ['gateway', 'worker', 'NATS node', 'PostgreSQL'] as const;
const FAULTS: readonly Fault[] = KINDS.flatMap((kind) => [
  { kind, index: 0 },
  { kind, index: kind === 'PostgreSQL' ? 0 : 1, stopMs: STOP_MS },
]);

describe('a team of which one process after the other is killed or stopped', () => {
  it('loses nothing that was acknowledged, loses and doubles no final, costs a client one connection at most, and goes on', async function () {
    const bad: string[] = [];
    const {
      rounds,
      acknowledgedLost,
      dropped,
      wordsLost,
      wordsDoubled,
      eventsMissing,
      otherBounds,
      failed,
    } = await teamRounds(this, {
      faults: FAULTS,
      seed: 1,
      people: 3,
      words: 16,
      workers: 2,
      onBad: (text) => void bad.push(text),
    });
    deepEqual(
      {
        acknowledgedLost,
        dropped,
        wordsLost,
        wordsDoubled,
        eventsMissing,
        otherBounds,
        failed,
        bad,
      },
      {
        acknowledgedLost: 0,
        dropped: 0,
        wordsLost: 0,
        wordsDoubled: 0,
        eventsMissing: 0,
        otherBounds: 0,
        failed: [],
        bad: [],
      },
    );
    deepEqual(
      rounds.filter(
        ({ reconnects, recoveryMs, clients }) =>
          reconnects > 1 || recoveryMs > RECOVERED_MS || clients.includes(0),
      ),
      [],
    );
  });
});
