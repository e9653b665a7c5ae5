/**
 * The queue in front of a language model, shared by all sessions. It limits the concurrent
 * requests, the waiting requests and the time of each request. Tenants take turns. A server that
 * asks for patience gets it: the request waits and is sent again. The queue reports its depth and
 * waiting times.
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

/** What a reader needs of the queue in front of the model. */
export interface AskedModel {
  readonly name: string;
  /** It runs on this machine; see LanguageModel. */
  readonly local?: boolean;
  readonly level: Capability | undefined;
  readonly rateLimited: boolean;
  complete(
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
    usage?: UsageCounter,
  ): Promise<string>;
  capability(signal: AbortSignal, usage?: UsageCounter): Promise<Capability>;
}

/** A waiting request. */
interface Waiting {
  readonly tenant: string;
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
/** Attempts of one request at a server that asks for patience. */
const ATTEMPTS = 4;
/** A longer wait than this is reported instead. */
const PATIENCE_MS = 30_000;
/** Requests that name no tenant. */
const NOBODY = '';

export class ModelQueue {
  private readonly queue: Waiting[] = [];
  /** Requests with a turn; those among them that wait for a shared slot do not run yet. */
  private turns = 0;
  private running = 0;
  /** Requests that wait until the server takes them again. */
  private patient = 0;
  /** Before this time, in the clock's milliseconds, nothing is sent. */
  private pausedUntilMs = 0;
  /** Tenants in the order of their last turn, the latest last. */
  private readonly served = new Set<string>();
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
  async capability(
    signal: AbortSignal,
    usage?: UsageCounter,
    tenant = NOBODY,
  ): Promise<Capability> {
    const { id } = this;
    const known = this.level;
    if (known !== undefined) return known;
    const answer = await this.complete(EXAM, EXAM_SCHEMA, signal, usage, tenant);
    const result = gradeExam(answer);
    if (!isExamAnswer(answer)) {
      this.formless.set(id, (this.formless.get(id) ?? 0) + 1);
      if (this.formless.get(id) === 1) return this.capability(signal, usage, tenant);
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
      waiting: this.queue.length + this.patient + this.turns - this.running,
      oldestWaitMs: oldest ? this.setup.clock.now() - oldest.sinceMs : 0,
      ...this.counts,
    };
  }

  /** The queue for one tenant's requests. */
  of(tenant: string): AskedModel {
    const { queue } = { queue: this };
    return {
      get name() {
        return queue.name;
      },
      get local() {
        return queue.local;
      },
      get level() {
        return queue.level;
      },
      get rateLimited() {
        return queue.rateLimited;
      },
      complete: (messages, schema, signal, usage) =>
        queue.complete(messages, schema, signal, usage, tenant),
      capability: (signal, usage) => queue.capability(signal, usage, tenant),
    };
  }

  /**
   * @param usage counts the answered request
   * @param tenant takes turns with the other tenants
   * @throws errors of the model, engine.timeout, rpc.cancelled, and rpc.tooMany if the queue is
   * full
   */
  async complete(
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
    usage?: UsageCounter,
    tenant = NOBODY,
  ): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      if (this.rateLimited) throw tooMany(this.name);
      try {
        return await this.ask(messages, schema, signal, usage, tenant);
      } catch (error) {
        const waitMs = patienceOf(error, attempt);
        if (waitMs === undefined || signal.aborted) throw this.failed(error, signal);
        this.pausedUntilMs = Math.max(this.pausedUntilMs, this.setup.clock.now() + waitMs);
        await this.patience(signal);
      }
    }
  }

  /** Sends the request once, when its turn has come. */
  private async ask(
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
    usage: UsageCounter | undefined,
    tenant: string,
  ): Promise<string> {
    await this.turn(signal, tenant);
    const place = await this.place(signal).catch((error: unknown) => {
      this.leave();
      throw error;
    });
    this.running++;
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
      if (limit.signal.aborted && !signal.aborted)
        throw new EarmarkError(
          'engine.timeout',
          `${this.model.name} did not answer in time; choose a smaller model, or raise "earmark.llm.timeoutSeconds".`,
        );
      throw error;
    } finally {
      timer.dispose();
      this.running--;
      void place?.release();
      this.leave();
    }
  }

  /** Counts a request that is not sent again. @returns its error */
  private failed(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return cancelled();
    if (isEarmarkError(error, 'rpc.tooMany')) return error;
    this.counts.failed++;
    if (isEarmarkError(error, 'engine.rateLimited'))
      this.limited = { modelId: this.id, untilMs: this.setup.clock.now() + RATE_LIMIT_MS };
    return error;
  }

  /** Waits until the server takes requests again. */
  private async patience(signal: AbortSignal): Promise<void> {
    this.patient++;
    try {
      const { clock } = this.setup;
      for (let ms = this.pausedUntilMs - clock.now(); ms > 0; ms = this.pausedUntilMs - clock.now())
        await abortable(new Promise<void>((resolve) => clock.setTimeout(resolve, ms)), signal);
    } finally {
      this.patient--;
    }
  }

  private leave(): void {
    this.turns--;
    this.next()?.start();
  }

  /** The oldest request of the tenant whose last turn is the longest ago. */
  private next(): Waiting | undefined {
    const order = [...this.served];
    let best: Waiting | undefined;
    for (const waiting of this.queue)
      if (!best || order.indexOf(waiting.tenant) < order.indexOf(best.tenant)) best = waiting;
    if (best) this.queue.splice(this.queue.indexOf(best), 1);
    return best;
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

  /** Remembers a turn; tenants that wait for none are forgotten. */
  private serve(tenant: string): void {
    this.turns++;
    this.served.delete(tenant);
    this.served.add(tenant);
    for (const one of this.served)
      if (this.served.size > (this.setup.maxWaiting ?? MAX_WAITING)) this.served.delete(one);
  }

  private async turn(signal: AbortSignal, tenant: string): Promise<void> {
    if (signal.aborted) throw cancelled();
    if (this.pausedUntilMs > this.setup.clock.now()) await this.patience(signal);
    return this.queued(signal, tenant);
  }

  private queued(signal: AbortSignal, tenant: string): Promise<void> {
    if (this.turns < (this.setup.concurrency ?? DEFAULT_CONCURRENCY)) {
      this.serve(tenant);
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
        tenant,
        sinceMs,
        start: () => {
          signal.removeEventListener('abort', leave);
          this.counts.maxWaitMs = Math.max(this.counts.maxWaitMs, this.setup.clock.now() - sinceMs);
          this.serve(tenant);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.queue.push(waiting);
    });
  }
}

/**
 * @returns milliseconds until the request is sent again; undefined if that does not help or takes
 * too long. Without a time from the server, each wait is twice the one before
 */
function patienceOf(error: unknown, attempt: number): number | undefined {
  if (attempt >= ATTEMPTS || !isEarmarkError(error)) return undefined;
  if (error.code !== 'engine.rateLimited' && error.code !== 'engine.unavailable') return undefined;
  const { retryAfterMs } = error;
  if (retryAfterMs === undefined) return undefined;
  const waitMs = retryAfterMs === 0 ? 500 * 2 ** attempt : retryAfterMs;
  return waitMs <= PATIENCE_MS ? waitMs : undefined;
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
