// The short form of `npm run bench -- teamUpgrade`: a gateway and a worker are replaced while
// people talk.
import { deepEqual } from 'node:assert/strict';
import { teamUpgrade } from '../../testing/faults/teamUpgrade';

describe('a team whose processes are replaced while people talk', () => {
  it('has the transcripts of an undisturbed run, byte for byte, and costs a client one connection at most', async function () {
    const { steps, different, dropped, failed } = await teamUpgrade(this, {
      people: 6,
      words: 30,
      paceMs: 300,
      nodes: 1,
      gateways: 2,
      workers: 2,
      replaced: [
        { kind: 'gateway', count: 1 },
        { kind: 'worker', count: 1 },
      ],
    });
    deepEqual({ different, dropped, failed }, { different: [], dropped: 0, failed: [] });
    // It had sessions to move, and its clients alone were told to come again.
    deepEqual(
      steps.map(({ kind, reconnects, allReconnects, moved, late }) => ({
        kind,
        reconnects,
        reported: allReconnects === moved,
        some: moved > 0,
        late,
      })),
      [
        { kind: 'gateway', reconnects: 1, reported: true, some: true, late: false },
        { kind: 'worker', reconnects: 0, reported: true, some: false, late: false },
      ],
    );
  });
});
