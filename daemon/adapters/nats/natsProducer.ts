/**
 * The gateway's side of the queue. Publishes phrases of one model and waits for the workers'
 * answers. A final is in JetStream before it counts as requested. Duplicate requests and answers
 * are settled once, by id.
 */
import { randomBytes } from 'node:crypto';
import { EarmarkError } from '../../../protocol/errors';
import { EffortMeter, optionsFor } from '../../asr/engine/decodeEffort';
import { LoadMeter } from '../../asr/engine/loadMeter';
import type { QueuedDecode, DecodeQueueProducer, QueueHealth } from '../../asr/engine/phraseQueue';
import type { AsrResult } from '../../asr/contract/provider';
import { WaitTimes } from '../../asr/engine/waitTimes';
import { SAMPLE_RATE } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import { type Disposable, toDisposable } from '../../base/disposable';
import type { DecodePriority } from '../../asr/contract/engine';
import type { Presence } from '../../team/presence';
import { decodeAnswer, encodePhrase, SETTLED } from './phraseMessage';
import { directDispatch } from './directDispatch';
import { ensureConsumer } from './partitions';
import { cancelOf, type Partition, partitionOf, wakeOf } from './subjects';
import type { TeamBus } from './teamBus';
import { decodeCancelled } from '../../asr/contract/errors';

export interface ProducerSetup {
  readonly bus: TeamBus;
  readonly clock: Clock;
  readonly model: string;
  readonly presence: Presence;
  /** Organisation of a session's owner; organisations share the workers evenly. */
  readonly organisationOf: (owner: string | undefined) => string;
  /** Limit of this gateway's waiting audio. */
  readonly maxQueuedMs?: number;
  /** Time after which a final without an answer is returned to its session. */
  readonly finalLimitMs?: number;
}

const MAX_QUEUED_MS = 20 * 60_000;
const FINAL_LIMIT_MS = 15 * 60_000;
const QUICK_LIMIT_MS = 3_000;
/**
 * Publishing is retried for this time while NATS elects a leader. Then the phrase returns to its
 * session, which keeps its audio.
 */
const PUBLISH_LIMIT_MS = 10_000;
const PUBLISH_TRY_MS = 1_000;
const PUBLISH_PAUSE_MS = 200;
/**
 * If no worker has taken a final by then and a worker is free, it is handed over directly: its
 * stream or consumer has no leader.
 */
const QUEUED_MS = 1_000;
/** The wait of later finals, until the queue delivers a phrase again. */
const QUEUED_AWAY_MS = 50;
const LOOK_MS = 100;
/** Limit of direct handovers: a phrase may crash its workers. */
const MAX_HANDED = 3;
/**
 * A worker that does not report a phrase for this time has lost it; workers report every half
 * second (natsConsumer.ts).
 */
const IN_HAND_MS = 2_000;
/** Interval of checks; an unused consumer stays an hour (partitions.ts). */
const PARTITION_MS = 10 * 60_000;
const MAX_PARTITIONS = 10_000;

interface Waiting {
  readonly priority: DecodePriority;
  readonly live: boolean;
  readonly audioMs: number;
  readonly partition: Partition;
  readonly message: Uint8Array;
  readonly askedMs: number;
  /** Time of a worker's last report about this phrase. */
  inHandMs: number;
  /** Number of direct handovers; a worker may still have the phrase. */
  handed: number;
  settle(outcome: { result: AsrResult | undefined } | { error: unknown }): void;
}

export class NatsProducer implements DecodeQueueProducer, Disposable {
  private readonly waiting = new Map<string, Waiting>();
  private readonly waits = new WaitTimes();
  private readonly meter: LoadMeter;
  private readonly effort: EffortMeter;
  private readonly dropped = { speculative: 0, partial: 0 };
  private readonly replyTo = `earmark.answer.${randomBytes(9).toString('hex')}`;
  private readonly listening: Disposable;
  /**
   * Consumers of partitions with the time of their last check. Phrases that arrive meanwhile wait
   * for it in order.
   */
  private readonly partitions = new Map<
    string,
    { readonly atMs: number; readonly made: Promise<void> }
  >();
  private waitingMs = 0;
  private looking: Disposable | undefined;
  private handing = false;
  /** True if the queue did not deliver the last final. */
  private away = false;

