/**
 * Meaning vectors of segments, by row of the segment; deleting the row deletes its vector. Called
 * within the store's guard.
 */
import type { Sqlite, SqliteStatement } from '../../sqlite';
import type { SearchQuery } from '../../../session/contract/search';
import { nearestSql } from './searchSql';

export class MeaningTable {
  private readonly sql: { readonly unread: SqliteStatement; readonly keep: SqliteStatement };

  constructor(private readonly db: Sqlite) {
    this.sql = {
      unread: db.prepare(
        `SELECT g.n, g.text FROM segments g LEFT JOIN meanings m ON m.n = g.n WHERE m.n IS NULL
          ORDER BY g.n DESC LIMIT ?`,
      ),
      // The text may have changed or been deleted since it was read.
      keep: db.prepare(
        `INSERT OR REPLACE INTO meanings (n, vector) SELECT n,
          CASE WHEN ? IS NULL THEN NULL ELSE vector8(?) END FROM segments WHERE n = ? AND text = ?`,
      ),
    };
  }

  /** Segments without a vector, newest first. */
  unread(limit: number): readonly { readonly n: number; readonly text: string }[] {
    return this.sql.unread.all(limit) as { n: number; text: string }[];
  }

  keep(n: number, text: string, vector: Float32Array | undefined): void {
    const json =
      vector === undefined ? null : `[${Array.from(vector, (x) => x.toFixed(4)).join(',')}]`;
    this.sql.keep.run(json, json, n, text);
  }

  /** @returns rows with `session`, `body` and `distance`, nearest first */
  nearest(
    query: SearchQuery,
    vector: Float32Array,
    mostDistance: number,
  ): readonly { readonly session: string; readonly body: string }[] {
    const { text, values } = nearestSql(query, vector, mostDistance);
    return this.db.prepare(text).all(...values) as { session: string; body: string }[];
  }
}
