/**
 * The thread that owns the session database. Writes that arrive together share one transaction, so
 * fifty sessions need one disk sync instead of fifty. The daemon's event loop does not wait for the
 * disk.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { EarmarkError } from '../../../protocol/errors';
import { sent } from '../sentError';
import type { LibsqlStore, Outcome } from './libsqlStore';
import { moveStore, openStore } from './openStore';
import {
  type Answer,
  type FromThread,
  type StoreCall,
  type StoreCalls,
  type ThreadSetup,
} from './storeProtocol';
import { storeError } from './storeErrors';

/** Writes that can share a transaction; the others rewrite the database or read. */
const GROUPED: ReadonlySet<StoreCall['name']> = new Set([
  'createSession',
  'updateSession',
  'append',
  'deleteSession',
  'setSetting',
]);

export function runStoreThread(): void {
  const port = parentPort;
  if (!port)
    throw new Error(
      'The daemon starts this program by itself; run `earmark daemon start` instead.',
    );
  const tell = (message: FromThread): void => port.postMessage(message);
  const { file, key, busySeconds, nowMs } = workerData as ThreadSetup;
  let store: LibsqlStore;
  try {
    const opened = openStore({
      file,
      now: () => nowMs,
      ...(key ? { key: Buffer.from(key) } : {}),
      ...(busySeconds === undefined ? {} : { busySeconds }),
    });
    store = opened.store;
    const { setAside, salvaged, encryptedNow } = opened;
    tell({
      opened: {
        ...(setAside === undefined ? {} : { setAside }),
        ...(salvaged ? { salvaged } : {}),
        ...(encryptedNow === undefined ? {} : { encryptedNow }),
      },
    });
  } catch (error) {
    tell({ failed: sent(storeError(error)) });
    return;
  }
  const move = (to: string): void => {
    store = moveStore(store, {
      file: to,
      ...(key ? { key: Buffer.from(key) } : {}),
      ...(busySeconds === undefined ? {} : { busySeconds }),
    });
  };
  port.on('message', ({ calls }: StoreCalls) => {
    const [first] = calls;
    // Sent alone.
    const answers =
      first?.name === 'moveTo'
        ? [alone(() => move(String(first.args[0])))]
        : carryOut(store, calls);
    tell({ answers: answers.map(sentAnswer) });
    if (calls.some(({ name }) => name === 'close')) port.close();
  });
}

/** Runs calls in order; consecutive writes share a transaction. */
function carryOut(store: LibsqlStore, calls: readonly StoreCall[]): readonly Outcome[] {
  const answers: Outcome[] = [];
  for (let at = 0; at < calls.length;) {
    let end = at;
    while (end < calls.length && GROUPED.has((calls[end] as StoreCall).name)) end++;
    const outcomes =
      end > at
        ? store.together(calls.slice(at, end).map((call) => () => run(store, call)))
        : [alone(() => run(store, calls[end++] as StoreCall))];
    answers.push(...outcomes);
    at = end;
  }
  return answers;
}

function sentAnswer(outcome: Outcome): Answer {
  return 'error' in outcome ? { error: sent(outcome.error) } : outcome;
}

function alone(work: () => unknown): Outcome {
  try {
    return { value: work() };
  } catch (error) {
    return { error: error instanceof EarmarkError ? error : storeError(error) };
  }
}

function run(store: LibsqlStore, { name, args }: StoreCall): unknown {
  if (name === 'moveTo') throw new Error('A move is sent alone.');
  return (store[name] as (...given: readonly unknown[]) => unknown).apply(store, args as unknown[]);
}
