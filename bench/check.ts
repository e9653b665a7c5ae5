/** Compares the metrics of a run with the recorded ones. Pure. */
import type { Metrics } from './report';

export interface Comparison {
  readonly name: string;
  readonly before: number;
  /** Undefined if the run did not measure it. */
  readonly now: number | undefined;
  readonly verdict: 'same' | 'better' | 'worse' | 'missing';
}

/** Compares metrics with a recorded noise; the noise that a run states itself is not used. */
export function compareMetrics(recorded: Metrics, run: Metrics): Comparison[] {
  return Object.entries(recorded).flatMap(([name, metric]): Comparison[] => {
    const { value: before, noise, better } = metric;
    if (noise === undefined) return [];
    const now = run[name]?.value;
    if (now === undefined || !Number.isFinite(now))
      return [{ name, before, now: undefined, verdict: 'missing' }];
    const worseBy = better === 'lower' ? now - before : before - now;
    const verdict = worseBy > noise ? 'worse' : worseBy < -noise ? 'better' : 'same';
    return [{ name, before, now, verdict }];
  });
}

export function failed(comparisons: readonly Comparison[]): boolean {
  return comparisons.some(({ verdict }) => verdict === 'worse' || verdict === 'missing');
}