  constructor(private readonly setup: ProducerSetup) {
    this.meter = new LoadMeter(setup.clock);
    this.effort = new EffortMeter(setup.clock);
    const answers = setup.bus.nc.subscribe(this.replyTo, {
      callback: (error, message) => {
        if (error) return;
        const answer = decodeAnswer(message.data);
        const asked = answer && this.waiting.get(answer.id);
        // The worker acknowledges the phrase after this confirms the text, also the second time.
        message.respond(answer && 'inHand' in answer && !asked ? SETTLED : '');
        if (!asked) return;
        if ('inHand' in answer) {
          asked.inHandMs = this.setup.clock.now();
          if (asked.handed === 0) this.away = false;
          return;
        }
        if (asked.priority === 'final') {
          this.waits.add(answer.waitMs);
          if (asked.live) this.effort.waited(answer.waitMs);
        }
        asked.settle(
          'result' in answer
            ? { result: answer.result }
            : { error: new EarmarkError(answer.error.code, answer.error.message) },
        );
      },
    });
    const changes = setup.presence.onDidChange(() => this.measure());
    this.listening = toDisposable(() => {
      answers.unsubscribe();
      changes.dispose();
    });
  }

  get queuedMs(): number {
    return this.waitingMs;
  }

  get idle(): boolean {
    return this.takes('partial');
  }

  get health(): QueueHealth {
    const { waits, meter, dropped, effort } = this;
    const finals = [...this.waiting.values()].filter(({ priority }) => priority === 'final').length;
    return {
      waiting: finals,
      waitP50Ms: waits.percentile(0.5),
      waitP95Ms: waits.percentile(0.95),
      waitMaxMs: waits.percentile(1),
      load: meter.load,
      finals: effort.effort,
      droppedSpeculations: dropped.speculative,
      droppedPartials: dropped.partial,
    };
  }

  async run(request: QueuedDecode, signal?: AbortSignal): Promise<AsrResult | undefined> {
    const { priority, sessionId } = request;
    const audioMs = (request.pcm.length * 1000) / SAMPLE_RATE;
    if (signal?.aborted) throw decodeCancelled();
    if (!this.takes(priority)) return this.drop(priority);
    if (
      priority === 'final' &&
      this.waitingMs + audioMs > (this.setup.maxQueuedMs ?? MAX_QUEUED_MS)
    ) {
      throw new EarmarkError(
        'rpc.tooMany',
        'Too much speech is waiting for recognition; wait, or stop a session.',
        { retryAfterMs: 5_000 },
      );
    }
    const partition = partitionOf(
      priority,
      this.setup.model,
      this.setup.organisationOf(request.owner),
    );
    const id = `${sessionId}.${randomBytes(9).toString('base64url')}`;
    const message = encodePhrase(
      { id, replyTo: this.replyTo, sessionId },
      request.live && priority !== 'partial'
        ? { ...request, options: optionsFor(this.effort.effort, request.options) }
        : request,
    );
    return new Promise((resolve, reject) => {
      const { clock } = this.setup;
      const onAbort = (): void => {
        this.forget(id);
        entry.settle({ error: decodeCancelled() });
      };
      const limit = clock.setTimeout(
        () => {
          this.forget(id);
          entry.settle(
            priority === 'final'
              ? {
                  error: new EarmarkError(
                    'engine.timeout',
                    'No worker decoded a phrase in time; start more workers for its model.',
                  ),
                }
              : { result: this.drop(priority) },
          );
        },
        priority === 'final' ? (this.setup.finalLimitMs ?? FINAL_LIMIT_MS) : QUICK_LIMIT_MS,
      );
      const entry: Waiting = {
        priority,
        live: request.live === true,
        audioMs,
        partition,
        message,
        askedMs: clock.now(),
        inHandMs: -Infinity,
        handed: 0,
        settle: (outcome) => {
          if (!this.waiting.delete(id)) return;
          if (entry.handed > 0 && !this.setup.bus.nc.isClosed()) this.cancel(id);
          this.waitingMs -= audioMs;
          limit.dispose();
          signal?.removeEventListener('abort', onAbort);
          this.measure();
          if ('error' in outcome) reject(outcome.error as Error);
          else resolve(outcome.result);
        },
      };
      this.waiting.set(id, entry);
      this.waitingMs += audioMs;
      signal?.addEventListener('abort', onAbort, { once: true });
      this.measure();
      this.looking ??= clock.setInterval(() => void this.directDispatch(), LOOK_MS);
      this.publish(partition, id, entry).catch((error: unknown) =>
        entry.settle(priority === 'final' ? { error } : { result: this.drop(priority) }),
      );
    });
  }

  rejectAll(error: unknown): void {
    for (const [id, entry] of [...this.waiting]) {
      this.forget(id);
      entry.settle({ error });
    }
  }

