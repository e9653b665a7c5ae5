-- Audio without final text that the stream did not accept in time. Deleted when the stream has it or the session ends.
CREATE TABLE earmark.audio (
  organisation text NOT NULL,
  session text NOT NULL,
  source text NOT NULL,
  last_seq bigint NOT NULL,
  frames bytea NOT NULL,
  PRIMARY KEY (organisation, session, source, last_seq),
  FOREIGN KEY (organisation, session) REFERENCES earmark.sessions ON DELETE CASCADE
);
ALTER TABLE earmark.audio ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON earmark.audio USING (organisation = earmark.organisation()) WITH CHECK (organisation = earmark.organisation());
GRANT SELECT, INSERT, UPDATE, DELETE ON earmark.audio TO earmark_gateway;
-- Compression costs time, and the rows are short-lived.
ALTER TABLE earmark.audio ALTER COLUMN frames SET STORAGE EXTERNAL;
