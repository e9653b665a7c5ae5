/**
 * What compose and daemon/health may ask of the speech engine beyond what a session asks
 * (SpeechEngine in session/ports).
 */
import type { Disposable } from '../base/disposable';
import type { LifecycleError, LifecycleName } from '../models/lifecycle';
import type { SpeechEngine } from '../session/ports';
import type { QueueHealth } from './phraseQueue';
import type { DeviceChoice, GuardKind } from './provider';

/** Plain data for `daemon/health`. */
export interface InferenceWorkerHealth {
  readonly name: string;
  readonly state: 'starting' | 'ready' | 'busy' | 'restarting' | 'failed' | 'stopped';
  readonly restarts: number;
  readonly pid?: number;
  readonly rssBytes?: number;
}

/**
 * `decode` applies the silence guards: a rejected phrase resolves with an empty text and `rejected`
 * set. `ready` after a failure tries again, at the earliest 15 s after an engine that kept failing.
 */
export interface ManagedSpeechEngine extends SpeechEngine, Disposable {
  readonly device: DeviceChoice;
  readonly state: LifecycleName;
  /** Milliseconds the last load took, first decode included. */
  readonly loadMs: number | undefined;
  /** The sentence of the last failure, while `state` is `ERROR`. */
  readonly error: string | undefined;
  /** How long phrases wait, and what load made it drop. */
  readonly queue: QueueHealth;
  /** The last ten, oldest first. */
  readonly errors: readonly LifecycleError[];
  /** When somebody last asked for it, by the clock. */
  readonly lastUse: number;
  /**
   * Frees the model's memory; the next `ready` loads it again. What waits for a decode is refused
   * with engine.unavailable.
   */
  unload(): void;
  /**
   * Loads the model's files as they are now, between two phrases: none is lost, and what waits is
   * decoded by the new ones. Does nothing where none is loaded. @throws EarmarkError as `ready`
   * where the new files are no good
   */
  swap(): Promise<void>;
  /** Tries again at once after a failure, without the pause that `ready` keeps. */
  retry(): Promise<void>;
  workers(): readonly InferenceWorkerHealth[];
  /** How many phrases each guard rejected since the start. */
  readonly rejected: Readonly<Record<GuardKind, number>>;
}
