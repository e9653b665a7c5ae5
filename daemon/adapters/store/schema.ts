/** Tables of earmark.db. `user_version` counts the migrations that were applied; each runs once, in a transaction. */

/** The index of the array plus one is the version it leads to. A released migration is never changed. */
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
  CREATE VIRTUAL TABLE segment_text USING fts5 (text, content = 'segments', content_rowid = 'n', tokenize = 'unicode61 remove_diacritics 2');
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
  // Without secure-delete the search index keeps the words of a deleted row until its parts are merged.
  `
  INSERT INTO segment_text (segment_text, rank) VALUES ('secure-delete', 1);
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // Checksums of rows; `rowSum.ts` says of what. Rows of before have none.
  ['sessions', 'events', 'segments', 'speakers', 'insights', 'progress'].map((table) => `ALTER TABLE ${table} ADD COLUMN sum INTEGER;`).join('\n'),
  // The checksum of a session is of more columns than it was.
  'UPDATE sessions SET sum = NULL;',
];
