-- Provably received frames of a source, as `frames digest`; null if no client requests a proof.
ALTER TABLE earmark.progress ADD COLUMN received text;
