-- Sessions of a team in PostgreSQL. Every table has the organisation in its key. Row-level security is forced, so it
-- binds the owner of the tables too. A transaction sees the rows of the organisation that it named with SET LOCAL
-- earmark.organisation; without a name it sees no row.
--
-- earmark_gateway: role of the servers; owns nothing, reads and writes sessions, finds users at their sign-in.
-- earmark_admin: manages organisations, users and tokens; has no right to any table with transcripts.

DO $$ BEGIN
  CREATE ROLE earmark_gateway NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
  CREATE ROLE earmark_admin NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

CREATE SCHEMA earmark;
REVOKE ALL ON SCHEMA earmark FROM PUBLIC;
GRANT USAGE ON SCHEMA earmark TO earmark_gateway, earmark_admin;

-- NULL, which equals nothing, if the transaction named no organisation.
CREATE FUNCTION earmark.organisation() RETURNS text LANGUAGE sql STABLE
  RETURN nullif(current_setting('earmark.organisation', true), '');

CREATE TABLE earmark.organisations (
  id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_ms bigint NOT NULL,
  created_by text NOT NULL
);

CREATE TABLE earmark.users (
  organisation text NOT NULL REFERENCES earmark.organisations ON DELETE CASCADE,
  id text NOT NULL CHECK (id ~ '^[A-Za-z0-9._@-]{1,64}$'),
  scopes text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'record', 'admin']),
  -- Identity at the OpenID Connect provider.
  issuer text,
  subject text,
  created_ms bigint NOT NULL,
  created_by text NOT NULL,
  disabled_ms bigint,
  disabled_by text,
  PRIMARY KEY (organisation, id),
  UNIQUE (issuer, subject),
  CHECK ((issuer IS NULL) = (subject IS NULL))
);

CREATE TABLE earmark.tokens (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{12}$'),
  organisation text NOT NULL,
  user_id text NOT NULL,
  scopes text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'record', 'admin']),
  -- SHA-256 of a secret of 256 random bits.
  hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  created_ms bigint NOT NULL,
  created_by text NOT NULL,
  expires_ms bigint,
  revoked_ms bigint,
  revoked_by text,
  used_ms bigint,
  FOREIGN KEY (organisation, user_id) REFERENCES earmark.users ON DELETE CASCADE
);
CREATE INDEX tokens_of_user ON earmark.tokens (organisation, user_id);

CREATE TABLE earmark.sessions (
  organisation text NOT NULL REFERENCES earmark.organisations ON DELETE CASCADE,
  id text NOT NULL,
  key text,
  state text NOT NULL,
  title text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  owner text,
  -- Server that runs or must finish the session.
  server text NOT NULL,
  created_ms bigint NOT NULL,
  -- Orders sessions of one millisecond. A number over all organisations would reveal their counts by its gaps.
  inserted timestamptz NOT NULL DEFAULT clock_timestamp(),
  duration_ms bigint NOT NULL DEFAULT 0,
  last_seq integer NOT NULL DEFAULT 0,
  last_time bigint NOT NULL DEFAULT 0,
  segments integer NOT NULL DEFAULT 0,
  record jsonb NOT NULL,
  stats jsonb NOT NULL DEFAULT '{}',
  -- The organisation comes first, so an id or key of another organisation is free here; a refusal would reveal it.
  PRIMARY KEY (organisation, id),
  UNIQUE (organisation, key)
);
CREATE INDEX sessions_newest ON earmark.sessions (organisation, created_ms DESC, inserted DESC);
CREATE INDEX sessions_of_owner ON earmark.sessions (organisation, owner, created_ms DESC, inserted DESC);
CREATE INDEX sessions_active ON earmark.sessions (organisation, created_ms DESC) WHERE state NOT IN ('DONE', 'FAILED');

CREATE TABLE earmark.events (
  organisation text NOT NULL,
  session text NOT NULL,
  seq integer NOT NULL CHECK (seq > 0),
  time bigint NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (organisation, session, seq),
  FOREIGN KEY (organisation, session) REFERENCES earmark.sessions ON DELETE CASCADE
);

-- `n` numbers the rows of a session in the order of their arrival.
CREATE TABLE earmark.segments (
  organisation text NOT NULL,
  session text NOT NULL,
  id text NOT NULL,
  n integer NOT NULL,
  start_ms bigint NOT NULL,
  body jsonb NOT NULL,
  words tsvector NOT NULL,
  PRIMARY KEY (organisation, session, id),
  FOREIGN KEY (organisation, session) REFERENCES earmark.sessions ON DELETE CASCADE
);
CREATE INDEX segments_in_order ON earmark.segments (organisation, session, n);
CREATE INDEX segments_words ON earmark.segments USING gin (words);

CREATE TABLE earmark.speakers (
  organisation text NOT NULL,
  session text NOT NULL,
  id text NOT NULL,
  n integer NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (organisation, session, id),
  FOREIGN KEY (organisation, session) REFERENCES earmark.sessions ON DELETE CASCADE
);

CREATE TABLE earmark.insights (
  organisation text NOT NULL,
  session text NOT NULL,
  id text NOT NULL,
  n integer NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (organisation, session, id),
  FOREIGN KEY (organisation, session) REFERENCES earmark.sessions ON DELETE CASCADE
);
CREATE INDEX insights_in_order ON earmark.insights (organisation, session, n);

CREATE TABLE earmark.progress (
  organisation text NOT NULL,
  session text NOT NULL,
  source text NOT NULL,
  final_through bigint NOT NULL,
  PRIMARY KEY (organisation, session, source),
  FOREIGN KEY (organisation, session) REFERENCES earmark.sessions ON DELETE CASCADE
);

-- Retention by kind is one of them.
CREATE TABLE earmark.settings (
  organisation text NOT NULL REFERENCES earmark.organisations ON DELETE CASCADE,
  name text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (organisation, name)
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['organisations', 'users', 'tokens', 'sessions', 'events', 'segments', 'speakers', 'insights', 'progress', 'settings'] LOOP
    EXECUTE format('ALTER TABLE earmark.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    IF t <> 'organisations' THEN
      EXECUTE format('CREATE POLICY own ON earmark.%I USING (organisation = earmark.organisation()) WITH CHECK (organisation = earmark.organisation())', t);
    END IF;
  END LOOP;
END $$;
CREATE POLICY own ON earmark.organisations FOR SELECT USING (id = earmark.organisation());
CREATE POLICY managed ON earmark.organisations TO earmark_admin USING (true) WITH CHECK (true);

-- A sign-in names a token or an identity, which determines the organisation; only that row is visible.
CREATE POLICY presented ON earmark.tokens FOR SELECT TO earmark_gateway USING (id = nullif(current_setting('earmark.token', true), ''));
CREATE POLICY presented ON earmark.users FOR SELECT TO earmark_gateway
  USING (issuer = nullif(current_setting('earmark.issuer', true), '') AND subject = nullif(current_setting('earmark.subject', true), ''));

GRANT SELECT ON earmark.organisations TO earmark_gateway;
-- Administrators of an organisation create tokens. The first sign-in of a person creates a user.
GRANT SELECT, INSERT, UPDATE ON earmark.users, earmark.tokens TO earmark_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON earmark.sessions, earmark.events, earmark.segments, earmark.speakers, earmark.insights, earmark.progress, earmark.settings TO earmark_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON earmark.organisations, earmark.users, earmark.tokens TO earmark_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON earmark.settings TO earmark_admin;
