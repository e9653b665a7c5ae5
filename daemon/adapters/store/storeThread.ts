/**
 * The session store on its own thread. Calls queue here in order while the thread works, then go to
 * it together. If the thread dies, a new thread opens the database and receives the unanswered
 * calls again. So every store call may run twice and must count once.
 */
import { Worker } from 'node:worker_threads';
import { EarmarkError } from '../../../protocol/errors';
import type { MeaningStore } from '../../session/contract/meanings';
import type { SessionStore } from '../../session/contract/store';
import type { VoiceStore } from '../../session/contract/voices';
import { Deferred } from '../../base/wait';
import { received } from '../sentError';
import { type ThreadEntry, threadEntry } from '../threadEntry';
import type { FromThread, StoreOpening, StoreCall, ThreadSetup } from './storeProtocol';

/**
 * Limit of queued calls. Every session has at most one; the others are clients' requests, which are
 * bounded too.
 */
const WAITING_MAX = 10_000;
/** Calls sent together: some milliseconds of disk work. */
const TOGETHER = 256;
/** An unanswered call is repeated once, alone: it may have crashed the thread. */
const TRIES = 2;
/**
 * Heap limits of the thread for young and old objects; a page of events has some hundred kilobytes.
 */
const HEAP = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 512 };

interface Waiting extends StoreCall {
  readonly answer: Deferred<unknown>;
  tries: number;
}

export interface ThreadOptions extends Omit<ThreadSetup, 'nowMs'> {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called when the thread ends unexpectedly. */
  readonly onLost?: (cause: Error | undefined) => void;
  /** Called when a new thread has opened the database. */
  readonly onReopened?: (opening: StoreOpening) => void;
  /** Program of the thread; tests use one that dies. */
  readonly entry?: ThreadEntry;
}

export interface OpenedThread extends StoreOpening {
  readonly store: SessionStore & VoiceStore & MeaningStore;
  /**
   * Writes the database, whose file was removed, to a new path, and continues there.
   * @throws EarmarkError store.unwritable
   */
  moveTo(file: string): Promise<void>;
}

/** @throws the errors of `openStore` */
export async function openStoreThread(setup: ThreadOptions): Promise<OpenedThread> {
  const thread = new StoreThread(setup);
  return {
    ...(await thread.opening),
    store: storeOf(thread),
    moveTo: (file) => thread.moveTo(file),
  };
}

/** Maps every method of the port to a call of the thread. */
function storeOf(thread: StoreThread): SessionStore & VoiceStore & MeaningStore {
  return new Proxy({} as SessionStore & VoiceStore & MeaningStore, {
    // An await checks an object for `then`; that lookup must not call the thread.
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
  /** Error of the last attempt to open the database. */
  private failure: EarmarkError | undefined;

  constructor(private setup: ThreadOptions) {
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

  async moveTo(file: string): Promise<void> {
    await this.call({ name: 'moveTo', args: [file] });
    this.setup = { ...this.setup, file };
  }

  private start(): void {
    const {
      now,
      onLost: _onLost,
      onReopened: _onReopened,
      entry = threadEntry('storeThread'),
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

  /** Waits for one answer at a time; calls that arrive in between are sent together. */
  private send(): void {
    if (this.sent.length > 0 || this.waiting.length === 0) return;
    if (!this.worker) this.start();
    // A repeated call and a move are sent alone.
    const isAlone = ({ tries, name }: Waiting): boolean => tries > 0 || name === 'moveTo';
    const first = this.waiting.slice(0, 1).some(isAlone) ? 1 : this.waiting.findIndex(isAlone);
    this.sent = this.waiting.splice(0, first < 0 ? TOGETHER : Math.min(first, TOGETHER));
    for (const call of this.sent) call.tries++;
    this.worker?.ref();
    this.worker?.postMessage({ calls: this.sent.map(({ name, args }) => ({ name, args })) });
  }

  private receive(message: FromThread): void {
    if ('opened' in message) this.hasOpened(message.opened);
    else if ('failed' in message) this.opened.reject((this.failure = received(message.failed)));
    else {
      const { sent } = this;
      this.sent = [];
      sent.forEach(({ answer }, i) => {
        const given = message.answers[i];
        if (given && 'value' in given) answer.resolve(given.value);
        else answer.reject(given ? received(given.error) : gone());
      });
    }
    // An idle process may end.
    if (this.sent.length === 0 && this.waiting.length === 0) this.worker?.unref();
    this.send();
  }

  private hasOpened(opening: StoreOpening): void {
    this.failure = undefined;
    if (this.wasOpen) this.setup.onReopened?.(opening);
    this.wasOpen = true;
    this.opened.resolve(opening);
  }

  /** Handles an expected or unexpected end of the thread. */
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
    // If the database never opened, pending calls fail.
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
