/**
 * SQL statements for sessions, their events and the resulting state. The schema is in schema.ts.
 */
import type { Sqlite, SqliteStatement } from '../../sqlite';

export type SessionStatements = ReturnType<typeof prepareSessions>;

export function prepareSessions(db: Sqlite) {
  const s = (sql: string): SqliteStatement => db.prepare(sql);
  const owned = "(? IS NULL OR json_extract(record, '$.owner') = ?)";
  const newest = 'ORDER BY created_ms DESC, rowid DESC LIMIT ? OFFSET ?';
  return {
    createSession: s(
      `INSERT INTO sessions (id, key, state, title, provider, model, created_ms, duration_ms, record)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
        SET state = excluded.state, title = excluded.title, provider = excluded.provider,
          model = excluded.model, duration_ms = excluded.duration_ms, record = excluded.record
        WHERE last_seq = 0`,
    ),
    updateSession: s(
      `UPDATE sessions
        SET title = coalesce(?, title), duration_ms = coalesce(?, duration_ms), provider = coalesce(?,
          provider), model = coalesce(?, model), stats = coalesce(?, stats)
        WHERE id = ?`,
    ),
    seal: s('UPDATE sessions SET sum = ? WHERE id = ?'),
    setState: s('UPDATE sessions SET state = ? WHERE id = ?'),
    advance: s('UPDATE sessions SET last_seq = ?, last_time = ? WHERE id = ?'),
    countSegment: s('UPDATE sessions SET segments = segments + 1 WHERE id = ?'),
    counts: s(
      'SELECT last_seq AS lastSeq, last_time AS lastTime, segments FROM sessions WHERE id = ?',
    ),
    getSession: s('SELECT * FROM sessions WHERE id = ?'),
    findByKey: s('SELECT * FROM sessions WHERE key = ?'),
    list: s(`SELECT * FROM sessions WHERE ${owned} ${newest}`),
    listActive: s(
      `SELECT * FROM sessions WHERE state NOT IN ('DONE', 'FAILED') AND ${owned} ${newest}`,
    ),
    listOver: s(`SELECT * FROM sessions WHERE state IN ('DONE', 'FAILED') AND ${owned} ${newest}`),
    deleteSession: s('DELETE FROM sessions WHERE id = ?'),
    holds: s(
      `SELECT (SELECT count(*) FROM events WHERE session = ?) AS events, (SELECT count(*)
        FROM segments WHERE session = ?) AS segments, (SELECT count(*) FROM insights
        WHERE session = ?) AS insights`,
    ),
    deleteEvents: s('DELETE FROM events WHERE session = ?'),
    deleteSpeakers: s('DELETE FROM speakers WHERE session = ?'),
    deleteInsights: s('DELETE FROM insights WHERE session = ?'),
    noSegments: s('UPDATE sessions SET segments = 0 WHERE id = ?'),
    setting: s('SELECT value FROM settings WHERE name = ?'),
    setSetting: s(
      'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    ),
    addEvent: s('INSERT INTO events (session, seq, time, body, sum) VALUES (?, ?, ?, ?, ?)'),
    readEvents: s(
      'SELECT seq, time, body FROM events WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?',
    ),
    addSegment: s(
      'INSERT INTO segments (session, id, start_ms, text, body, sum) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    changeSegment: s(
      'UPDATE segments SET start_ms = ?, text = ?, body = ?, sum = ? WHERE session = ? AND id = ?',
    ),
    segments: s('SELECT body FROM segments WHERE session = ? ORDER BY start_ms, n'),
    deleteSegments: s('DELETE FROM segments WHERE session = ?'),
    setSpeaker: s(
      `INSERT INTO speakers (session, id, body, sum) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
        SET body = excluded.body, sum = excluded.sum`,
    ),
    speakers: s('SELECT body FROM speakers WHERE session = ? ORDER BY rowid'),
    setInsight: s(
      `INSERT INTO insights (session, id, body, sum) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
        SET body = excluded.body, sum = excluded.sum`,
    ),
    deleteInsight: s('DELETE FROM insights WHERE session = ? AND id = ?'),
    insights: s('SELECT body FROM insights WHERE session = ? ORDER BY rowid'),
    setProgress: s(
      `INSERT INTO progress (session, source, final_through, received, sum) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE
        SET final_through = excluded.final_through, received = excluded.received, sum = excluded.sum
        WHERE excluded.final_through > final_through OR (excluded.final_through = final_through
        AND excluded.received IS NOT NULL)`,
    ),
    progress: s('SELECT source, final_through, received FROM progress WHERE session = ?'),
  };
}
