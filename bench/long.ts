/**
 * Four simulated hours of one meeting (longWork.ts): does memory grow, do finals come later and
 * later? Usage: `tsx bench/long.ts [--hours=N]`
 */
import { execFileSync } from 'node:child_process';
import { DAEMON_MEMORY } from '../client/local/startDaemon';
import { bundled } from '../testing/processes/bundle';
import { percentile } from '../testing/scoring/statistics';
import type { LongRun } from './longWork';
import { reportResults } from './report';

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
}

const hours = Number(process.argv.find((arg) => arg.startsWith('--hours='))?.slice(8) ?? 4);
const run = JSON.parse(
  execFileSync(
    process.execPath,
    ['--expose-gc', ...DAEMON_MEMORY.flags, bundled('longWork.ts'), String(hours)],
    { encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, ...DAEMON_MEMORY.env } },
  ),
) as LongRun;
const quarter = (n: number): LongRun['finals'] =>
  run.finals.filter(({ atMs }) => Math.min(3, Math.floor((4 * atMs) / (hours * 3_600_000))) === n);
const p95 = (n: number): number =>
  percentile(
    quarter(n).map(({ latencyMs, workMs }) => latencyMs + workMs),
    0.95,
  );
const size = Math.floor(run.rss.length / 4);
/**
 * Readings of the first half hour are left out of the drift: the process still compiles, the
 * database fills its cache.
 */
const WARM_UP = 6;
const early = (bytes: readonly number[]): number =>
  mean(bytes.slice(Math.min(WARM_UP, size - 1), size));
const late = (bytes: readonly number[]): number => mean(bytes.slice(-size));
const drift = late(run.rss) / early(run.rss) - 1;
const mb = (bytes: number): number => Number((bytes / 1e6).toFixed(1));
reportResults({
  about: [
    `${hours} simulated hours of one meeting with two sources, ${run.finals.length} finals.`,
    'Session, pipeline, insights, store and spool are real.',
    'The recogniser returns sentences after the time that Moonshine takes.',
    'Latency is simulated time plus the processor time of the step that gave the final.',
    'Memory is read after two collections.',
    'Its drift compares the last quarter with the first, without the first half hour.',
  ].join(' '),
  rows: [
    ...[0, 1, 2, 3].map((n) => ({
      quarter: n + 1,
      finals: quarter(n).length,
      'p50 ms': Math.round(
        percentile(
          quarter(n).map(({ latencyMs, workMs }) => latencyMs + workMs),
          0.5,
        ),
      ),
      'p95 ms': Math.round(p95(n)),
      'work p95 ms': Number(
        percentile(
          quarter(n).map(({ workMs }) => workMs),
          0.95,
        ).toFixed(1),
      ),
      'memory MB': mb(mean(run.rss.slice(n * size, (n + 1) * size))),
      'heap MB': mb(mean(run.heap.slice(n * size, (n + 1) * size))),
    })),
    {
      quarter: 'drift',
      'p95 ms': `${(p95(3) / p95(0)).toFixed(3)} ×`,
      'memory MB': `${(100 * drift).toFixed(1)} %`,
      'heap MB': mb(late(run.heap) - early(run.heap)),
    },
  ],
  metrics: {
    'final p95 of the last quarter over the first': {
      value: Number((p95(3) / p95(0)).toFixed(3)),
      unit: '×',
      better: 'lower',
      noise: 0.02,
      mark: 1.05,
    },
    'memory drift over four hours': {
      value: Number(drift.toFixed(3)),
      better: 'lower',
      noise: 0.02,
      mark: 0.02,
    },
  },
});
