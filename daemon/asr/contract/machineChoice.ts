/** What was measured and chosen for this machine. */
import type { DeviceChoice } from './provider';

export interface Calibration {
  /** Fingerprint of the hardware; see capabilities. */
  readonly fingerprint: string;
  readonly model: string;
  /** Seconds of CPU time for a second of speech, on one thread. */
  readonly rtf: number;
  readonly audioMs: number;
  /** Wall clock, milliseconds since the epoch. */
  readonly atMs: number;
}

export interface TierChoice {
  readonly tier: Tier;
  /** Reason as a sentence, for `doctor`. */
  readonly why: string;
  /**
   * Models for English first, then for all languages. Later models are fallbacks of earlier models.
   */
  readonly targets: readonly EngineTarget[];
}

/** Class of a machine by memory and GPU, from weak to strong. */
export const TIERS = ['ultra_low', 'low', 'medium', 'medium_gpu', 'high', 'ultra'] as const;

export type Tier = (typeof TIERS)[number];

/** A model on a device. */
export interface EngineTarget {
  readonly provider: string;
  readonly model: string;
  readonly device: DeviceChoice;
}
