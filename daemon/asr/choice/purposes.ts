/**
 * Order of the models for dictation and for meetings. In a dictation a person waits for the text of
 * each phrase; in a meeting nobody does, but two sources are decoded at once. Pure.
 */
import type { EngineTarget } from '../contract/machineChoice';
import { type Calibration } from '../contract/machineChoice';
import { HIGHEST_RTF, expectedRtf } from './calibration';
import { PUBLISHED_ERRORS } from '../../models/publishedErrors';

export const PURPOSES = ['dictation', 'meeting'] as const;
export type Purpose = (typeof PURPOSES)[number];

/**
 * Highest expected real-time factor on the CPU of a recommended model: half of HIGHEST_RTF, because
 * a meeting has two sources, and the text of a phrase of 5 s in a dictation follows within 1.5 s.
 */
const HIGHEST_EXPECTED_RTF = HIGHEST_RTF / 2;
/** A quick model: the text of a phrase of 5 s in a dictation follows within 0.5 s. */
const QUICK_RTF = 0.1;
/**
 * Real-time factor of Moonshine tiny on one thread of the machine of the benches, for a machine
 * that is not measured yet (bench/results).
 */
const TYPICAL_RTF = 0.03;
/**
 * A quick model precedes a slow one in dictation if it makes at most this many times its published
 * errors. Parakeet 110M makes 1.4 times those of 0.6B v2, Moonshine tiny 2.7 times.
 */
const ERRORS_FOR_SPEED = 1.5;

export interface ExpectedSpeed {
  /** Expected real-time factor on the CPU. */
  readonly rtf: number;
  /** `measured`: from the calibration of this machine. `typical`: it is not measured yet. */
  readonly basis: 'measured' | 'typical';
}

/** @returns undefined for a model of unknown work */
export function expectedSpeed(
  calibration: Pick<Calibration, 'model' | 'rtf'> | undefined,
  model: string,
): ExpectedSpeed | undefined {
  const rtf = expectedRtf(calibration ?? { model: 'moonshine-tiny', rtf: TYPICAL_RTF }, model);
  if (rtf === undefined) return undefined;
  return { rtf: Number(rtf.toFixed(3)), basis: calibration ? 'measured' : 'typical' };
}

/** True if the model suits this machine. A GPU is judged by its measured decode alone. */
export function isFastEnough(
  target: EngineTarget,
  calibration: Calibration | undefined,
  limit = HIGHEST_EXPECTED_RTF,
): boolean {
  if (target.device === 'gpu') return true;
  const speed = expectedSpeed(calibration, target.model);
  return speed === undefined || speed.rtf <= limit;
}

/**
 * Orders models for a purpose. In dictation, quick models precede slow models that are only
 * slightly better.
 * @param targets best first
 */
export function orderFor(
  purpose: Purpose | undefined,
  targets: readonly EngineTarget[],
  calibration: Calibration | undefined,
): readonly EngineTarget[] {
  if (purpose !== 'dictation') return targets;
  const ordered: EngineTarget[] = [];
  const left = [...targets];
  for (let first = left[0]; first !== undefined; first = left[0]) {
    const slow = !isFastEnough(first, calibration, QUICK_RTF);
    const quick = slow ? left.find((other) => precedes(other, left[0], calibration)) : undefined;
    ordered.push(...left.splice(quick ? left.indexOf(quick) : 0, 1));
  }
  return ordered;
}

function precedes(
  quick: EngineTarget,
  slow: EngineTarget | undefined,
  calibration: Calibration | undefined,
): boolean {
  const [more, less] = [quick.model, slow?.model ?? ''].map((id) => PUBLISHED_ERRORS[id]?.read);
  return (
    more !== undefined &&
    less !== undefined &&
    more <= ERRORS_FOR_SPEED * less &&
    isFastEnough(quick, calibration, QUICK_RTF)
  );
}
