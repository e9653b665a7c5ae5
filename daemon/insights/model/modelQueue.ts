/**
 * The queue in front of a language model, shared by all sessions. It limits the concurrent
 * requests, the waiting requests and the time of each request. It reports its depth and waiting
 * times.
 */
import { EarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import { type Capability, EXAM, EXAM_SCHEMA, gradeExam } from '../write/exam';
import type { ChatMessage, LanguageModel } from './languageModel';

export interface ModelQueueSetup {
  readonly clock: Clock;
  /** Maximum number of concurrent requests. */
  readonly concurrency?: number;
  /** Maximum number of waiting requests. Further requests are refused. */
  readonly maxWaiting?: number;
  /** Time limit of one request, from its sending. */
  readonly timeoutMs?: number;
  /**
   * Slots that this process shares with others. If a slot is taken, the queue tries again. Absent:
   * only `concurrency` applies.
   */
  readonly place?: () => Promise<{ release(): Promise<void> } | undefined>;
}

export interface ModelQueueStats {
  readonly model: string;
  readonly running: number;
  readonly waiting: number;
  /** Milliseconds that the oldest waiting request has waited; 0 if none waits. */
  readonly oldestWaitMs: number;
  /** Longest wait of any request so far, in milliseconds. */
  readonly maxWaitMs: number;
  readonly answered: number;
  readonly failed: number;
  readonly refused: number;
}

/** A waiting request. */
interface Waiting {
  readonly sinceMs: number;
  readonly start: () => void;
}

const DEFAULT_CONCURRENCY = 3;
const MAX_WAITING = 64;
/** A processor without a GPU needs minutes for a window. */
const DEFAULT_TIMEOUT_MS = 180_000;
/** Interval between two attempts to get a shared slot. */
const PLACE_RETRY_MS = 250;

export class ModelQueue {
  private readonly queue: Waiting[] = [];
  private running = 0;
  private counts = { maxWaitMs: 0, answered: 0, failed: 0, refused: 0 };

  constructor(
    private readonly model: LanguageModel,
    private readonly setup: ModelQueueSetup,
  ) {}

  private readonly examined = new Map<string, Capability>();

  /** Takes the exam once per model. A failed request is no result. */
  async capability(signal: AbortSignal): Promise<Capability> {
    const known = this.examined.get(this.name);
    if (known !== undefined) return known;
    const { name } = this;
    const result = gradeExam(await this.complete(EXAM, EXAM_SCHEMA, signal));
    this.examined.set(name, result);
    return result;
  }

  get name(): string {
    return this.model.name;
  }

  get metrics(): ModelQueueStats {
    const oldest = this.queue[0];
    return {
      model: this.model.name,
      running: this.running,
      waiting: this.queue.length,
      oldestWaitMs: oldest ? this.setup.clock.now() - oldest.sinceMs : 0,
      ...this.counts,
    };
  }

  /**
   * @throws errors of the model, engine.timeout, rpc.cancelled, and rpc.tooMany if the queue is
   * full
   */
  async complete(
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
  ): Promise<string> {
    await this.turn(signal);
    const place = await this.place(signal).catch((error: unknown) => {
      this.leave();
      throw error;
    });
    const limit = new AbortController();
    const timer = this.setup.clock.setTimeout(
      () => limit.abort(),
      this.setup.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    );
    try {
      const answer = await abortable(
        this.model.complete(messages, schema, AbortSignal.any([signal, limit.signal])),
        AbortSignal.any([signal, limit.signal]),
      );
      this.counts.answered++;
      return answer;
    } catch (error) {
      if (signal.aborted) throw cancelled();
      this.counts.failed++;
      if (limit.signal.aborted)
        throw new EarmarkError(
          'engine.timeout',
          `${this.model.name} did not answer in time; choose a smaller model, or raise "earmark.llm.timeoutSeconds".`,
        );
      throw error;
    } finally {
      timer.dispose();
      void place?.release();
      this.leave();
    }
  }

  private leave(): void {
    this.running--;
    this.queue.shift()?.start();
  }

  /** Other processes may hold all shared slots for the duration of a request. */
  private async place(signal: AbortSignal): Promise<{ release(): Promise<void> } | undefined> {
    const { place, clock } = this.setup;
    for (; place;) {
      if (signal.aborted) throw cancelled();
      const taken = await place();
      if (taken) return taken;
      await new Promise<void>((resolve) => clock.setTimeout(resolve, PLACE_RETRY_MS));
    }
    return undefined;
  }

  private turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(cancelled());
    if (this.running < (this.setup.concurrency ?? DEFAULT_CONCURRENCY)) {
      this.running++;
      return Promise.resolve();
    }
    if (this.queue.length >= (this.setup.maxWaiting ?? MAX_WAITING)) {
      this.counts.refused++;
      return Promise.reject(
        new EarmarkError(
          'rpc.tooMany',
          `Too many requests wait for ${this.model.name}; it is too slow for the meetings that run.`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const sinceMs = this.setup.clock.now();
      const leave = (): void => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(cancelled());
      };
      const waiting: Waiting = {
        sinceMs,
        start: () => {
          signal.removeEventListener('abort', leave);
          this.counts.maxWaitMs = Math.max(this.counts.maxWaitMs, this.setup.clock.now() - sinceMs);
          this.running++;
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.queue.push(waiting);
    });
  }
}

/** A model that ignores the signal does not block the caller. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(cancelled());
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function cancelled(): EarmarkError {
  return new EarmarkError('rpc.cancelled', 'The question to the language model was cancelled.');
}
