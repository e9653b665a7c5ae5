/** Limits and intervals of the speech path. All are milliseconds or counts. */

export interface SpeechOptions {
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
  /** A full queue is reported after this time, so that a short burst causes no warning. */
  readonly overflowMs: number;
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
  /** Removes keys, tokens, card numbers and e-mail addresses from the transcript. */
  readonly redactTranscript: boolean;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const defaultSpeechOptions: SpeechOptions = {
  captureStopMs: 2 * SECOND,
  captureRetryMs: [SECOND, 2 * SECOND, 4 * SECOND],
  captureSearchMs: 10 * SECOND,
  engineRetryMs: [SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND],
  decodeAttempts: 2,
  queueFrames: 48,
  maxPendingPhrases: 6,
  partialMs: 400,
  levelMs: 100,
  overflowMs: SECOND,
  unacknowledgedMs: 10 * SECOND,
  aheadMs: MINUTE,
  fileBacklogMs: 10 * MINUTE,
  ephemeralBacklogMs: 2 * MINUTE,
  redactTranscript: false,
};
