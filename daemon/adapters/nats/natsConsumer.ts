/**
 * The worker's side of the queue. Pulls phrases of one model for its free slots, reports progress
 * while decoding, delivers the text to the requesting gateway, and acknowledges only then. A phrase
 * that cannot be decoded goes to another worker; after too many failures it goes to the dead
 * letters.
 */
import { randomBytes } from 'node:crypto';
import { EarmarkError, type ErrorCode, isEarmarkError } from '../../../protocol/errors';
import type { DecodeSlot, DecodeQueueConsumer } from '../../asr/engine/phraseQueue';
import { SAMPLE_RATE } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore, toDisposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type { Logger } from '../../base/logger';
import { type Delivery, pull } from './delivery';
import { openHands } from './directDispatch';
import { ACK_WAIT_MS, Partitions } from './partitions';
import { type Answer, type InHand, type SentPhrase, decodePhrase, SETTLED } from './phraseMessage';
import { type Partition, cancelOf, deadOf, wakeOf } from './subjects';
import type { TeamBus } from './teamBus';
import { type MetricRecorder, noMetrics } from '../../telemetry/metrics';

export interface ConsumerSetup {
  readonly bus: TeamBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly model: string;
  readonly metrics?: MetricRecorder;
  /** Deliveries without an answer after which a phrase is dead. */
  readonly maxDeliveries?: number;
}

const MAX_DELIVERIES = 4;
const SWEEP_MS = 1_000;
const PULL_MS = 1_000;
const PAUSE_MS = 250;
/** A phrase that waited this long may have been handed to another worker. */
const WAITED_MS = 1_000;
/**
 * No decode takes longer (asr/engine/deadline.ts, twice). After this time a phrase counts as stuck and
 * goes to another worker.
 */
const STUCK_MS = 65_000;
/**
 * A gateway without an answer for this time is gone; the server that takes its sessions asks again.
 */
const DELIVER_MS = 12_000;
const DELIVER_TRY_MS = 2_000;
/**
 * Limit of remembered answers, for a phrase that is delivered again after a lost acknowledgement,
 * and of cancelled ids.
 */
const REMEMBERED = 512;

/** Failures of the worker; all other failures belong to the phrase and are its answer. */
const ANOTHER: ReadonlySet<ErrorCode> = new Set([
  'engine.crashed',
  'engine.timeout',
  'engine.unavailable',
  'rpc.tooMany',
]);

interface Job {
  readonly abort: AbortController;
  cancelled: boolean;
}

