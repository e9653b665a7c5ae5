/**
 * Flipped bytes and cut files: the next start does not fail, everything that can be read is there,
 * and the loss is told.
 */
import { deepEqual, ok } from 'node:assert/strict';
import Database from 'libsql';
import { damageRounds } from '../../testing/faults/damageRounds';
import { rowOf, selectBytes } from '../../daemon/adapters/store/tables/rowSum';

describe('damaged files', function () {
  this.timeout(120_000);

  it('never keep the daemon from starting, lose little, and the loss is told with its times', () => {
    const { failedStarts, altered, unreported, databases, spools, eventsLost, events } =
      damageRounds({
        count: 100,
        seed: 5,
      });
    deepEqual(
      { failedStarts, altered, unreported, rounds: databases + spools },
      { failedStarts: 0, altered: 0, unreported: 0, rounds: 100 },
    );
    ok(eventsLost < events / 2, `${eventsLost} of ${events} events lost`);
  });

  it('whose rows have a text that is none where a number was are told as damaged, and do not end the process', () => {
    const db = new Database(':memory:');
    db.exec(
      "CREATE TABLE progress (session, source, received, final_through, sum); INSERT INTO progress VALUES ('a', 'mic', NULL, CAST(x'41ff' AS TEXT), 1), ('a', 'mic', NULL, 7, 1)",
    );
    const rows = db.prepare(selectBytes('progress')).all() as Record<string, unknown>[];
    deepEqual(
      rows.map((row) => rowOf('progress', row)),
      [undefined, { session: 'a', source: 'mic', received: null, final_through: 7, sum: 1 }],
    );
    db.close();
  });
});
