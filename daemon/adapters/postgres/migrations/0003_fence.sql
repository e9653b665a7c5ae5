-- Rises when another server takes a session over; writes of the earlier server are then refused.
ALTER TABLE earmark.sessions ADD COLUMN fence integer NOT NULL DEFAULT 0;
