/**
 * Scheduler of decodes over the decoders. Finals run before speculative decodes, speculative
 * decodes before partials. Among finals, the session with the least recent use comes first, then
 * the oldest deadline. Speculative decodes and partials take idle decoders; a speculative decode
 * may also replace a partial. A speculative decode yields to finals, a partial to both. Under load,
 * speculation is refused first, then partials become rare (loadMeter.ts). Waiting live finals get
 * less effort (decodeEffort.ts). A session that floods the queue yields to other sessions.
 */
import { EarmarkError } from '../../../protocol/errors';
import { SAMPLE_RATE } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import type { DecodePriority } from '../contract/engine';
import { EffortMeter, type DecodeEffort, optionsFor } from './decodeEffort';
import { LoadMeter } from './loadMeter';
import type {
  QueuedDecode,
  DecodeSlot,
  DecodeQueueProducer,
  DecodeQueueConsumer,
  QueueHealth,
} from './phraseQueue';
import type { AsrResult } from '../contract/provider';
import { FairShare } from './fairShare';
import { WaitTimes } from './waitTimes';
import { decodeCancelled } from '../contract/errors';

export interface SchedulerOptions {
  /** Maximum waiting audio of all sessions, in milliseconds. */
  readonly maxQueuedMs: number;
  /** Default deadline of a final. */
  readonly deadlineMs: number;
  /** Sessions whose shares differ by less than this are ordered by deadline. */
  readonly shareStepMs: number;
}

const defaultSchedulerOptions: SchedulerOptions = {
  maxQueuedMs: 20 * 60_000,
  deadlineMs: 2_000,
  shareStepMs: 30_000,
};

/**
 * Two sources of continuous speech reach a share of 86 s; above 90 s, audio is pushed faster than
 * speech. A decode yields to a session whose share is lower by this many steps …
 */
const FLOODS_STEPS = 3;
/** … but at most this many times: a flooding session is delayed, not starved. */
const MAX_YIELDS = 2;
/** Maximum number of sessions whose last partial is remembered. */
const MAX_PARTIAL_TIMES = 1_024;

/** Rank by priority; lower ranks run first. */
const RANK: Readonly<Record<DecodePriority, number>> = { final: 0, speculative: 1, partial: 2 };

interface Job extends QueuedDecode {
  readonly audioMs: number;
  readonly queuedAt: number;
  readonly deadlineAt: number;
  /** Aborts the running decode. */
  abort: AbortController;
  /** Number of times that the job yielded to another session. */
  yields: number;
  yielding: boolean;
  readonly settled: boolean;
  settle(outcome: { result: AsrResult | undefined } | { error: unknown }): void;
}

