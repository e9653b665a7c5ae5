/**
 * The real daemon in a process of its own, with a meter for the delay of its event loop. Argument:
 * its state folder. Over the channel to its parent it answers `reset` and `read`, and `off`, after
 * which the meter costs nothing.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { composeDaemon } from '../daemon/compose';

/** Milliseconds between two looks at the loop; they are taken off what the meter says. */
const RESOLUTION_MS = 5;

export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Processor time of the daemon's process since it began, milliseconds. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

function reading(loop: IntervalHistogram): LoopDelay {
  const ms = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  const { user, system } = process.cpuUsage();
  return {
    p50Ms: ms(loop.percentile(50)),
    p99Ms: ms(loop.percentile(99)),
    maxMs: ms(loop.max),
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
  };
}

if (process.send !== undefined) {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loop.enable();
  process.on('message', (message) => {
    if (message === 'reset') loop.reset();
    if (message === 'off') loop.disable();
    process.send?.(reading(loop));
  });
  const home = process.argv[2] ?? '';
  // Clients are as many as the bench wants.
  composeDaemon({
    home,
    env: process.env,
    given: { 'log.level': 'warn' },
    sessionOptions: { maxSessionsPerUser: 1_000 },
    transportLimits: { connections: 1_000 },
  }).then(
    async (daemon) => {
      await daemon?.ended;
      process.exit();
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}
