-- Counts up whenever another server takes a session over: who wrote to it before is refused.
ALTER TABLE earmark.sessions ADD COLUMN fence integer NOT NULL DEFAULT 0;
