/** Closed word lists that the daemon and its clients share. */
/** States of a session (ARCHITECTURE.md). */
export const SESSION_STATES = [
  'IDLE',
  'STARTING',
  'STREAMING',
  'PAUSED',
  'STOPPING',
  'FINALIZING',
  'DONE',
  'FAILED',
] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** Codes of warnings that a session or the daemon gives. */
export const WARNING_CODES = [
  'speakers.unknown',
  'source.silent',
  'source.lost',
  'source.gap',
  'queue.overflow',
  'frames.lost',
  'vad.fallback',
  'engine.restarted',
  'engine.unavailable',
  'engine.failover',
  'engine.degraded',
  'store.degraded',
  'note.unwritable',
  'model.loading',
  'language.foreign',
  'audio.quiet',
  'recovered',
  'analysis.failed',
  'analysis.fallback',
  'audio.damaged',
  'audio.overLimit',
  'store.damaged',
] as const;
export type WarningCode = (typeof WARNING_CODES)[number];
