/**
 * Vectors of 8 bits where SQLite is plain: the same bytes as libSQL's, within one step, and the
 * same distances.
 */
import { deepEqual, ok, throws } from 'node:assert/strict';
import Database from 'libsql';
import { cosineDistance, vector8 } from '../../../daemon/adapters/plainVectors';

describe('vectors in plain SQLite', () => {
  it('are those of libSQL', () => {
    const db = new Database(':memory:');
    const theirs = db.prepare(
      'SELECT vector8(?) AS a, vector_distance_cos(vector8(?), vector8(?)) AS distance',
    );
    let random = 7;
    const next = (): number =>
      ((random = (random * 48_271) % 2_147_483_647) / 2_147_483_647) * 2 - 1;
    for (const length of [1, 2, 3, 4, 5, 100, 384]) {
      const [one, other] = [0, 1].map(() =>
        JSON.stringify(Array.from({ length }, () => Number(next().toFixed(4)))),
      ) as [string, string];
      const { a, distance } = theirs.get(one, one, other) as { a: ArrayBuffer; distance: number };
      const [mine, wanted] = [vector8(one), new Uint8Array(a)];
      // What fills a vector up is left as it was by libSQL.
      deepEqual([mine.length, mine.slice(-3)], [wanted.length, wanted.slice(-3)]);
      const floats = (bytes: Uint8Array): [number, number] =>
        [bytes.length - 11, bytes.length - 7].map((at) =>
          new DataView(bytes.buffer).getFloat32(at, true),
        ) as [number, number];
      ok(floats(mine).every((value, i) => Math.abs(value - (floats(wanted)[i] ?? 0)) < 1e-6));
      ok(mine.slice(0, length).every((value, i) => Math.abs(value - (wanted[i] ?? 0)) <= 1));
      ok(Math.abs(cosineDistance(wanted, vector8(other)) - distance) < 0.001, `${length} values`);
    }
    db.close();
  });

  it('refuses what is none', () => {
    for (const text of ['[]', '["a"]', 'no']) throws(() => vector8(text));
    throws(() => cosineDistance(vector8('[1,2]'), vector8('[1,2,3]')));
    throws(() => cosineDistance(vector8('[1,2]'), new Uint8Array(20)));
  });
});
