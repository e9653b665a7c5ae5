/**
 * The queue in front of a language model, shared by all sessions. It limits the concurrent
 * requests, the waiting requests and the time of each request. It reports its depth and waiting
 * times.
 */
import type { Clock } from '../../base/clock';
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import { type Capability, EXAM, EXAM_SCHEMA, gradeExam, isExamAnswer } from '../write/exam';
import { type ExamResults, MemoryExamResults } from './examResults';
import type { ChatMessage, LanguageModel, Tokens } from './languageModel';
import type { UsageCounter } from './usage';

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
  /** Stored results of the exam; in memory if absent. */
  readonly exams?: ExamResults;
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
/** After a refusal for too many requests, none is sent for this time. Providers count by minutes. */
const RATE_LIMIT_MS = 60_000;

export class ModelQueue {
  private readonly queue: Waiting[] = [];
  private running = 0;
  private counts = { maxWaitMs: 0, answered: 0, failed: 0, refused: 0 };

  constructor(
    private readonly model: LanguageModel,
    private readonly setup: ModelQueueSetup,
  ) {
    this.exams = setup.exams ?? new MemoryExamResults();
  }

  private readonly exams: ExamResults;
  /** Models that answered the exam without JSON, and how often. */
  private readonly formless = new Map<string, number>();
  /** End of the provider's limit, in the clock's milliseconds. */
  private limited: { readonly modelId: string; readonly untilMs: number } | undefined;

  /**
   * Takes the exam once per model. A request that is refused, limited or too late is no result, and
   * neither is the first answer without JSON, which may come from a filter.
   */
  async capability(signal: AbortSignal, usage?: UsageCounter): Promise<Capability> {
    const { id } = this;
    const known = this.level;
    if (known !== undefined) return known;
    const answer = await this.complete(EXAM, EXAM_SCHEMA, signal, usage);
    const result = gradeExam(answer);
    if (!isExamAnswer(answer)) {
      this.formless.set(id, (this.formless.get(id) ?? 0) + 1);
      if (this.formless.get(id) === 1) return this.capability(signal, usage);
    }
    this.exams.set(id, result);
    return result;
  }

  /** Stored result of the exam; undefined before it. */
  get level(): Capability | undefined {
    return this.exams.get(this.id);
  }

  /** True while the provider takes no more requests. */
  get rateLimited(): boolean {
    const { limited } = this;
    return limited?.modelId === this.id && this.setup.clock.now() < limited.untilMs;
  }

  get id(): string {
    return this.model.id;
  }

  get name(): string {
    return this.model.name;
  }

  /** True if the model shares the processors with recognition, so it waits for a meeting's end. */
  get local(): boolean {
    return this.model.local === true;
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
   * @param usage counts the answered request
   * @throws errors of the model, engine.timeout, rpc.cancelled, and rpc.tooMany if the queue is
   * full
   */
  async complete(
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
    usage?: UsageCounter,
  ): Promise<string> {
    if (this.rateLimited) throw tooMany(this.name);
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
    let tokens: Tokens | undefined;
    const either = AbortSignal.any([signal, limit.signal]);
    try {
      const answer = await abortable(
        this.model.complete(messages, schema, either, (counted) => (tokens = counted)),
        either,
      );
      this.counts.answered++;
      usage?.add(messages, answer, tokens);
      return answer;
    } catch (error) {
      if (signal.aborted) throw cancelled();
      this.counts.failed++;
      if (isEarmarkError(error, 'engine.rateLimited'))
        this.limited = { modelId: this.id, untilMs: this.setup.clock.now() + RATE_LIMIT_MS };
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

function tooMany(name: string): EarmarkError {
  return new EarmarkError(
    'engine.rateLimited',
    `${name} takes no more requests for now. Wait some minutes, then write again.`,
    { retryAfterMs: RATE_LIMIT_MS },
  );
}

function cancelled(): EarmarkError {
  return new EarmarkError('rpc.cancelled', 'The question to the language model was cancelled.');
}
