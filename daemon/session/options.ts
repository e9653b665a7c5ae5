/**
 * Limits and intervals of sessions with their defaults and reasons. All are milliseconds or counts.
 */

export interface SessionOptions {
  /** Maximum length of a session; then it stops with cause `limit.length`. */
  readonly lengthMs: number;
  /** A captured session without speech for this long stops with cause `idle`. */
  readonly idleMs: number;
  /**
   * A pushed session waits this long for its client, a paused session for its user. Then it stops
   * with cause `idle`.
   */
  readonly waitMs: number;
  /**
   * Maximum number of concurrent sessions. The limit exceeds the live capacity of two cores, but it
   * fits in memory: a waiting source holds at most `maxPendingPhrases`.
   */
  readonly maxSessions: number;
  /** Maximum number of concurrent sessions of a network user. */
  readonly maxSessionsPerUser: number;
  /** Frames between spool and segmentation, for each source. 48 frames are 960 ms. */
  readonly queueFrames: number;
  /**
   * Maximum number of phrases of a source in decoding or in the queue; more wait in the spool. Two
   * phrases keep two workers busy; the rest covers uneven lengths.
   */
  readonly maxPendingPhrases: number;
  /** Minimum interval between two partials of a source. */
  readonly partialMs: number;
  /** Minimum interval between two level events of a source. */
  readonly levelMs: number;
  /** Interval between two health events. */
  readonly healthMs: number;
  /** Minimum interval between two analyses of the transcript. */
  readonly analysisMs: number;
  /**
   * Maximum total time of a language model at the end of a session. After it, the results of the
   * rules are used.
   */
  readonly modelMs: number;
  /** Maximum time that STOPPING waits for open phrases; FINALIZING decodes the rest. */
  readonly flushMs: number;
  /**
   * FINALIZING gives up after this time without a decode. The audio stays in the spool for the next
   * start.
   */
  readonly finalizeStallMs: number;
  /**
   * Maximum time that `start` waits for the model. After it, the session streams and the audio
   * waits in the spool.
   */
  readonly modelWaitMs: number;
  /** Maximum time for a recorder to end. */
  readonly captureStopMs: number;
  /**
   * Delays before each restart of a recorder that died. After the last, the source counts as lost.
   */
  readonly captureRetryMs: readonly number[];
  /**
   * Interval between two searches for a lost source while other sources record. The user may plug
   * the device in again.
   */
  readonly captureSearchMs: number;
  /** Delays between two decode attempts while the engine is unavailable. */
  readonly engineRetryMs: readonly number[];
  /**
   * Attempts to decode a phrase before it is given up, because it may crash the engine. The engine
   * makes two tries for each attempt. All tries together must stay below the restart limit of a
   * worker.
   */
  readonly decodeAttempts: number;
  /**
   * A suspected echo in the microphone waits this long for the system's words before it is shown.
   */
  readonly echoHoldMs: number;
  /** Maximum unacknowledged audio of a pushing client. */
  readonly unacknowledgedMs: number;
  /**
   * Maximum lead of a live source over the time since session start. It allows for clock
   * differences and delayed start messages.
   */
  readonly aheadMs: number;
  /**
   * Maximum audio of a file that waits in the spool for recognition; beyond it the client must
   * wait.
   */
  readonly fileBacklogMs: number;
  /** The same for ephemeral sessions, whose audio waits in memory: 4 MB for each source. */
  readonly ephemeralBacklogMs: number;
  /**
   * A captured session without a window or client pauses after this time. An ephemeral session
   * without a client ends.
   */
  readonly unseenMs: number;
  /** After a crash, a captured session waits this long for a client before it is finalised. */
  readonly recoverCaptureMs: number;
  /** Minimum interval between equal warnings of a source. */
  readonly warningMs: number;
  /** A full queue is reported after this time, so that a short burst causes no warning. */
  readonly overflowMs: number;
  /** Maximum number of events that wait for an unwritable store; beyond it the session ends. */
  readonly maxPendingEvents: number;
  /** Delays between two tries of the last analysis of a session. */
  readonly analysisRetryMs: readonly number[];
  /** Interval between two searches for unfinished sessions and expired data. */
  readonly maintenanceMs: number;
  /** Delay before the first retry of an unfinished session; it doubles with each retry. */
  readonly maintenanceRetryMs: number;
  /** Maximum number of tries for a session until the daemon restarts. */
  readonly maintenanceTries: number;
  /** Delay before the store is tried again. */
  readonly storeRetryMs: number;
  /** Removes keys, tokens, card numbers and e-mail addresses from the transcript. */
  readonly redactTranscript: boolean;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const defaultSessionOptions: SessionOptions = {
  lengthMs: 8 * HOUR,
  idleMs: 30 * MINUTE,
  waitMs: 3 * HOUR,
  maxSessions: 256,
  maxSessionsPerUser: 16,
  queueFrames: 48,
  maxPendingPhrases: 6,
  partialMs: 400,
  levelMs: 100,
  healthMs: SECOND,
  analysisMs: 2 * SECOND,
  modelMs: 15 * MINUTE,
  flushMs: 8 * SECOND,
  finalizeStallMs: MINUTE,
  modelWaitMs: 5 * SECOND,
  captureStopMs: 2 * SECOND,
  captureRetryMs: [SECOND, 2 * SECOND, 4 * SECOND],
  captureSearchMs: 10 * SECOND,
  engineRetryMs: [SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND],
  decodeAttempts: 2,
  echoHoldMs: 500,
  unacknowledgedMs: 10 * SECOND,
  aheadMs: MINUTE,
  fileBacklogMs: 10 * MINUTE,
  ephemeralBacklogMs: 2 * MINUTE,
  unseenMs: MINUTE,
  recoverCaptureMs: MINUTE,
  warningMs: 30 * SECOND,
  overflowMs: SECOND,
  maxPendingEvents: 10_000,
  analysisRetryMs: [30 * SECOND, MINUTE, 2 * MINUTE],
  maintenanceMs: 30 * MINUTE,
  maintenanceRetryMs: 30 * SECOND,
  maintenanceTries: 8,
  storeRetryMs: SECOND,
  redactTranscript: false,
};
