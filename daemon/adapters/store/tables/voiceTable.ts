/** Stored voiceprints in earmark.db. Called within the store's guard. */
import type { Sqlite, SqliteStatement } from '../../sqlite';
import type { StoredVoice } from '../../../session/contract/voices';
import { type Row, rowSum } from './rowSum';

/** Limit of stored sessions of a person's voice; a voice differs by microphone, and drifts. */
const MOST_OF_ONE = 8;

export class VoiceTable {
  private readonly sql: ReturnType<typeof prepare>;

  constructor(db: Sqlite) {
    this.sql = prepare(db);
  }

  all(): readonly StoredVoice[] {
    return (this.sql.all.all() as Row[]).map(voiceOf);
  }

  keep({ owner = '', name, sessionId, keptMs, speechMs, centre }: StoredVoice): void {
    const text = Buffer.from(centre.buffer, centre.byteOffset, centre.byteLength).toString(
      'base64',
    );
    this.sql.keep.run(
      owner,
      name,
      sessionId,
      keptMs,
      speechMs,
      text,
      rowSum(owner, name, sessionId, keptMs, speechMs, text),
    );
    this.sql.thin.run(owner, name, owner, name, MOST_OF_ONE);
  }

  forget(owner = '', name?: string): void {
    this.sql.forget.run(owner, name ?? null, name ?? null);
  }

  forgetSession(sessionId: string): void {
    this.sql.forgetSession.run(sessionId);
  }
}

/** @param row of the table `voices` */
export function voiceOf(row: Row): StoredVoice {
  const bytes = new Uint8Array(Buffer.from(String(row['centre']), 'base64'));
  const owner = String(row['owner']);
  return {
    ...(owner === '' ? {} : { owner }),
    name: String(row['name']),
    sessionId: String(row['session']),
    keptMs: Number(row['kept_ms']),
    speechMs: Number(row['speech_ms']),
    centre: new Float32Array(bytes.buffer, 0, bytes.byteLength >> 2),
  };
}

function prepare(db: Sqlite) {
  const s = (sql: string): SqliteStatement => db.prepare(sql);
  return {
    all: s('SELECT owner, name, session, kept_ms, speech_ms, centre FROM voices ORDER BY n'),
    keep: s(
      `INSERT OR REPLACE INTO voices (owner, name, session, kept_ms, speech_ms, centre, sum)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    thin: s(
      `DELETE FROM voices WHERE owner = ? AND name = ? AND n NOT IN (SELECT n FROM voices
        WHERE owner = ? AND name = ? ORDER BY n DESC LIMIT ?)`,
    ),
    forget: s('DELETE FROM voices WHERE owner = ? AND (? IS NULL OR name = ?)'),
    forgetSession: s('DELETE FROM voices WHERE session = ?'),
  };
}
