/**
 * What compose and the RPC room may ask of the engines of this daemon, beyond what a session asks
 * (SpeechEngines in session/ports).
 */
import type { Disposable } from '../base/disposable';
import type { DegradationLevel } from '../degrade/degradation';
import type { LifecycleError, LifecycleName } from '../models/lifecycle';
import type { Capabilities } from '../models/capabilities';
import type { Calibration } from '../models/calibration';
import type { TierChoice } from '../models/tiers';
import type { SpeechEngines } from '../session/ports';
import type { QueueHealth } from './phraseQueue';
import type { RtfStats } from './decodeStats';
import type { DeviceChoice } from './provider';
import type { InferenceWorkerHealth } from './speechEngineApi';

/** One model on one device. */
export interface EngineTarget {
  readonly provider: string;
  readonly model: string;
  readonly device: DeviceChoice;
}

/** Plain data for `daemon/health`. */
export interface EngineHealth extends EngineTarget {
  readonly state: LifecycleName;
  readonly loadMs?: number;
  /** The sentence of the last failure, while `state` is `ERROR`. */
  readonly error?: string;
  readonly rtf: RtfStats;
  /** Milliseconds of audio that waits. */
  readonly queuedMs: number;
  readonly queue: QueueHealth;
  /** Of its own workers together. */
  readonly rssBytes: number;
  readonly errors: readonly LifecycleError[];
  /** Sessions that prefer it. */
  readonly sessions: number;
  /** The lowest degradation level of the degradation of load that one of them stands on. */
  readonly degradationLevel: DegradationLevel;
}

/** Facts behind the choice of engines. */
export interface MachineFacts {
  readonly capabilities: Capabilities;
  readonly choice: TierChoice;
  /** How fast it is, where that was measured. */
  readonly calibration?: Calibration;
}

export interface ManagedEngines extends SpeechEngines, Disposable {
  /** The engine of a session that wishes nothing. */
  readonly main: EngineHealth;
  readonly machine: MachineFacts;
  /** Every engine that was asked for since the start, the main one first. */
  list(): readonly EngineHealth[];
  workers(): readonly InferenceWorkerHealth[];
  /** True while an engine has the model open, or opens it. */
  inUse(modelId: string): boolean;
  /** Loads the main engine where its model is installed; never rejects. */
  preload(): Promise<void>;
  /**
   * Tries failed engines again at once; without a wish the main one. @throws EarmarkError as
   * SpeechEngine.ready
   */
  retry(request?: {
    readonly provider?: string | undefined;
    readonly model?: string | undefined;
  }): Promise<void>;
  /** Reloads the engines of a provider after a settings change; waiting phrases stay. */
  renew(provider: string): void;
  /**
   * Engines that have the model loaded take its files as they are now, between two phrases. @throws
   * EarmarkError model.*, engine.* where the new files are no good
   */
  swap(modelId: string): Promise<void>;
  /**
   * Measures how fast this machine is, which takes a minute at most, and chooses by that. @throws
   * EarmarkError model.missing, model.busy, model.corrupt, engine.*
   */
  calibrate(): Promise<Calibration>;
  /** Looks again at what is installed. */
  refresh(): Promise<void>;
}
