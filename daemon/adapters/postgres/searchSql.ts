/** Search SQL for PostgreSQL: words through the full-text index, filters on row bodies. */
import { begunWord, type SearchQuery } from '../../session/contract/search';

interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Text in the form of the index: no accents, only letters and digits. PostgreSQL's parser keeps
 * paths, addresses and hyphenated words whole; this form finds the same words as SQLite.
 */
export function indexed(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Rows have `session` and `body`. */
export function searchSql(query: SearchQuery): Sql {
  return query.kind === 'transcript' ? segmentSql(query) : insightSql(query);
}

function segmentSql(query: SearchQuery): Sql {
  const sql = new Conditions();
  const words = query.words.map(indexed).filter((word) => word !== '');
  sql.add("g.body->'hidden' IS DISTINCT FROM 'true'");
  // Only letters, digits and blanks, so there is no operator.
  const asked = words
    .map((word, i) => {
      const begun = i === words.length - 1 && begunWord(query) >= 0;
      const lexemes = `${word.split(' ').join(' <-> ')}${begun ? ':*' : ''}`;
      return `to_tsquery('simple', ${sql.value(lexemes)})`;
    })
    .join(' && ');
  if (asked !== '') sql.add(`g.words @@ (${asked})`);
  if (query.speaker !== undefined) {
    const name = sql.value(query.speaker);
    sql.add(
      `(${same("g.body->>'speaker'", name)} OR EXISTS (SELECT FROM earmark.speakers p
        WHERE p.organisation = g.organisation AND p.session = g.session
        AND p.id = g.body->>'speaker' AND ${same("p.body->>'name'", name)}))`,
    );
  }
  if (query.symbol !== undefined) {
    sql.add(
      `g.id IN (SELECT e->>'segmentId'
        FROM earmark.insights i, jsonb_array_elements(i.body->'evidence') e
        WHERE i.organisation = g.organisation AND i.session = g.session
        AND ${symbol(sql.value(query.symbol))})`,
    );
  }
  sessionConditions(sql, query);
  const order =
    asked === ''
      ? 's.created_ms DESC, g.start_ms'
      : `ts_rank(g.words, ${asked}) DESC, s.created_ms DESC, g.start_ms`;
  return sql.select(
    `SELECT g.session, g.body FROM earmark.segments g
      JOIN earmark.sessions s ON s.organisation = g.organisation AND s.id = g.session`,
    order,
    query.limit,
  );
}

function insightSql(query: SearchQuery): Sql {
  const sql = new Conditions();
  sql.add(`i.body->>'kind' = ${sql.value(query.kind)}`);
  sql.add("i.body->>'status' <> 'dismissed'");
  for (const word of query.words)
    sql.add(
      "(i.body->>'text') || ' ' || coalesce(i.body->>'owner', '') ILIKE " +
        `${sql.value(`%${word.replace(/[\\%_]/g, '\\$&')}%`)}`,
    );
  if (query.speaker !== undefined) sql.add(same("i.body->>'owner'", sql.value(query.speaker)));
  if (query.symbol !== undefined) sql.add(symbol(sql.value(query.symbol)));
  sessionConditions(sql, query);
  return sql.select(
    `SELECT i.session, i.body FROM earmark.insights i
      JOIN earmark.sessions s ON s.organisation = i.organisation AND s.id = i.session`,
    's.created_ms DESC, i.n',
    query.limit,
  );
}

/** Filters by a name of the code, or by the path of a file with a linked name. */
function symbol(name: string): string {
  return `(EXISTS (SELECT FROM jsonb_array_elements(i.body->'symbols') y
    WHERE ${same("y->>'name'", name)} OR ${same("y->>'uri'", name)}) OR (i.body->>'kind' = 'entity'
    AND ${same("i.body->>'text'", name)}))`;
}

function sessionConditions(
  sql: Conditions,
  { sinceMs, untilMs, repository, branch, owner }: SearchQuery,
): void {
  if (sinceMs !== undefined) sql.add(`s.created_ms >= ${sql.value(sinceMs)}`);
  if (untilMs !== undefined) sql.add(`s.created_ms < ${sql.value(untilMs)}`);
  if (repository !== undefined)
    sql.add(same("s.record->'workspace'->>'repository'", sql.value(repository)));
  if (branch !== undefined) sql.add(same("s.record->'workspace'->>'branch'", sql.value(branch)));
  if (owner !== undefined) sql.add(`s.owner = ${sql.value(owner)}`);
}

function same(column: string, value: string): string {
  return `lower(${column}) = lower(${value}::text)`;
}

class Conditions {
  private readonly parts: string[] = [];
  private readonly values: unknown[] = [];

  /** @returns the placeholder of a value */
  value(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  add(part: string): void {
    this.parts.push(part);
  }

  select(from: string, order: string, limit: number): Sql {
    const most = this.value(limit);
    return {
      text: `${from} WHERE ${this.parts.join(' AND ')} ORDER BY ${order} LIMIT ${most}`,
      values: this.values,
    };
  }
}
