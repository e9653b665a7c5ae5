/**
 * Interface of the speech engine for compose and `daemon/health`, in addition to SpeechEngine in
 * contract/engine.
 */
import type { Disposable } from '../../base/disposable';
import type { Event } from '../../base/emitter';
import type { LifecycleChange, LifecycleError, LifecycleName } from '../../models/lifecycle';
import type { SpeechEngine, SpeechStatus } from './engine';
import type { QueueHealth } from '../engine/phraseQueue';
import type { DeviceChoice, GuardKind } from './provider';

/** State of a worker, as plain data for `daemon/health`. */
export interface InferenceWorkerHealth {
  readonly name: string;
  readonly state: 'starting' | 'ready' | 'busy' | 'restarting' | 'failed' | 'stopped';
  readonly restarts: number;
  readonly pid?: number;
  readonly rssBytes?: number;
}

/** State of an engine at one time, as plain data. */
export interface EngineStatus extends SpeechStatus {
  readonly state: LifecycleName;
  /** Duration of the last load including the warm-up, in milliseconds. */
  readonly loadMs?: number;
  /** The part of `loadMs` for the warm-up. */
  readonly warmUpMs?: number;
  /**
   * Real-time factor of the warm-up phrase, if nothing else was decoded meanwhile: it compares
   * engines on this machine.
   */
  readonly measuredRtf?: number;
  /** User message of the last failure, while `state` is `ERROR`. */
  readonly error?: string;
  /** The last ten errors, oldest first. */
  readonly errors: readonly LifecycleError[];
  /** Milliseconds of waiting audio. */
  readonly queuedMs: number;
  /** Wait times of phrases, and decodes dropped under load. */
  readonly queue: QueueHealth;
  /** Clock time of the last use. */
  readonly lastUseMs: number;
  /** Number of phrases that each guard rejected since the start. */
  readonly rejected: Readonly<Record<GuardKind, number>>;
}

/**
 * `decode` applies the silence guards: a rejected phrase resolves with an empty text and `rejected`
 * set. After a failure, `ready` tries again. If the engine keeps failing, it waits at least 15 s.
 */
export interface ManagedSpeechEngine extends SpeechEngine, Disposable {
  readonly device: DeviceChoice;
  readonly status: EngineStatus;
  /** Every change of the state, with the time in the state before. */
  readonly onDidChangeState: Event<LifecycleChange>;
  /**
   * Frees the model's memory; the next `ready` loads it again. Waiting decodes are rejected with
   * engine.unavailable.
   */
  unload(): void;
  /**
   * Reloads the model's files between two phrases. No phrase is lost; waiting phrases are decoded
   * with the new files. Without a loaded model, does nothing.
   * @throws EarmarkError as `ready` if the new files are invalid
   */
  swap(): Promise<void>;
  /** Tries again at once after a failure, without the cool-down of `ready`. */
  retry(): Promise<void>;
  workers(): readonly InferenceWorkerHealth[];
}
