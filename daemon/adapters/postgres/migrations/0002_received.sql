-- What of a source came in and can be proved, as `frames digest`; null where no client asks for it.
ALTER TABLE earmark.progress ADD COLUMN received text;
