/**
 * The store of sessions on a thread of its own. Calls wait here, in order, while the thread carries out those before
 * them, and go to it together.
 */
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { EarmarkError } from '../../../protocol/errors';
import type { MeaningStore, SessionStore, VoiceStore } from '../../session/ports';
import { Deferred } from '../../session/wait';
import type { FromThread, Opening, SentError, StoreCall, ThreadSetup } from './storeProtocol';

/** Calls that wait; every session has one at most, the others are a client's requests, which are bounded as well. */
const WAITING_MAX = 10_000;
/** Calls that go to the thread together: what the disk takes in some milliseconds. */
const TOGETHER = 256;
/** Young objects of the thread, and all of them; a page of events is some hundred kilobytes. */
const HEAP = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 512 };

interface Waiting extends StoreCall {
  readonly answer: Deferred<unknown>;
}

export interface OpenedThread extends Opening {
  readonly store: SessionStore & VoiceStore & MeaningStore;
}

/** @throws EarmarkError as `openStore` does */
export async function openStoreThread(setup: ThreadSetup): Promise<OpenedThread> {
  const thread = new StoreThread(setup);
  return { ...(await thread.opening), store: storeOf(thread) };
}

/** Every method of the port is a call to the thread. */
function storeOf(thread: StoreThread): SessionStore & VoiceStore & MeaningStore {
  return new Proxy({} as SessionStore & VoiceStore & MeaningStore, {
    // A promise that is asked whether it is one would otherwise call the thread.
    get: (_, name) => (name === 'then' ? undefined : (...args: readonly unknown[]) => thread.call({ name: name as StoreCall['name'], args })),
  });
}

class StoreThread {
  private readonly waiting: Waiting[] = [];
  private sent: Waiting[] = [];
  private state: 'open' | 'closing' | 'closed' = 'open';
  private readonly opened = new Deferred<Opening>();
  private worker: Worker | undefined;

  constructor(private readonly setup: ThreadSetup) {
    this.start();
  }

  get opening(): Promise<Opening> {
    return this.opened.promise;
  }

  async call({ name, args }: StoreCall): Promise<unknown> {
    if (name === 'close' && this.state !== 'open') return;
    if (this.state !== 'open') throw new EarmarkError('store.unwritable', 'The database of sessions is closed; start Earmark again.');
    if (name === 'close') this.state = 'closing';
    else if (this.waiting.length >= WAITING_MAX) throw new EarmarkError('store.unwritable', 'The disk is too slow for what is to be written; wait a moment and try again.', { retryAfterMs: 1000 });
    const waiting: Waiting = { name, args, answer: new Deferred() };
    this.waiting.push(waiting);
    this.send();
    return waiting.answer.promise;
  }

  private start(): void {
    const { path, execArgv } = threadEntry();
    const worker = new Worker(path, { workerData: this.setup, resourceLimits: HEAP, ...(execArgv ? { execArgv } : {}) });
    this.worker = worker;
    worker.on('message', (message: FromThread) => this.hear(message));
    worker.on('error', (cause) => this.ended(worker, cause));
    worker.on('exit', () => this.ended(worker));
  }

  /** One answer is waited for at a time; what comes meanwhile goes together. */
  private send(): void {
    if (this.sent.length > 0 || this.waiting.length === 0) return;
    if (!this.worker) this.start();
    this.sent = this.waiting.splice(0, TOGETHER);
    this.worker?.ref();
    this.worker?.postMessage({ calls: this.sent.map(({ name, args }) => ({ name, args })) });
  }

  private hear(message: FromThread): void {
    if ('opened' in message) this.opened.resolve(message.opened);
    else if ('failed' in message) this.opened.reject(errorOf(message.failed));
    else {
      const { sent } = this;
      this.sent = [];
      sent.forEach(({ answer }, i) => {
        const given = message.answers[i];
        if (given && 'value' in given) answer.resolve(given.value);
        else answer.reject(given ? errorOf(given.error) : gone());
      });
    }
    // A process that has nothing else to do may end.
    if (this.sent.length === 0 && this.waiting.length === 0) this.worker?.unref();
    this.send();
  }

  /** Ended by itself, or because it was asked to: the next call starts another. */
  private ended(worker: Worker, cause?: Error): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    if (this.state === 'closing') this.state = 'closed';
    this.opened.reject(gone(cause));
    for (const { answer } of this.sent.splice(0)) answer.reject(gone(cause));
    for (const { answer } of this.waiting.splice(0)) answer.reject(gone(cause));
  }
}

const gone = (cause?: Error): EarmarkError => new EarmarkError('store.unwritable', 'The database of sessions was closed by a fault and is opened again; try again.', { retryAfterMs: 1000, ...(cause ? { cause } : {}) });

function errorOf({ code, message, retryAfterMs, details }: SentError): EarmarkError {
  return new EarmarkError(code, message, { ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...(details ? { details } : {}) });
}

/** `storeThread.js` lies beside `daemon.js`; from the sources it is `storeThread.ts`, whose types a loader takes out. */
function threadEntry(): { readonly path: string; readonly execArgv?: string[] } {
  if (extname(__filename) === '.ts') return { path: join(__dirname, '../../storeThread.ts'), execArgv: ['--require', createRequire(__filename).resolve('tsx/cjs')] };
  return { path: join(__dirname, 'storeThread.js') };
}
