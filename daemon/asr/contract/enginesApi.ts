/**
 * Interface of the daemon's engines for compose and the RPC room, in addition to SpeechEngines in
 * contract/engine.
 */
import type { Disposable } from '../../base/disposable';
import type { Event } from '../../base/emitter';
import type { DegradationLevel } from '../../degrade/degradation';
import type { LifecycleChange, LifecycleError, LifecycleName } from '../../models/lifecycle';
import type { Capabilities } from '../../models/capabilities';
import type { Calibration } from './machineChoice';
import type { TierChoice } from './machineChoice';
import type { DecodePriority, SpeechEngine, SpeechEngines } from './engine';
import type { QueueHealth } from '../engine/phraseQueue';
import type { RtfStats } from './decodeStats';
import type { AsrResult } from './provider';
import type { InferenceWorkerHealth } from './speechEngineApi';
import type { EngineTarget } from './machineChoice';

/** State of an engine, as plain data for `daemon/health`. */
export interface EngineHealth extends EngineTarget {
  readonly state: LifecycleName;
  readonly loadMs?: number;
  /** The part of `loadMs` for the warm-up. */
  readonly warmUpMs?: number;
  /** True if the model loaded and no load failed since. */
  readonly proven: boolean;
  /** User message of the last failure, while `state` is `ERROR`. */
  readonly error?: string;
  readonly rtf: RtfStats;
  /** Milliseconds of waiting audio. */
  readonly queuedMs: number;
  readonly queue: QueueHealth;
  /** Resident memory of all workers of the engine. */
  readonly rssBytes: number;
  readonly errors: readonly LifecycleError[];
  /** Number of sessions that prefer this engine. */
  readonly sessions: number;
  /** The most severe degradation level among those sessions. */
  readonly degradationLevel: DegradationLevel;
}

/** A change of an engine's state. */
export interface EngineStateChange extends LifecycleChange {
  readonly target: EngineTarget;
}

/** A decode of a session that began. */
export interface SessionDecode {
  readonly engine: Pick<SpeechEngine, 'provider'>;
  readonly priority: DecodePriority;
  /** 16 kHz. */
  readonly samples: number;
  /** As SpeechEngine.decode. */
  readonly result: Promise<AsrResult | undefined>;
}

/** Facts about the machine for the choice of engines. */
export interface MachineFacts {
  readonly capabilities: Capabilities;
  readonly choice: TierChoice;
  /** Measured speed, if available. */
  readonly calibration?: Calibration;
}

export interface ManagedEngines extends SpeechEngines, Disposable {
  /** Engine for sessions without a request of their own. */
  readonly main: EngineHealth;
  readonly machine: MachineFacts;
  /** Every engine used since the start, the main engine first. */
  list(): readonly EngineHealth[];
  workers(): readonly InferenceWorkerHealth[];
  /** True while an engine has the model open or is opening it. */
  inUse(modelId: string): boolean;
  /** Loads, warm-ups, failures and unloads of all engines. */
  readonly onDidChangeState: Event<EngineStateChange>;
  /** Decodes of sessions, for metrics. */
  readonly onDidBeginDecode: Event<SessionDecode>;
  /** Loads the main engine if its model is installed; never rejects. */
  preload(): Promise<void>;
  /**
   * Tries failed engines again at once; without a request, the main engine.
   * @throws EarmarkError as SpeechEngine.ready
   */
  retry(request?: {
    readonly provider?: string | undefined;
    readonly model?: string | undefined;
  }): Promise<void>;
  /**
   * Reloads the engines of a provider after a settings change; waiting phrases stay in the queue.
   */
  renew(provider: string): void;
  /**
   * Reloads the model's files in all engines that use it, between two phrases.
   * @throws EarmarkError model.*, engine.* if the new files are invalid
   */
  swap(modelId: string): Promise<void>;
  /**
   * Measures the speed of this machine and updates the choice of engines. Takes at most a minute.
   * @throws EarmarkError model.missing, model.busy, model.corrupt, engine.*
   */
  calibrate(): Promise<Calibration>;
  /** Checks the installed models again. */
  refresh(): Promise<void>;
}
