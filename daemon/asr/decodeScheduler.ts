/**
 * Which phrase is decoded next, and where. Finals go before speculative decodes, these before partials; among finals the
 * session that had least of the engine lately comes first, then the oldest deadline. A speculative decode and a partial
 * take what is idle and give way: the one to finals, the other to both.
 */
import { EarmarkError } from '../../protocol/errors';
import { SAMPLE_RATE } from '../audio/frame';
import type { Clock } from '../base/clock';
import type { DecodePriority } from '../session/ports';
import type { AsrOptions, AsrResult } from './provider';

/** Decodes one phrase at a time. */
export interface DecodeSlot {
  transcribe(pcm: Float32Array, options: AsrOptions, signal: AbortSignal): Promise<AsrResult>;
}

export interface DecodeRequest {
  readonly pcm: Float32Array;
  readonly options: AsrOptions;
  readonly priority: DecodePriority;
  readonly sessionId: string;
  /** Milliseconds from now until the text is wanted. */
  readonly deadlineMs?: number;
}

export interface SchedulerOptions {
  /** Audio that may wait, over all sessions. */
  readonly maxQueuedMs: number;
  /** Deadline of a final that names none. */
  readonly deadlineMs: number;
  /** Sessions whose share differs by less than this are ordered by deadline. */
  readonly shareStepMs: number;
}

const defaultSchedulerOptions: SchedulerOptions = { maxQueuedMs: 20 * 60_000, deadlineMs: 2_000, shareStepMs: 30_000 };

/** The lower goes first. */
const RANK: Readonly<Record<DecodePriority, number>> = { final: 0, speculative: 1, partial: 2 };

interface Job extends DecodeRequest {
  readonly audioMs: number;
  readonly queuedAt: number;
  readonly deadlineAt: number;
  readonly abort: AbortController;
  settle(outcome: { result: AsrResult | undefined } | { error: unknown }): void;
}

export class DecodeScheduler {
  private readonly queue: Job[] = [];
  private readonly slots = new Map<DecodeSlot, Job | undefined>();
  /** Milliseconds of audio a session had decoded, while it is active. */
  private readonly shares = new Map<string, number>();
  private waitMs = 0;

  /** @param onPressure told when a final waits because every slot is busy. */
  constructor(
    private readonly clock: Clock,
    private readonly onPressure: () => void = () => undefined,
    private readonly options: SchedulerOptions = defaultSchedulerOptions,
  ) {}

  get queuedMs(): number {
    return this.queue.reduce((sum, job) => sum + job.audioMs, 0);
  }

  /** How long the last phrase waited for its decode. */
  get lastWaitMs(): number {
    return this.waitMs;
  }

  /** True when a partial would be decoded at once. */
  get idle(): boolean {
    return this.takes('partial');
  }

  /** Would a decode of this priority be taken now? A speculative one also takes the place of a partial that runs. */
  takes(priority: DecodePriority): boolean {
    if (priority === 'final') return true;
    if (this.queue.length > 0) return false;
    return this.freeSlot() !== undefined || [...this.slots.values()].some((job) => job !== undefined && RANK[job.priority] > RANK[priority]);
  }

  /** Is anything decoded on this slot now? */
  busy(slot: DecodeSlot): boolean {
    return this.slots.get(slot) !== undefined;
  }

  addSlot(slot: DecodeSlot): void {
    if (!this.slots.has(slot)) this.slots.set(slot, undefined);
    this.pump();
  }

  /** A decode that runs on it goes on to its end. */
  removeSlot(slot: DecodeSlot): void {
    this.slots.delete(slot);
  }

