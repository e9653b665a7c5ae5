/** Where the inference worker of a command lies. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkerEntry } from '../adapters/inference/forkWorker';

/**
 * `worker.js` is beside `cli.js`; from the sources it is `daemon/worker.ts`, run in the way of this
 * process.
 */
export function workerEntry(): WorkerEntry {
  const built = join(__dirname, 'worker.js');
  return existsSync(built)
    ? { path: built }
    : { path: join(__dirname, '../worker.ts'), execArgv: process.execArgv };
}
