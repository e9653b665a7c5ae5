/**
 * The store of sessions on a thread of its own. Calls wait here, in order, while the thread carries
 * out those before them, and go to it together. Where the thread dies, another opens the database
 * and is asked again what was not answered: every call of the store may be made twice, and counts
 * once.
 */
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { EarmarkError } from '../../../protocol/errors';
import type { MeaningStore, SessionStore, VoiceStore } from '../../session/ports';
import { Deferred } from '../../session/wait';
import type { FromThread, StoreOpening, SentError, StoreCall, ThreadSetup } from './storeProtocol';

/**
 * Calls that wait; every session has one at most, the others are a client's requests, which are
 * bounded as well.
 */
const WAITING_MAX = 10_000;
/** Calls that go to the thread together: what the disk takes in some milliseconds. */
const TOGETHER = 256;
/**
 * A call whose answer never came is asked once more, on its own: it may be what the thread died of.
 */
const TRIES = 2;
/** Young objects of the thread, and all of them; a page of events is some hundred kilobytes. */
const HEAP = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 512 };

interface Waiting extends StoreCall {
  readonly answer: Deferred<unknown>;
  tries: number;
}

export interface ThreadOptions extends Omit<ThreadSetup, 'nowMs'> {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The thread ended without being asked to. */
  readonly onLost?: (cause: Error | undefined) => void;
  /** Another one has the database open. */
  readonly onReopened?: (opening: StoreOpening) => void;
  /** Program of the thread; tests have one that dies. */
  readonly entry?: ThreadEntry;
}

export interface ThreadEntry {
  readonly path: string;
  readonly execArgv?: string[];
}

export interface OpenedThread extends StoreOpening {
  readonly store: SessionStore & VoiceStore & MeaningStore;
}

/** @throws EarmarkError as `openStore` does */
export async function openStoreThread(setup: ThreadOptions): Promise<OpenedThread> {
  const thread = new StoreThread(setup);
  return { ...(await thread.opening), store: storeOf(thread) };
}

/** Every method of the port is a call to the thread. */
function storeOf(thread: StoreThread): SessionStore & VoiceStore & MeaningStore {
  return new Proxy({} as SessionStore & VoiceStore & MeaningStore, {
    // A promise that is asked whether it is one would otherwise call the thread.
    get: (_, name) =>
      name === 'then'
        ? undefined
        : (...args: readonly unknown[]) => thread.call({ name: name as StoreCall['name'], args }),
  });
}

class StoreThread {
  private readonly waiting: Waiting[] = [];
  private sent: Waiting[] = [];
  private state: 'open' | 'closing' | 'closed' = 'open';
  private readonly opened = new Deferred<StoreOpening>();
  private worker: Worker | undefined;
  private wasOpen = false;
  /** Why the database could not be opened the last time. */
  private failure: EarmarkError | undefined;

  constructor(private readonly setup: ThreadOptions) {
    this.start();
  }

  get opening(): Promise<StoreOpening> {
    return this.opened.promise;
  }

  async call({ name, args }: StoreCall): Promise<unknown> {
    if (name === 'close' && this.state !== 'open') return;
    if (this.state !== 'open')
      throw new EarmarkError(
        'store.unwritable',
        'The database of sessions is closed; restart Earmark.',
      );
    if (name === 'close') this.state = 'closing';
    else if (this.waiting.length >= WAITING_MAX)
      throw new EarmarkError(
        'store.unwritable',
        'The disk is too slow; wait a moment and try again.',
        { retryAfterMs: 1000 },
      );
    const waiting: Waiting = { name, args, answer: new Deferred(), tries: 0 };
    this.waiting.push(waiting);
    this.send();
    return waiting.answer.promise;
  }

  private start(): void {
    const {
      now,
      onLost: _onLost,
      onReopened: _onReopened,
      entry = threadEntry(),
      ...setup
    } = this.setup;
    const { path, execArgv } = entry;
    const workerData: ThreadSetup = { ...setup, nowMs: now() };
    const worker = new Worker(path, {
      workerData,
      resourceLimits: HEAP,
      ...(execArgv ? { execArgv } : {}),
    });
    this.worker = worker;
    worker.on('message', (message: FromThread) => this.worker === worker && this.receive(message));
    worker.on('error', (cause) => this.ended(worker, cause));
    worker.on('exit', () => this.ended(worker));
  }

  /** One answer is waited for at a time; what comes meanwhile goes together. */
  private send(): void {
    if (this.sent.length > 0 || this.waiting.length === 0) return;
    if (!this.worker) this.start();
    const again = this.waiting[0]?.tries !== 0;
    const first = again ? 1 : this.waiting.findIndex(({ tries }) => tries > 0);
    this.sent = this.waiting.splice(0, first < 0 ? TOGETHER : Math.min(first, TOGETHER));
    for (const call of this.sent) call.tries++;
    this.worker?.ref();
    this.worker?.postMessage({ calls: this.sent.map(({ name, args }) => ({ name, args })) });
  }

  private receive(message: FromThread): void {
    if ('opened' in message) this.hasOpened(message.opened);
    else if ('failed' in message) this.opened.reject((this.failure = errorOf(message.failed)));
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

  private hasOpened(opening: StoreOpening): void {
    this.failure = undefined;
    if (this.wasOpen) this.setup.onReopened?.(opening);
    this.wasOpen = true;
    this.opened.resolve(opening);
  }

  /** Ended by itself, or because it was asked to. */
  private ended(worker: Worker, cause?: Error): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    const unanswered = this.sent.splice(0);
    const asked = this.state === 'closing' && unanswered.length === 0 && this.waiting.length === 0;
    if (asked) this.state = 'closed';
    else this.setup.onLost?.(cause);
    const error = this.failure ?? gone(cause);
    this.opened.reject(error);
    this.waiting.unshift(...unanswered.filter(({ tries }) => tries < TRIES));
    for (const { answer } of unanswered.filter(({ tries }) => tries >= TRIES)) answer.reject(error);
    // Nobody waits for a database that never opened.
    if (!this.wasOpen) for (const { answer } of this.waiting.splice(0)) answer.reject(error);
    if (this.state === 'closing' && this.waiting.length === 0) this.state = 'closed';
    this.send();
  }
}

const gone = (cause?: Error): EarmarkError =>
  new EarmarkError(
    'store.unwritable',
    'The database of sessions failed twice during this request; try again.',
    { retryAfterMs: 1000, ...(cause ? { cause } : {}) },
  );

function errorOf({ code, message, retryAfterMs, details }: SentError): EarmarkError {
  return new EarmarkError(code, message, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(details ? { details } : {}),
  });
}

/**
 * `storeThread.js` lies beside `daemon.js`; from the sources it is `storeThread.ts`, whose types a
 * loader takes out.
 */
function threadEntry(): ThreadEntry {
  if (extname(__filename) === '.ts')
    return {
      path: join(__dirname, '../../storeThread.ts'),
      execArgv: ['--require', createRequire(__filename).resolve('tsx/cjs')],
    };
  return { path: join(__dirname, 'storeThread.js') };
}
