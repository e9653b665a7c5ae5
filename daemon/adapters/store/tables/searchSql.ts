/** Search SQL: words through the full-text index, filters on row bodies. */
import { begunWord, type SearchQuery } from '../../../session/contract/search';

interface Sql {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/** Rows have `session` and `body`. */
export function searchSql(query: SearchQuery): Sql {
  return query.kind === 'transcript' ? segmentSql(query) : insightSql(query);
}

/**
 * Segments by distance of their vectors, nearest first; words are ignored. Rows have `session` and
 * `body`.
 */
export function nearestSql(query: SearchQuery, vector: Float32Array, mostDistance: number): Sql {
  const sql = new Conditions();
  segmentConditions(sql, query);
  // Distant rows are excluded before the filters read row bodies.
  const near = `WITH near AS MATERIALIZED (SELECT n, vector_distance_cos(vector, vector8(?)) AS distance
    FROM meanings WHERE vector IS NOT NULL)`;
  return {
    text: `${near} SELECT g.session, g.body FROM near JOIN segments g ON g.n = near.n
      JOIN sessions s ON s.id = g.session WHERE near.distance <= ? AND ${sql.text}
      ORDER BY near.distance LIMIT ?`,
    values: [`[${Array.from(vector).join(',')}]`, mostDistance, ...sql.values, query.limit],
  };
}

function segmentSql(query: SearchQuery): Sql {
  const sql = new Conditions();
  const indexed = query.words.length > 0;
  const begun = begunWord(query);
  if (indexed)
    sql.add(
      'segment_text MATCH ?',
      query.words
        .map((word, i) => `"${word.replaceAll('"', '""')}"${i === begun ? '*' : ''}`)
        .join(' '),
    );
  segmentConditions(sql, query);
  const from = indexed ? 'segment_text t JOIN segments g ON g.n = t.rowid' : 'segments g';
  return {
    text: `SELECT g.session, g.body FROM ${from} JOIN sessions s ON s.id = g.session WHERE ${sql.text}
      ORDER BY ${indexed ? 'rank' : 's.created_ms DESC, g.start_ms'} LIMIT ?`,
    values: [...sql.values, query.limit],
  };
}

/** Conditions of a segment besides its words. */
function segmentConditions(sql: Conditions, query: SearchQuery): void {
  sql.add("json_extract(g.body, '$.hidden') IS NOT 1");
  if (query.speaker !== undefined)
    sql.add(
      `(${same("json_extract(g.body, '$.speaker')")} OR EXISTS (SELECT 1 FROM speakers p
        WHERE p.session = g.session AND p.id = json_extract(g.body, '$.speaker')
        AND ${same("json_extract(p.body, '$.name')")}))`,
      query.speaker,
      query.speaker,
    );
  if (query.symbol !== undefined)
    sql.add(
      `g.id IN (SELECT json_extract(e.value, '$.segmentId')
        FROM insights i, json_each(i.body, '$.evidence') e WHERE i.session = g.session
        AND ${SYMBOL})`,
      ...symbolValues(query.symbol),
    );
  sessionConditions(sql, query);
}

function insightSql(query: SearchQuery): Sql {
  const sql = new Conditions();
  sql.add("json_extract(i.body, '$.kind') = ?", query.kind);
  sql.add("json_extract(i.body, '$.status') <> 'dismissed'");
  for (const word of query.words)
    sql.add(
      "(json_extract(i.body, '$.text') || ' ' || ifnull(json_extract(i.body, '$.owner'), '')) LIKE ? ESCAPE '\\'",
      `%${word.replace(/[\\%_]/g, '\\$&')}%`,
    );
  if (query.speaker !== undefined) sql.add(same("json_extract(i.body, '$.owner')"), query.speaker);
  if (query.symbol !== undefined) sql.add(SYMBOL, ...symbolValues(query.symbol));
  sessionConditions(sql, query);
  return {
    text: `SELECT i.session, i.body FROM insights i JOIN sessions s ON s.id = i.session
      WHERE ${sql.text} ORDER BY s.created_ms DESC, i.rowid LIMIT ?`,
    values: [...sql.values, query.limit],
  };
}

/**
 * Filters by a name of the code, or by the path of a file with a linked name. Values:
 * `symbolValues`.
 */
const SYMBOL = `(EXISTS (SELECT 1 FROM json_each(i.body, '$.symbols') y
  WHERE ${same("json_extract(y.value, '$.name')")} OR ${same("json_extract(y.value, '$.uri')")})
  OR (json_extract(i.body, '$.kind') = 'entity'
  AND ${same("json_extract(i.body, '$.text')")}))`;

const symbolValues = (symbol: string): readonly string[] => [symbol, symbol, symbol];

function sessionConditions(
  sql: Conditions,
  { sinceMs, untilMs, repository, branch, owner }: SearchQuery,
): void {
  if (sinceMs !== undefined) sql.add('s.created_ms >= ?', sinceMs);
  if (untilMs !== undefined) sql.add('s.created_ms < ?', untilMs);
  if (repository !== undefined)
    sql.add(same("json_extract(s.record, '$.workspace.repository')"), repository);
  if (branch !== undefined) sql.add(same("json_extract(s.record, '$.workspace.branch')"), branch);
  if (owner !== undefined) sql.add("json_extract(s.record, '$.owner') = ?", owner);
}

function same(column: string): string {
  return `${column} = ? COLLATE NOCASE`;
}

class Conditions {
  private readonly parts: string[] = [];
  readonly values: (string | number)[] = [];

  get text(): string {
    return this.parts.join(' AND ');
  }

  add(part: string, ...values: (string | number)[]): void {
    this.parts.push(part);
    this.values.push(...values);
  }
}
