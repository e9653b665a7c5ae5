/** Stalls of a daemon's event loop, from its own metrics. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS_FILE, MetricsFile } from '../../daemon/adapters/telemetry/metricsServer';

export interface LoopStallCount {
  /** Seconds with a stall over 50 ms. */
  readonly over50: number;
  /** Sum of the longest stalls over 25 ms of each second, milliseconds. */
  readonly sumMs: number;
}

/** @param home state folder of the daemon */
export async function loopStalls(home: string): Promise<LoopStallCount> {
  const { url, token } = MetricsFile.parse(
    JSON.parse(readFileSync(join(home, METRICS_FILE), 'utf8')),
  );
  const text = await (
    await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  ).text();
  const value = (name: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`earmark_event_loop_stall_seconds_${name} `))
        ?.split(' ')[1] ?? 0,
    );
  return {
    over50: value('count') - value('bucket{le="0.05"}'),
    sumMs: value('sum') * 1000,
  };
}

/**
 * Processor time of the thread with the event loop, milliseconds. Unlike a stall it does not grow
 * while other programs have the processors. Undefined outside Linux.
 * @param pid of the daemon
 */
export function loopWorkMs(pid: number): number | undefined {
  const file = `/proc/${pid}/task/${pid}/schedstat`;
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6 : undefined;
}

/**
 * The longest work of each second, longest first, from the file of `loopWork.cjs`.
 * @returns processor time and time on the clock, milliseconds
 */
export function longestWork(file: string): (readonly [number, number])[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as [number, number])
    .sort(([a], [b]) => b - a);
}
