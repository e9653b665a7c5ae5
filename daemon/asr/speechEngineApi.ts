/**
 * Interface of the speech engine for compose and `daemon/health`, in addition to SpeechEngine in
 * session/ports.
 */
import type { Disposable } from '../base/disposable';
import type { Event } from '../base/emitter';
import type { LifecycleChange, LifecycleError, LifecycleName } from '../models/lifecycle';
import type { SpeechEngine } from '../session/ports';
import type { QueueHealth } from './phraseQueue';
import type { DeviceChoice, GuardKind } from './provider';

/** State of a worker, as plain data for `daemon/health`. */
export interface InferenceWorkerHealth {
  readonly name: string;
  readonly state: 'starting' | 'ready' | 'busy' | 'restarting' | 'failed' | 'stopped';
  readonly restarts: number;
  readonly pid?: number;
  readonly rssBytes?: number;
}

/**
 * `decode` applies the silence guards: a rejected phrase resolves with an empty text and `rejected`
 * set. After a failure, `ready` tries again. If the engine keeps failing, it waits at least 15 s.
 */
export interface ManagedSpeechEngine extends SpeechEngine, Disposable {
  readonly device: DeviceChoice;
  readonly state: LifecycleName;
  /** Duration of the last load including the first decode, in milliseconds. */
  readonly loadMs: number | undefined;
  /** The part of `loadMs` for the warm-up. */
  readonly warmUpMs: number | undefined;
  /** Every change of `state`, with the time in the state before. */
  readonly onDidChangeState: Event<LifecycleChange>;
  /**
   * Real-time factor of the warm-up phrase, if nothing else was decoded meanwhile: it compares
   * engines on this machine. Undefined until measured.
   */
  readonly measuredRtf: number | undefined;
  /** User message of the last failure, while `state` is `ERROR`. */
  readonly error: string | undefined;
  /** Wait times of phrases, and decodes dropped under load. */
  readonly queue: QueueHealth;
  /** The last ten errors, oldest first. */
  readonly errors: readonly LifecycleError[];
  /** Clock time of the last use. */
  readonly lastUse: number;
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
  /** Number of phrases that each guard rejected since the start. */
  readonly rejected: Readonly<Record<GuardKind, number>>;
}