  dispose(): void {
    this.rejectAll(
      new EarmarkError(
        'engine.unavailable',
        'This gateway is shutting down. Its sessions continue at another one.',
      ),
    );
    this.looking?.dispose();
    this.listening.dispose();
  }

  private takes(priority: DecodePriority): boolean {
    if (priority === 'final') return true;
    if (priority === 'speculative' && !this.meter.allowsSpeculation) return false;
    if (priority === 'partial' && this.meter.partialSpacingMs > 0) return false;
    const { slots, busy } = this.setup.presence.capacity(this.setup.model);
    return slots > Math.max(busy, this.waiting.size);
  }

  /** The same message id lets JetStream store one copy, however often it is sent. */
  private async publish(partition: Partition, id: string, entry: Waiting): Promise<void> {
    const { bus, clock, model } = this.setup;
    const until = clock.now() + PUBLISH_LIMIT_MS;
    const pause = (): Promise<void> =>
      new Promise((resolve) => void clock.setTimeout(resolve, PUBLISH_PAUSE_MS));
    for (; this.waiting.has(id); await pause()) {
      if (this.inHand(entry)) continue;
      try {
        await this.ensure(partition);
        await bus.js.publish(partition.subject, entry.message, {
          msgID: id,
          timeout: PUBLISH_TRY_MS,
        });
        bus.nc.publish(wakeOf(model), partition.subject);
        return;
      } catch (cause) {
        if (isFull(cause))
          throw new EarmarkError(
            'rpc.tooMany',
            'Too much speech is waiting for recognition; wait, or start more workers.',
            { retryAfterMs: 5_000, cause },
          );
        if ((clock.now() >= until && !this.inHand(entry)) || bus.nc.isClosed())
          throw new EarmarkError(
            'engine.unavailable',
            'Could not reach the phrase queue; check that the NATS servers are running.',
            { cause },
          );
      }
    }
  }

  /** Hands overdue phrases to free workers, oldest first. */
  private async directDispatch(): Promise<void> {
    const { bus, clock, model, presence } = this.setup;
    if (this.waiting.size === 0) {
      this.looking?.dispose();
      this.looking = undefined;
    }
    if (this.handing) return;
    this.handing = true;
    try {
      for (const entry of this.waiting.values()) {
        if (clock.now() - entry.askedMs < (this.away ? QUEUED_AWAY_MS : QUEUED_MS)) break;
        if (entry.priority !== 'final' || entry.handed >= MAX_HANDED || this.inHand(entry))
          continue;
        const { slots, busy } = presence.capacity(model);
        if (slots <= busy || bus.nc.isClosed()) break;
        entry.handed++;
        const outcome = await directDispatch(
          bus.nc,
          entry.partition,
          entry.message,
          clock.wall() - (clock.now() - entry.askedMs),
        );
        // No worker has it: this process may have lost its connection. Its tries stay for later.
        if (outcome === 'refused') entry.handed--;
        if (outcome !== 'taken') break;
        entry.inHandMs = clock.now();
        this.away = true;
      }
    } finally {
      this.handing = false;
    }
  }

  private inHand({ inHandMs }: Waiting): boolean {
    return this.setup.clock.now() - inHandMs < IN_HAND_MS;
  }

  private ensure(partition: Partition): Promise<void> {
    const { bus, clock } = this.setup;
    const known = this.partitions.get(partition.subject);
    if (known !== undefined && clock.now() - known.atMs < PARTITION_MS) return known.made;
    const made = ensureConsumer(bus.jsm, partition, bus.replicas);
    if (this.partitions.size >= MAX_PARTITIONS) this.partitions.clear();
    this.partitions.set(partition.subject, { atMs: clock.now(), made });
    made.catch(() => this.partitions.delete(partition.subject));
    return made;
  }

  /**
   * Tells workers that the phrase is cancelled: a decode may stop, and a queued phrase is skipped.
   */
  private forget(id: string): void {
    if (this.waiting.has(id) && !this.setup.bus.nc.isClosed()) this.cancel(id);
  }

  private cancel(id: string): void {
    this.setup.bus.nc.publish(cancelOf(this.setup.model), id);
  }

  private measure(): void {
    const { slots, busy } = this.setup.presence.capacity(this.setup.model);
    this.meter.set(slots === 0 ? 0 : Math.min(1, busy / slots));
  }

  private drop(priority: DecodePriority): undefined {
    if (priority !== 'final') this.dropped[priority]++;
    return undefined;
  }
}

/** True if the stream is full (10047 insufficient storage, 10077 maximum bytes). */
function isFull(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 10047 || code === 10077;
}
