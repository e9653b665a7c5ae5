/** Where the workers of a command lie. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkerEntry } from '../adapters/inference/runtime/forkWorker';

/**
 * The process of a local language model. It is always the built one, because the library that runs
 * the model cannot be loaded from the sources.
 */
export function languageWorkerEntry(): WorkerEntry {
  const built = join(__dirname, 'languageWorker.mjs');
  return { path: existsSync(built) ? built : join(__dirname, '../../dist/languageWorker.mjs') };
}

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
