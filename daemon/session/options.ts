/**
 * Limits and intervals of sessions, all in milliseconds or counts, with their defaults and what
 * they are for.
 */

export interface SessionOptions {
  /** Longest session; after it the session stops with cause `limit.length`. */
  readonly lengthMs: number;
  /** A captured session in which nobody spoke for so long stops with cause `idle`. */
  readonly idleMs: number;
  /**
   * A pushed session waits so long for its client, a paused one so long for its user; then it stops
   * with cause `idle`.
   */
  readonly waitMs: number;
  /**
   * Sessions that run at once; more than two cores can follow live, and few enough for the memory:
   * a source that waits holds at most `maxPendingPhrases` in it.
   */
  readonly maxSessions: number;
  /** Of one user over the network. */
  readonly maxSessionsPerUser: number;
  /** Frames between spool and segmentation, a source: 48 are 960 ms. */
  readonly queueFrames: number;
  /**
   * Phrases of one source that are decoded or wait for it; more wait in the spool. Two keep two
   * workers busy, the rest covers uneven lengths.
   */
  readonly maxPendingPhrases: number;
  /** Least time between two partials of one source. */
  readonly partialMs: number;
  /** Least time between two level events of one source. */
  readonly levelMs: number;
  /** Time between two health events. */
  readonly healthMs: number;
  /** Minimum interval between two analyses of the transcript. */
  readonly analysisMs: number;
  /**
   * What a language model may take at the end of a session, for all of it; then the rules have the
   * last word.
   */
  readonly modelMs: number;
  /** How long STOPPING waits for the open phrases; FINALIZING does the rest. */
  readonly flushMs: number;
  /**
   * FINALIZING gives up when nothing was decoded for so long; the audio stays in the spool for the
   * next start.
   */
  readonly finalizeStallMs: number;
  /**
   * How long `start` waits for the model; after that the session streams and the audio waits in the
   * spool.
   */
  readonly modelWaitMs: number;
  /** How long a recorder may take to end. */
  readonly captureStopMs: number;
  /** A recorder that died is started again after these waits, then the source counts as lost. */
  readonly captureRetryMs: readonly number[];
  /**
   * Time between two looks for a source that is lost, as long as others are recorded: somebody may
   * plug it in again.
   */
  readonly captureSearchMs: number;
  /** Waits between two tries to decode while the engine is not available. */
  readonly engineRetryMs: readonly number[];
  /**
   * Decodes of one phrase before it is given up as one that breaks the engine, which itself tries
   * each twice: together fewer than the restarts a worker has.
   */
  readonly decodeAttempts: number;
  /**
   * What the microphone heard and sounds like the loudspeakers waits so long for the system's words
   * before it is shown.
   */
  readonly echoHoldMs: number;
  /** Audio a pushing client may have unacknowledged. */
  readonly unacknowledgedMs: number;
  /**
   * Audio that a live source may be ahead of the time since the session started: clocks differ, and
   * a start is told late.
   */
  readonly aheadMs: number;
  /**
   * Audio of a file that may wait in the spool to be recognised; beyond it the client is told to
   * wait.
   */
  readonly fileBacklogMs: number;
  /**
   * A captured session that nobody can see pauses after this time; an ephemeral one that nobody
   * listens to ends.
   */
  readonly unseenMs: number;
  /** After a crash a captured session waits so long for a client, then it is finalised. */
  readonly recoverCaptureMs: number;
  /** The same warning of a source is given at most this often. */
  readonly warningMs: number;
  /** A full queue is reported only after this time, so that a short burst causes no warning. */
  readonly overflowMs: number;
  /** Events that wait for a store that cannot be written; more end the session. */
  readonly maxPendingEvents: number;
  /** Waits between two tries of the last analysis of a session. */
  readonly analysisRetryMs: readonly number[];
  /**
   * Time between two looks for sessions that were left unfinished and for what is kept too long.
   */
  readonly maintenanceMs: number;
  /**
   * A session that could not be finished is tried again after this time, then after twice as long,
   * and so on.
   */
  readonly maintenanceRetryMs: number;
  /** Tries of one session until the daemon starts again. */
  readonly maintenanceTries: number;
  /** Wait before the store is tried again. */
  readonly storeRetryMs: number;
  /** Keys, tokens, card numbers and e-mail addresses are taken out of what is transcribed. */
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
