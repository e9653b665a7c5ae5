/** Compares the ratios of a run with those that stand in RESULTS.json. Pure. */
import type { Ratio } from './report';

export interface Comparison {
  readonly name: string;
  readonly before: number;
  /** Undefined where the run did not measure it. */
  readonly now: number | undefined;
  readonly verdict: 'same' | 'better' | 'worse' | 'missing';
}

/** The noise is the one that was stated with the standing figure: a run does not excuse itself. */
export function compareRatios(
  standing: Readonly<Record<string, Ratio>>,
  run: Readonly<Record<string, Ratio>>,
): Comparison[] {
  return Object.entries(standing).map(([name, { value: before, noise, better }]) => {
    const now = run[name]?.value;
    if (now === undefined || !Number.isFinite(now))
      return { name, before, now: undefined, verdict: 'missing' };
    const worseBy = better === 'lower' ? now - before : before - now;
    return {
      name,
      before,
      now,
      verdict: worseBy > noise ? 'worse' : worseBy < -noise ? 'better' : 'same',
    };
  });
}

export function failed(comparisons: readonly Comparison[]): boolean {
  return comparisons.some(({ verdict }) => verdict === 'worse' || verdict === 'missing');
}
