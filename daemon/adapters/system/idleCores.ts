/** Cores that were idle lately: the share of all programs, not of this one alone. */
import { cpus } from 'node:os';

/** A shorter time says little. */
const LEAST_MS = 200;

interface CpuTimes {
  /** Milliseconds of all cores. */
  readonly idle: number;
  readonly all: number;
  readonly cores: number;
}

/**
 * @returns a function that gives the mean number of idle cores since its call before; 0 at its
 * first call
 */
export function idleCores(read: () => CpuTimes = cpuTimes): () => number {
  let last = read();
  let idle = 0;
  return () => {
    const now = read();
    const passed = now.all - last.all;
    if (passed < LEAST_MS * now.cores) return idle;
    idle = ((now.idle - last.idle) / passed) * now.cores;
    last = now;
    return idle;
  };
}

function cpuTimes(): CpuTimes {
  const times = cpus().map((core) => core.times);
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    all: times.reduce((sum, one) => sum + Object.values(one).reduce((a, b) => a + b, 0), 0),
    cores: times.length,
  };
}
