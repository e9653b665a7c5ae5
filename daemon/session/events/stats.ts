/** Metrics of a session, summed over its sources and over restarts of the daemon. */
import type { PipelineStats } from '../../speech/pipeline';

export type Stats = Readonly<Record<string, number>>;

export function addStats(...all: readonly (Stats | PipelineStats)[]): Stats {
  const sum: Record<string, number> = {};
  for (const stats of all)
    for (const [name, value] of Object.entries(stats)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}
