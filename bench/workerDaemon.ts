/**
 * The daemon as it ships; with EARMARK_BENCH_CRASHES its workers may end so often before they are
 * given up. Arguments: those of the daemon.
 */
import { runDaemon } from '../daemon/runDaemon';

const crashes = process.env['EARMARK_BENCH_CRASHES'];
void runDaemon(
  process.argv.slice(2),
  crashes === undefined ? {} : { inferenceLimits: { crashes: Number(crashes) } },
);