export class NatsConsumer implements DecodeQueueConsumer, Disposable {
  private readonly slots = new Map<DecodeSlot, string | undefined>();
  private readonly jobs = new Map<string, Job>();
  private readonly answers = new Map<string, Answer>();
  /** Ids of cancelled phrases. */
  private readonly unwanted = new Set<string>();
  private readonly open = new Set<Promise<void>>();
  private readonly partitions: Partitions;
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new Emitter<void>());
  private pumping = false;
  /** Fires when a slot becomes busy or free. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly setup: ConsumerSetup) {
    const { bus, clock, model } = setup;
    this.partitions = new Partitions(bus.jsm, model, bus.replicas, clock);
    const listen = (subject: string, then: (text: string) => void): void => {
      const subscription = bus.nc.subscribe(subject, {
        callback: (error, message) => void (error ?? then(message.string())),
      });
      this.store.add(toDisposable(() => subscription.unsubscribe()));
    };
    listen(wakeOf(model), (subject) => {
      this.partitions.wake(subject);
      this.pump();
    });
    listen(cancelOf(model), (id) => this.cancel(id));
    this.store.add(
      openHands(bus.nc, model, `earmark.hand.${randomBytes(9).toString('hex')}`, {
        isFree: () => this.freeSlot() !== undefined,
        take: (partition, delivery) => this.take(partition, delivery),
      }),
    );
    this.store.add(clock.setInterval(() => this.sweep(), SWEEP_MS));
    this.sweep();
  }

  get busy(): number {
    return [...this.slots.values()].filter((job) => job !== undefined).length;
  }

  get size(): number {
    return this.slots.size;
  }

  addSlot(slot: DecodeSlot): void {
    if (!this.slots.has(slot)) this.slots.set(slot, undefined);
    this.changed.fire();
    this.pump();
  }

  removeSlot(slot: DecodeSlot): void {
    this.slots.delete(slot);
    this.changed.fire();
  }

  /** Takes no new phrases; resolves when all current phrases are answered. */
  async drained(): Promise<void> {
    for (const slot of [...this.slots.keys()]) this.removeSlot(slot);
    while (this.open.size > 0) await Promise.all(this.open);
  }

  dispose(): void {
    this.slots.clear();
    for (const { abort } of this.jobs.values()) abort.abort();
    this.store.dispose();
  }

  private sweep(): void {
    if (this.freeSlot() === undefined) return;
    this.partitions.sweep().then(
      () => this.pump(),
      () => undefined,
    );
  }

  private freeSlot(): DecodeSlot | undefined {
    for (const [slot, id] of this.slots) if (id === undefined) return slot;
    return undefined;
  }

  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    void this.fill().finally(() => (this.pumping = false));
  }

  /** Pulls in sequence: each takes about a millisecond, and each may change the next partition. */
  private async fill(): Promise<void> {
    for (;;) {
      const turn = this.partitions.next();
      if (this.freeSlot() === undefined || turn === undefined) return;
      const { partition, wakes } = turn;
      let delivery: Delivery | undefined;
      try {
        await this.partitions.ensure(partition);
        delivery = await pull(this.setup.bus.nc, partition.stream, partition.consumer, PULL_MS);
      } catch {
        this.partitions.doubt(partition);
        if (this.setup.bus.nc.isClosed()) return;
        continue;
      }
      if (delivery === undefined) this.partitions.empty(partition, wakes);
      // The free slot was removed in the meantime, or holds a directly handed phrase.
      else if (!this.take(partition, delivery)) delivery.giveBack(0);
    }
  }

  /** @returns false if no slot is free */
  private take(partition: Partition, delivery: Delivery): boolean {
    const slot = this.freeSlot();
    if (slot !== undefined) this.start(slot, partition, delivery);
    return slot !== undefined;
  }

  private start(slot: DecodeSlot, partition: Partition, delivery: Delivery): void {
    let phrase: SentPhrase;
    try {
      phrase = decodePhrase(delivery.data);
    } catch {
      this.setup.logger.error('phrase.unreadable', { subject: delivery.subject });
      delivery.ack();
      return;
    }
    this.slots.set(slot, phrase.id);
    this.changed.fire();
    const done = this.handle(slot, partition, delivery, phrase).finally(() => {
      this.open.delete(done);
      this.pump();
    });
    this.open.add(done);
  }

  private free(slot: DecodeSlot, id: string): void {
    if (this.slots.get(slot) !== id) return;
    this.slots.set(slot, undefined);
    this.changed.fire();
    this.pump();
  }

  private async handle(
    slot: DecodeSlot,
    partition: Partition,
    delivery: Delivery,
    phrase: SentPhrase,
  ): Promise<void> {
    const { clock, logger, maxDeliveries = MAX_DELIVERIES } = this.setup;
    const job: Job = { abort: new AbortController(), cancelled: this.unwanted.has(phrase.id) };
    this.jobs.set(phrase.id, job);
    const stuckAt = clock.now() + STUCK_MS;
    const tell = (): void => {
      if (partition.priority === 'final' && !this.setup.bus.nc.isClosed())
        this.setup.bus.nc.publish(phrase.replyTo, inHand(phrase));
    };
    const working = clock.setInterval(() => {
      if (clock.now() >= stuckAt) return;
      delivery.working();
      tell();
    }, ACK_WAIT_MS / 4);
    tell();
    try {
      job.cancelled ||= await this.isSettled(partition, delivery, phrase);
      const answer =
        this.answers.get(phrase.id) ??
        (job.cancelled ? undefined : await this.decode(slot, partition, delivery, phrase, job));
      this.free(slot, phrase.id);
      if (job.cancelled) delivery.ack();
      else if (answer === undefined) {
        if (partition.priority !== 'final') delivery.ack();
        else if (delivery.count < maxDeliveries) delivery.giveBack(PAUSE_MS * delivery.count);
        else await this.bury(partition, delivery, phrase);
      } else {
        this.answers.set(answer.id, answer);
        bound(this.answers);
        if (partition.priority === 'final') await this.deliver(phrase, answer);
        else this.setup.bus.nc.publish(phrase.replyTo, JSON.stringify(answer));
        delivery.ack();
      }
    } catch (error) {
      // Not acknowledged, so it is delivered again.
      logger.warn('phrase.unanswered', {
        error: isEarmarkError(error) ? error.code : 'unexpected',
      });
    } finally {
      working.dispose();
      this.jobs.delete(phrase.id);
      this.free(slot, phrase.id);
    }
  }

  /**
   * A phrase that waited or went to another worker before may already have its text. If the gateway
   * does not answer, the phrase may still be needed.
   */
  private async isSettled(
    { priority }: Partition,
    delivery: Delivery,
    phrase: SentPhrase,
  ): Promise<boolean> {
    const { bus, clock } = this.setup;
    if (
      priority !== 'final' ||
      (delivery.count === 1 && clock.wall() - delivery.storedMs < WAITED_MS)
    )
      return false;
    return bus.nc.request(phrase.replyTo, inHand(phrase), { timeout: PULL_MS }).then(
      (reported) => reported.string() === SETTLED,
      () => false,
    );
  }

  /** @returns undefined if another worker should decode it */
  private async decode(
    slot: DecodeSlot,
    partition: Partition,
    delivery: Delivery,
    phrase: SentPhrase,
    job: Job,
  ): Promise<Answer | undefined> {
    const { maxDeliveries = MAX_DELIVERIES, clock, logger, metrics = noMetrics } = this.setup;
    // Earlier workers crashed on it or during it.
    if (delivery.count > maxDeliveries) return undefined;
    const waitMs = Math.max(0, clock.wall() - delivery.storedMs);
    if (partition.priority === 'final') metrics.observe('inference_wait', waitMs);
    this.partitions.took(partition, (phrase.pcm.length * 1000) / SAMPLE_RATE);
    try {
      return {
        id: phrase.id,
        waitMs,
        result: await slot.transcribe(phrase.pcm, phrase.options, job.abort.signal),
      };
    } catch (error) {
      if (job.cancelled) return undefined;
      const { code, message } = isEarmarkError(error)
        ? error
        : new EarmarkError('engine.crashed', 'The speech engine failed to decode this phrase.');
      metrics.count('errors', 1, code);
      logger.warn('phrase.failed', { error: code, deliveries: delivery.count });
      return ANOTHER.has(code) ? undefined : { id: phrase.id, waitMs, error: { code, message } };
    }
  }

  /**
   * Writes a phrase to the dead letters once, without its audio, which is in the spool of its
   * session.
   */
  private async bury(partition: Partition, delivery: Delivery, phrase: SentPhrase): Promise<void> {
    const { bus, logger, clock } = this.setup;
    const letter = {
      at: new Date(clock.wall()).toISOString(),
      session: phrase.sessionId,
      organisation: partition.organisation,
      model: partition.model,
      deliveries: delivery.count,
      audioMs: Math.round((phrase.pcm.length * 1000) / SAMPLE_RATE),
    };
    await bus.js.publish(deadOf(partition.model, partition.organisation), JSON.stringify(letter), {
      msgID: `dead.${phrase.id}`,
    });
    logger.error('phrase.dead', { error: 'engine.crashed', deliveries: delivery.count });
    await this.deliver(phrase, {
      id: phrase.id,
      waitMs: 0,
      error: {
        code: 'engine.crashed',
        message: 'Every worker failed to decode this phrase, so it is left out.',
      },
    });
    delivery.ack();
  }

  /** Retries until the gateway confirms the answer; stops if the gateway is gone for good. */
  private async deliver(phrase: SentPhrase, answer: Answer): Promise<void> {
    const { bus, clock, logger } = this.setup;
    const until = clock.now() + DELIVER_MS;
    const message = JSON.stringify(answer);
    while (!bus.nc.isClosed()) {
      try {
        await bus.nc.request(phrase.replyTo, message, { timeout: DELIVER_TRY_MS });
        return;
      } catch {
        if (clock.now() >= until) {
          logger.info('phrase.unasked');
          return;
        }
        await new Promise<void>((resolve) => clock.setTimeout(resolve, PAUSE_MS));
      }
    }
    throw new EarmarkError('rpc.disconnected', 'The connection to NATS was closed.');
  }

  private cancel(id: string): void {
    this.unwanted.add(id);
    bound(this.unwanted);
    const job = this.jobs.get(id);
    if (!job) return;
    job.cancelled = true;
    job.abort.abort();
  }
}

function inHand({ id }: SentPhrase): string {
  return JSON.stringify({ id, inHand: true } satisfies InHand);
}

function bound(kept: Map<string, unknown> | Set<string>): void {
  for (const id of kept.keys()) {
    if (kept.size <= REMEMBERED) return;
    kept.delete(id);
  }
}