export class DecodeScheduler<S extends DecodeSlot = DecodeSlot>
  implements DecodeQueueProducer, DecodeQueueConsumer
{
  private readonly queue: Job[] = [];
  private readonly slots = new Map<S, Job | undefined>();
  /** The last decode of a slot. */
  private readonly decodes = new WeakMap<S, Promise<void>>();
  private readonly fairShare: FairShare;
  private readonly meter: LoadMeter;
  private readonly waits = new WaitTimes();
  private readonly effort: EffortMeter;
  private readonly partialAt = new Map<string, number>();
  private readonly dropped = { speculative: 0, partial: 0 };
  private waitingMs = 0;

  /**
   * @param onPressure called when a final waits because every slot is busy
   * @param onDecoded called when a slot ends a decode, before its result is passed on
   */
  constructor(
    private readonly clock: Clock,
    private readonly onPressure: () => void = () => undefined,
    private readonly options: SchedulerOptions = defaultSchedulerOptions,
    private readonly onDecoded: (slot: S, error?: unknown) => void = () => undefined,
  ) {
    this.fairShare = new FairShare(clock);
    this.meter = new LoadMeter(clock);
    this.effort = new EffortMeter(clock);
  }

  get queuedMs(): number {
    return this.waitingMs;
  }

  get health(): QueueHealth {
    const { waits, meter, dropped } = this;
    return {
      waiting: this.queue.length,
      waitP50Ms: waits.percentile(0.5),
      waitP95Ms: waits.percentile(0.95),
      waitMaxMs: waits.percentile(1),
      load: meter.load,
      finals: this.decodeEffort,
      droppedSpeculations: dropped.speculative,
      droppedPartials: dropped.partial,
    };
  }

  get idle(): boolean {
    return this.takes('partial');
  }

  /**
   * Returns true if a decode of this priority would be accepted now. A speculative decode may also
   * replace a running partial.
   * @param sessionId session of the partial; partials of a session are spaced under load
   */
  takes(priority: DecodePriority, sessionId?: string): boolean {
    if (priority === 'final') return true;
    if (this.queue.length > 0) return false;
    if (priority === 'speculative' && !this.meter.allowsSpeculation) return false;
    if (priority === 'partial' && !this.partialDue(sessionId)) return false;
    return (
      this.freeSlot() !== undefined ||
      [...this.slots.values()].some(
        (job) => job !== undefined && RANK[job.priority] > RANK[priority],
      )
    );
  }

  /** Returns true if this slot is decoding. */
  busy(slot: S): boolean {
    return this.slots.get(slot) !== undefined;
  }

  addSlot(slot: S): void {
    if (!this.slots.has(slot)) this.slots.set(slot, undefined);
    this.pump();
  }

  removeSlot(slot: S): void {
    this.slots.delete(slot);
  }

  /** Resolves when the slot has ended its running decode. */
  async ended(slot: S): Promise<void> {
    await this.decodes.get(slot);
  }

  run(request: QueuedDecode, signal?: AbortSignal): Promise<AsrResult | undefined> {
    const audioMs = (request.pcm.length * 1000) / SAMPLE_RATE;
    if (signal?.aborted) return Promise.reject(decodeCancelled());
    if (!this.takes(request.priority, request.sessionId)) {
      this.drop(request.priority);
      return Promise.resolve(undefined);
    }
    if (request.priority === 'partial') this.notePartial(request.sessionId);
    if (request.priority === 'final' && this.queuedMs + audioMs > this.options.maxQueuedMs) {
      return Promise.reject(
        new EarmarkError(
          'rpc.tooMany',
          'Too much speech is waiting for recognition; wait, or stop a session.',
          { retryAfterMs: 5_000 },
        ),
      );
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
        yields: 0,
        yielding: false,
        get settled() {
          return settled;
        },
        settle: (outcome) => {
          if (settled) return;
          settled = true;
          signal?.removeEventListener('abort', onAbort);
          if ('error' in outcome) reject(outcome.error as Error);
          else resolve(outcome.result);
        },
      };
      const onAbort = (): void => {
        this.unqueue(job);
        job.abort.abort();
        job.settle({ error: decodeCancelled() });
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.enqueue(job);
      this.pump();
    });
  }

  rejectAll(error: unknown): void {
    for (const job of [...this.queue]) {
      this.unqueue(job);
      job.settle({ error });
    }
  }

  private pump(): void {
    for (
      let slot = this.freeSlot(), job = slot && this.next();
      slot && job;
      slot = this.freeSlot(), job = slot && this.next()
    )
      this.start(slot, job);
    if (this.queue.length > 0) {
      if (this.queue.some((job) => job.priority === 'final')) this.onPressure();
      this.giveWay();
      this.yieldFloods();
    }
    const needed = [...this.slots.values()].filter(
      (job) => job !== undefined && job.priority !== 'partial',
    ).length;
    this.meter.set(this.slots.size === 0 ? 0 : needed / this.slots.size);
  }

  /**
   * Each waiting decode preempts a running decode of lower priority. A speculative decode without
   * such a slot is dropped.
   */
  private giveWay(): void {
    const lesser = this.running()
      .filter((job) => job.priority !== 'final')
      .sort((a, b) => RANK[b.priority] - RANK[a.priority]);
    if (lesser.length === 0 && this.queue.every((job) => job.priority === 'final')) return;
    for (const job of [...this.queue].sort((a, b) => RANK[a.priority] - RANK[b.priority])) {
      const victim = lesser[0];
      if (victim !== undefined && RANK[victim.priority] > RANK[job.priority]) {
        lesser.shift();
        // The slot becomes free when its decode handles the abort. Until then the job is at the
        // head of the queue.
        victim.abort.abort();
        this.drop(victim.priority);
        victim.settle({ result: undefined });
      } else if (job.priority !== 'final') {
        this.unqueue(job);
        this.drop(job.priority);
        job.settle({ result: undefined });
      }
    }
  }

  /** Returns a running phrase to the queue if its session used far more than a waiting session. */
  private yieldFloods(): void {
    const finals = this.running().filter((job) => job.priority === 'final');
    if (
      finals.every(
        (job) => this.fairShare.of(job.sessionId) < FLOODS_STEPS * this.options.shareStepMs,
      )
    )
      return;
    const least = this.leastShare();
    const waiting = this.queue.filter((job) => this.step(job, least) === 0).length;
    const coming = finals.filter((job) => job.yielding).length;
    for (const job of finals
      .filter(
        (one) => !one.yielding && one.yields < MAX_YIELDS && this.step(one, least) >= FLOODS_STEPS,
      )
      .slice(0, Math.max(0, waiting - coming))) {
      job.yields++;
      job.yielding = true;
      job.abort.abort();
    }
  }

  private start(slot: S, job: Job): void {
    this.slots.set(slot, job);
    if (job.priority === 'final' && job.yields === 0) {
      const waitMs = this.clock.now() - job.queuedAt;
      this.waits.add(waitMs);
      if (job.live) this.effort.waited(waitMs);
      this.fairShare.add(job.sessionId, job.audioMs);
    }
    const decode = slot
      .transcribe(
        job.pcm,
        job.live && job.priority !== 'partial'
          ? optionsFor(this.decodeEffort, job.options)
          : job.options,
        job.abort.signal,
      )
      .then(
        (result) => this.finish(slot, job, { result }),
        (error: unknown) => this.finish(slot, job, { error }),
      );
    this.decodes.set(slot, decode);
  }

  private finish(slot: S, job: Job, outcome: { result: AsrResult } | { error: unknown }): void {
    this.onDecoded(slot, 'error' in outcome ? outcome.error : undefined);
    if (this.slots.get(slot) === job) this.slots.set(slot, undefined);
    if (job.yielding && 'error' in outcome && !job.settled) {
      job.yielding = false;
      job.abort = new AbortController();
      this.enqueue(job);
    } else job.settle(outcome);
    this.pump();
  }

  /** If the decoders are too busy for speculation, second decodes are off too. */
  private get decodeEffort(): DecodeEffort {
    const { effort } = this.effort;
    return effort === 'full' && !this.meter.allowsSpeculation ? 'single-pass' : effort;
  }

  private running(): Job[] {
    return [...this.slots.values()].filter((job): job is Job => job !== undefined);
  }

  private freeSlot(): S | undefined {
    for (const [slot, job] of this.slots) if (job === undefined) return slot;
    return undefined;
  }

  private next(): Job | undefined {
    const least = this.leastShare();
    const rank = (job: Job): number[] => [
      RANK[job.priority],
      this.step(job, least),
      job.deadlineAt,
    ];
    let best: { readonly job: Job; readonly rank: readonly number[] } | undefined;
    for (const job of this.queue) {
      const own = rank(job);
      if (best === undefined || before(own, best.rank)) best = { job, rank: own };
    }
    if (best) this.unqueue(best.job);
    return best?.job;
  }

  private leastShare(): number {
    return this.queue.reduce(
      (least, job) => Math.min(least, this.fairShare.of(job.sessionId)),
      Infinity,
    );
  }

  /** Number of steps by which the session's use exceeds the lowest use of the waiting sessions. */
  private step(job: Job, least: number): number {
    return Math.floor(
      Math.max(0, this.fairShare.of(job.sessionId) - least) / this.options.shareStepMs,
    );
  }

  private enqueue(job: Job): void {
    // A preempted job returns to its place before later jobs.
    if (job.yields > 0) this.queue.unshift(job);
    else this.queue.push(job);
    this.waitingMs += job.audioMs;
  }

  private unqueue(job: Job): void {
    const at = this.queue.indexOf(job);
    if (at < 0) return;
    this.queue.splice(at, 1);
    this.waitingMs -= job.audioMs;
  }

  private partialDue(sessionId: string | undefined): boolean {
    const spacingMs = this.meter.partialSpacingMs;
    const last = sessionId === undefined ? undefined : this.partialAt.get(sessionId);
    return spacingMs < Infinity && (last === undefined || this.clock.now() - last >= spacingMs);
  }

  private drop(priority: DecodePriority): void {
    if (priority !== 'final') this.dropped[priority]++;
  }

  private notePartial(sessionId: string): void {
    if (this.partialAt.size >= MAX_PARTIAL_TIMES) this.partialAt.clear();
    this.partialAt.set(sessionId, this.clock.now());
  }
}

function before(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] ?? 0) < (b[i] ?? 0);
  return false;
}
