/**
 * A database thread that exits at every n-th round of calls: alternately before it runs the calls,
 * and after the commit but before the answer.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { runStoreThread } from '../../daemon/adapters/store/storeThreadMain';
import type { FromThread } from '../../daemon/adapters/store/storeProtocol';

/**
 * Indices into `lives`, shared by all restarts: number of rounds so far, and the interval at which
 * the thread exits; 0 is never.
 */
const [ROUNDS, EVERY] = [0, 1];
const { lives } = workerData as { lives: Int32Array };
const post = parentPort!.postMessage.bind(parentPort);
let dies = false;

parentPort!.on('message', () => {
  const [rounds, every] = [Atomics.add(lives, ROUNDS, 1) + 1, Atomics.load(lives, EVERY)];
  dies = every > 0 && rounds % every === 0;
  if (dies && (rounds / every) % 2 === 0) process.exit(1);
});
parentPort!.postMessage = (message: FromThread) => {
  if (dies && 'answers' in message) process.exit(1);
  post(message);
};
runStoreThread();
