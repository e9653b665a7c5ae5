/**
 * Tables of earmark.db. `user_version` counts the applied migrations; each runs once, in a
 * transaction.
 */

/** The array index plus one is the resulting version. A released migration never changes. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    key TEXT UNIQUE,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL DEFAULT 0,
    last_seq INTEGER NOT NULL DEFAULT 0,
    last_time INTEGER NOT NULL DEFAULT 0,
    segments INTEGER NOT NULL DEFAULT 0,
    record TEXT NOT NULL,
    stats TEXT NOT NULL DEFAULT '{}'
  ) STRICT;
  CREATE INDEX sessions_created ON sessions (created_ms DESC);

  CREATE TABLE events (
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    time INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (session, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE segments (
    n INTEGER PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (session, id)
  ) STRICT;
  CREATE VIRTUAL TABLE segment_text USING fts5 (
    text, content = 'segments', content_rowid = 'n', tokenize = 'unicode61 remove_diacritics 2'
  );
  CREATE TRIGGER segments_insert AFTER INSERT ON segments BEGIN
    INSERT INTO segment_text (rowid, text) VALUES (new.n, new.text);
  END;
  CREATE TRIGGER segments_delete AFTER DELETE ON segments BEGIN
    INSERT INTO segment_text (segment_text, rowid, text) VALUES ('delete', old.n, old.text);
  END;
  CREATE TRIGGER segments_update AFTER UPDATE OF text ON segments BEGIN
    INSERT INTO segment_text (segment_text, rowid, text) VALUES ('delete', old.n, old.text);
    INSERT INTO segment_text (rowid, text) VALUES (new.n, new.text);
  END;

  CREATE TABLE speakers (
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (session, id)
  ) STRICT;

  CREATE TABLE insights (
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (session, id)
  ) STRICT;

  CREATE TABLE progress (
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    final_through INTEGER NOT NULL,
    PRIMARY KEY (session, source)
  ) STRICT, WITHOUT ROWID;
  `,
  // The index's own secure-delete is off: in SQLite 3.45.1 it leaves an index that its integrity
  // check calls malformed.
  `
      CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      `,
  // Checksums of rows; `rowSum.ts` lists their columns. Older rows have none.
  ['sessions', 'events', 'segments', 'speakers', 'insights', 'progress']
    .map((table) => `ALTER TABLE ${table} ADD COLUMN sum INTEGER;`)
    .join('\n'),
  // The checksum of a session covers more columns from here on.
  'UPDATE sessions SET sum = NULL;',
  // Voices of people who agreed; `owner` is empty for the user of this machine, `centre` is base64
  // of float32. They outlive their session unless it is purged.
  `
  CREATE TABLE voices (
    n INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    session TEXT NOT NULL,
    kept_ms INTEGER NOT NULL,
    speech_ms INTEGER NOT NULL,
    centre TEXT NOT NULL,
    sum INTEGER,
    UNIQUE (owner, name, session)
  ) STRICT;
  `,
  // Provably received frames of a source, as `frames digest`; the checksum covers it.
  'ALTER TABLE progress ADD COLUMN received TEXT; UPDATE progress SET sum = NULL;',
  // Meaning vectors of segments; NULL if a text is too short. Absent vectors are computed again
  // from the text.
  `
  CREATE TABLE meanings (n INTEGER PRIMARY KEY REFERENCES segments (n) ON DELETE CASCADE, vector BLOB) STRICT;
  CREATE TRIGGER segments_meaning AFTER UPDATE OF text ON segments WHEN old.text IS NOT new.text BEGIN
    DELETE FROM meanings WHERE n = old.n;
  END;
  `,
];
