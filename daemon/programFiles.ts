/**
 * Where the program's own files lie: beside its bundle, or, from the sources, in the room they
 * belong to.
 */
import { extname, join } from 'node:path';
import type { WorkerEntry } from './adapters/inference/runtime/forkWorker';

/**
 * `worker.js` lies beside `daemon.js`; from the sources it is `worker.ts`, loaded the way this
 * process was.
 */
export function workerEntry(): WorkerEntry {
  if (extname(__filename) === '.ts')
    return { path: join(__dirname, 'worker.ts'), execArgv: process.execArgv };
  return { path: join(__dirname, 'worker.js') };
}

/**
 * `languageWorker.mjs` lies beside `daemon.js`. From the sources it is the built one too, because
 * the library that runs language models cannot be loaded from them.
 */
export function languageWorkerEntry(): WorkerEntry {
  const folder = extname(__filename) === '.ts' ? join(__dirname, '../dist') : __dirname;
  return { path: join(folder, 'languageWorker.mjs') };
}

/** `warmUp.s16` lies beside `daemon.js`; from the sources it is the adapter's own. */
export function warmUpPath(): string {
  return join(
    __dirname,
    extname(__filename) === '.ts' ? 'adapters/inference/runtime/warmUp.s16' : 'warmUp.s16',
  );
}

/** `recorders/` lies beside `daemon.js`; from the sources it is the adapter's own folder. */
export function recordersFolder(): string {
  return extname(__filename) === '.ts'
    ? join(__dirname, 'adapters/capture/recorders')
    : join(__dirname, 'recorders');
}