  /**
   * @returns undefined for a speculative decode or a partial that was refused or gave way
   * @throws EarmarkError rpc.tooMany when too much waits, rpc.cancelled, and what the slot throws
   */
  run(request: DecodeRequest, signal?: AbortSignal): Promise<AsrResult | undefined> {
    const audioMs = (request.pcm.length * 1000) / SAMPLE_RATE;
    if (signal?.aborted) return Promise.reject(cancelled());
    if (!this.takes(request.priority)) return Promise.resolve(undefined);
    if (request.priority === 'final' && this.queuedMs + audioMs > this.options.maxQueuedMs) {
      return Promise.reject(new EarmarkError('rpc.tooMany', 'Too much speech waits to be recognised; wait until it is done, or stop a session.', { retryAfterMs: 5_000 }));
    }
    return new Promise((resolve, reject) => {
      const now = this.clock.now();
      let settled = false;
      const job: Job = {
        ...request,
        audioMs,
        queuedAt: now,
        deadlineAt: now + (request.deadlineMs ?? this.options.deadlineMs),
        abort: new AbortController(),
        settle: (outcome) => {
          if (settled) return;
          settled = true;
          signal?.removeEventListener('abort', onAbort);
          if ('error' in outcome) reject(outcome.error as Error);
          else resolve(outcome.result);
        },
      };
      const onAbort = (): void => {
        const at = this.queue.indexOf(job);
        if (at >= 0) this.queue.splice(at, 1);
        job.abort.abort();
        job.settle({ error: cancelled() });
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.enter(job.sessionId);
      this.queue.push(job);
      this.pump();
    });
  }

  /** Ends everything that waits with an error. */
  rejectAll(error: unknown): void {
    for (const job of this.queue.splice(0)) job.settle({ error });
  }

  private pump(): void {
    for (let slot = this.freeSlot(); slot !== undefined; slot = this.freeSlot()) {
      const job = this.next();
      if (!job) return;
      this.start(slot, job);
    }
    if (this.queue.length === 0) return;
    if (this.queue.some((job) => job.priority === 'final')) this.onPressure();
    this.giveWay();
  }

  /** Each that waits takes the place of a lesser one that runs; a speculative decode for which there is none is dropped. */
  private giveWay(): void {
    const lesser = [...this.slots.values()].filter((job): job is Job => job !== undefined && job.priority !== 'final').sort((a, b) => RANK[b.priority] - RANK[a.priority]);
    for (const job of [...this.queue].sort((a, b) => RANK[a.priority] - RANK[b.priority])) {
      const victim = lesser[0];
      if (victim !== undefined && RANK[victim.priority] > RANK[job.priority]) {
        lesser.shift();
        // The slot comes free when its decode has noticed; until then the job is at the head of the queue.
        victim.abort.abort();
        victim.settle({ result: undefined });
      } else if (job.priority !== 'final') {
        this.queue.splice(this.queue.indexOf(job), 1);
        job.settle({ result: undefined });
      }
    }
  }

  private start(slot: DecodeSlot, job: Job): void {
    this.slots.set(slot, job);
    if (job.priority === 'final') {
      this.waitMs = this.clock.now() - job.queuedAt;
      this.shares.set(job.sessionId, (this.shares.get(job.sessionId) ?? 0) + job.audioMs);
    }
    slot.transcribe(job.pcm, job.options, job.abort.signal).then(
      (result) => this.finish(slot, job, { result }),
      (error: unknown) => this.finish(slot, job, { error }),
    );
  }

  private finish(slot: DecodeSlot, job: Job, outcome: { result: AsrResult } | { error: unknown }): void {
    if (this.slots.get(slot) === job) this.slots.set(slot, undefined);
    job.settle(outcome);
    this.pump();
    if (this.queue.length === 0 && [...this.slots.values()].every((running) => running === undefined)) this.shares.clear();
  }

  private freeSlot(): DecodeSlot | undefined {
    for (const [slot, job] of this.slots) if (job === undefined) return slot;
    return undefined;
  }

  private next(): Job | undefined {
    const least = Math.min(...this.queue.map((job) => this.shares.get(job.sessionId) ?? 0));
    const rank = (job: Job): number[] => [RANK[job.priority], Math.floor(((this.shares.get(job.sessionId) ?? 0) - least) / this.options.shareStepMs), job.deadlineAt];
    let best: Job | undefined;
    for (const job of this.queue) if (best === undefined || before(rank(job), rank(best))) best = job;
    if (best) this.queue.splice(this.queue.indexOf(best), 1);
    return best;
  }

  /** A session that comes new starts at the least share of those there are, not at zero: it owes nothing and is owed nothing. */
  private enter(sessionId: string): void {
    if (this.shares.has(sessionId)) return;
    this.shares.set(sessionId, this.shares.size === 0 ? 0 : Math.min(...this.shares.values()));
  }
}

function before(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] ?? 0) < (b[i] ?? 0);
  return false;
}

function cancelled(): EarmarkError {
  return new EarmarkError('rpc.cancelled', 'The decode was cancelled.');
}
