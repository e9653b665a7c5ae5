/**
 * Limits and intervals of sessions with their defaults and reasons. All are milliseconds or counts.
 */
import { defaultSpeechOptions, type SpeechOptions } from '../../speech/options';

export interface SessionOptions extends SpeechOptions {
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
  /**
   * A suspected echo in the microphone waits this long for the system's words before it is shown.
   */
  readonly echoHoldMs: number;
  /**
   * A captured session without a window or client pauses after this time. An ephemeral session
   * without a client ends.
   */
  readonly unseenMs: number;
  /** After a crash, a captured session waits this long for a client before it is finalised. */
  readonly recoverCaptureMs: number;
  /** Minimum interval between equal warnings of a source. */
  readonly warningMs: number;
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
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const defaultSessionOptions: SessionOptions = {
  ...defaultSpeechOptions,
  lengthMs: 8 * HOUR,
  idleMs: 30 * MINUTE,
  waitMs: 3 * HOUR,
  maxSessions: 256,
  maxSessionsPerUser: 16,
  healthMs: SECOND,
  analysisMs: 2 * SECOND,
  modelMs: 15 * MINUTE,
  flushMs: 8 * SECOND,
  finalizeStallMs: MINUTE,
  modelWaitMs: 5 * SECOND,
  echoHoldMs: 500,
  unseenMs: MINUTE,
  recoverCaptureMs: MINUTE,
  warningMs: 30 * SECOND,
  maxPendingEvents: 10_000,
  analysisRetryMs: [30 * SECOND, MINUTE, 2 * MINUTE],
  maintenanceMs: 30 * MINUTE,
  maintenanceRetryMs: 30 * SECOND,
  maintenanceTries: 8,
  storeRetryMs: SECOND,
};
