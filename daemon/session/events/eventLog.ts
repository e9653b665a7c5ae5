/**
 * The single writer of a session's events. A durable event gets the next number and is on disk
 * before it is sent. A transient event carries the last durable number. One write runs at a time;
 * events that arrive meanwhile join the next. Attachments replay from the store, then go live.
 */
import { EarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import { type Disposable, toDisposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { MetricRecorder } from '../../telemetry/metrics';
import type { EventSink } from '../contract/api';
import { type Attached, Attachment } from '../lifecycle/attachment';
import type {
  DurableEvent,
  DurableEventBody,
  TransientEventBody,
  SessionEvent,
} from '../contract/events';
import type { SessionOptions } from '../contract/options';
import type { Progress } from '../../speech/contract';
import type { SessionCounts, SessionStore } from '../contract/store';
import { Deferred } from '../../base/wait';

export interface EventLogSetup {
  readonly sessionId: string;
  readonly store: SessionStore;
  /** Counts of the stored part of the session. */
  readonly counts: Pick<SessionCounts, 'lastSeq' | 'lastTime'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Optional; without it, nothing is counted. */
  readonly metrics?: MetricRecorder | undefined;
  readonly options: Pick<SessionOptions, 'maxPendingEvents' | 'storeRetryMs'>;
  /** Milliseconds since session start. */
  readonly sessionMs: () => number;
  /**
   * @throws Error if the event breaks a rule of the session (a second final with an id, words
   * changed by the machine)
   */
  readonly check: (body: DurableEventBody) => void;
  /** Applies a stored event to the state in memory before it is sent. */
  readonly onWritten: (event: DurableEvent) => void;
  /** The progress of a source is on disk. */
  readonly onProgress: (progress: Progress) => void;
  /** The store refused a write; the events wait for a retry. */
  readonly onOutage: (error: unknown) => void;
  /** Events could not be created or break a rule. */
  readonly onFault: (error: unknown) => void;
  /** Too many events wait. */
  readonly onOverflow: (error: unknown) => void;
}

/**
 * Events, or a function that creates them from the state in memory after all earlier events are
 * applied.
 */
export type Planned = readonly DurableEventBody[] | (() => readonly DurableEventBody[]);

interface Waiting {
  readonly bodies: Planned;
  readonly progress: readonly Progress[];
  /** Present if a person waits: a refusal by the store is reported at once, without a retry. */
  readonly person?: Deferred;
}

/**
 * Entries passed to the store in a single call. A retry repeats the batch unchanged, because a lost
 * response leaves its result unknown.
 */
interface Batch {
  readonly entries: readonly Waiting[];
  readonly events: readonly DurableEvent[];
  readonly progress: readonly Progress[];
}

interface Waiter {
  /** Number of the entry that it waits for, counted from the first. */
  readonly through: number;
  readonly onRefusal: boolean;
  readonly deferred: Deferred;
}

/** Maximum number of events in a call to the store; the others join the next call. */
const BATCH_EVENTS = 500;

export class EventLog implements Disposable {
  private seq: number;
  private lastTime: number;
  private readonly waiting: Waiting[] = [];
  private waitingEvents = 0;
  /** Number of all entries, and number of entries that are written or refused. */
  private came = 0;
  private gone = 0;
  private waiters: Waiter[] = [];
  private state:
    | { readonly kind: 'idle' | 'writing' }
    | {
        readonly kind: 'refused';
        readonly error: unknown;
        readonly batch: Batch | undefined;
        readonly retry: Disposable;
      } = { kind: 'idle' };
  private overflowed = false;
  /** A person's change with a failed write; the store may still contain it. */
  private doubt: Batch | undefined;
  private readonly attachments = new Set<Attachment>();
  private readonly outbox: SessionEvent[] = [];
  private sending = false;
  private disposed = false;

  constructor(private readonly setup: EventLogSetup) {
    this.seq = setup.counts.lastSeq;
    this.lastTime = setup.counts.lastTime;
  }

  /** Number of the last event on disk. */
  get lastSeq(): number {
    return this.seq;
  }

  get attachmentCount(): number {
    return this.attachments.size;
  }

  /** True while the store refuses to write. */
  get outage(): boolean {
    return this.state.kind === 'refused';
  }

  /** True while some events are not on disk. */
  get unwritten(): boolean {
    return this.gone < this.came;
  }

  /**
   * Adds events to write, apply and send in this order. If the store refuses, they wait for a
   * retry.
   */
  append(bodies: Planned, progress: readonly Progress[] = []): void {
    if (bodies.length === 0 && progress.length === 0 && typeof bodies !== 'function') return;
    if (typeof bodies !== 'function') for (const body of bodies) this.setup.check(body);
    this.add({ bodies, progress });
  }

  /** Resolves when all events so far are on disk. */
  written(): Promise<void> {
    return this.wait(false);
  }

  /** Resolves when all events so far are on disk or wait because the store refuses. */
  settled(): Promise<void> {
    return this.outage ? Promise.resolve() : this.wait(true);
  }

  /**
   * Resolves when the events are on disk.
   * @throws EarmarkError store.unwritable, and the errors of `bodies`; nothing is changed then
   */
  async appendNow(bodies: Planned): Promise<void> {
    const person = new Deferred();
    this.add({ bodies, progress: [], person });
    if (this.state.kind === 'refused') this.retryNow();
    await person.promise;
  }

  /** Sends an event to the current subscribers; it is not stored. */
  pass(body: TransientEventBody): void {
    if (this.attachments.size === 0) return;
    this.send([{ ...body, afterSeq: this.seq, time: this.time() }]);
  }

  attach(afterSeq: number, sink: EventSink, onGone: () => void): Attached {
    const attachment = new Attachment(
      { position: Math.min(Math.max(0, Math.trunc(afterSeq)), this.seq), sink },
      {
        lastSeq: () => this.seq,
        read: (after, limit) => this.setup.store.readEvents(this.setup.sessionId, after, limit),
        clock: this.setup.clock,
        onBroken: (error) => {
          this.setup.logger.warn('session.sinkFailed', {
            session: this.setup.sessionId,
            error: error instanceof Error ? error.name : 'unknown',
          });
          gone.dispose();
        },
      },
    );
    const gone = toDisposable(() => {
      attachment.dispose();
      this.attachments.delete(attachment);
      onGone();
    });
    this.attachments.add(attachment);
    attachment.pump();
    return { replayed: attachment.replayed, dispose: () => gone.dispose() };
  }

  dispose(): void {
    this.disposed = true;
    if (this.state.kind === 'refused') this.state.retry.dispose();
    for (const { person } of this.waiting)
      person?.reject(new EarmarkError('session.wrongState', 'The session is closing; try again.'));
    this.release((waiter) => waiter.onRefusal);
    for (const attachment of this.attachments) attachment.dispose();
    this.attachments.clear();
  }

  private add(entry: Waiting): void {
    if (this.disposed)
      return entry.person?.reject(
        new EarmarkError('session.wrongState', 'The session is closing; try again.'),
      );
    this.waiting.push(entry);
    this.came++;
    this.waitingEvents += typeof entry.bodies === 'function' ? 1 : entry.bodies.length;
    if (this.waitingEvents > this.setup.options.maxPendingEvents && !this.overflowed) {
      this.overflowed = true;
      this.setup.onOverflow(this.state.kind === 'refused' ? this.state.error : undefined);
    }
    if (this.state.kind === 'idle') void this.write(undefined);
  }

  private wait(onRefusal: boolean): Promise<void> {
    if (!this.unwritten || (onRefusal && this.disposed)) return Promise.resolve();
    const deferred = new Deferred();
    this.waiters.push({ through: this.came, onRefusal, deferred });
    return deferred.promise;
  }

  private release(which: (waiter: Waiter) => boolean): void {
    const due = this.waiters.filter(which);
    this.waiters = this.waiters.filter((waiter) => !due.includes(waiter));
    for (const { deferred } of due) deferred.resolve();
  }

  private retryNow(): void {
    if (this.state.kind !== 'refused') return;
    this.state.retry.dispose();
    void this.write(this.state.batch);
  }

  /**
   * Writes until no entry waits. One call to the store at a time, so that refused events stay
   * before later ones.
   */
  private async write(batch: Batch | undefined): Promise<void> {
    const { store, clock, sessionId } = this.setup;
    this.state = { kind: 'writing' };
    try {
      if (this.doubt && (await this.isTaken(this.doubt)))
        this.taken({ ...this.doubt, entries: [] }, clock.now());
      this.doubt = undefined;
    } catch (error) {
      return this.refused(batch, error);
    }
    for (
      let next = batch ?? this.next();
      next !== undefined && !this.disposed;
      next = this.next()
    ) {
      const begunMs = clock.now();
      try {
        await store.append(sessionId, next.events, next.progress);
      } catch (error) {
        // A person's change is not written again. The store is checked instead, because only its
        // response may be lost.
        const has =
          next.entries.some(({ person }) => person) &&
          (await this.isTaken(next).catch(() => 'unknown' as const));
        if (has === 'unknown') this.doubt = next;
        if (has !== true) return this.refused(next, error);
      }
      this.taken(next, begunMs);
    }
    this.state = { kind: 'idle' };
  }

  /**
   * Checks whether the store contains the batch. This log is the only writer, so any event after
   * the last known is from this batch.
   * @throws EarmarkError store.*
   */
  private async isTaken({ events }: Batch): Promise<boolean> {
    return (
      events.length > 0 && (await this.setup.store.counts(this.setup.sessionId)).lastSeq > this.seq
    );
  }

  /** Returns the next batch: consecutive entries that fit in a call. */
  private next(): Batch | undefined {
    for (let first = this.waiting.shift(); first !== undefined; first = this.waiting.shift()) {
      const entries = [first];
      this.waitingEvents -= typeof first.bodies === 'function' ? 1 : first.bodies.length;
      let bodies = this.planned(first);
      if (bodies === undefined) continue;
      if (!first.person) {
        for (
          let more = this.waiting[0];
          more !== undefined &&
          typeof more.bodies !== 'function' &&
          !more.person &&
          bodies.length < BATCH_EVENTS;
          more = this.waiting[0]
        ) {
          this.waiting.shift();
          this.waitingEvents -= more.bodies.length;
          entries.push(more);
          bodies = [...bodies, ...more.bodies];
        }
      }
      const progress = entries.flatMap((entry) => entry.progress);
      if (bodies.length === 0 && progress.length === 0) {
        this.leave(entries);
        continue;
      }
      const time = this.time();
      return {
        entries,
        progress,
        events: bodies.map((body, i) => ({ ...body, seq: this.seq + 1 + i, time })),
      };
    }
    return undefined;
  }

  /**
   * Creates the events of an entry after all earlier events are applied; undefined if that fails.
   */
  private planned(entry: Waiting): readonly DurableEventBody[] | undefined {
    if (typeof entry.bodies !== 'function') return entry.bodies;
    try {
      const bodies = entry.bodies();
      for (const body of bodies) this.setup.check(body);
      return bodies;
    } catch (error) {
      if (entry.person) entry.person.reject(error);
      else this.setup.onFault(error);
      this.leave([entry]);
      return undefined;
    }
  }

  private taken({ entries, events, progress }: Batch, begunMs: number): void {
    if (this.disposed) return this.leave(entries);
    const { clock, onWritten, onProgress } = this.setup;
    this.stage('store', events, begunMs);
    this.seq += events.length;
    this.lastTime = events.at(-1)?.time ?? this.lastTime;
    for (const event of events) onWritten(event);
    for (const entry of progress) onProgress(entry);
    const storedMs = clock.now();
    this.send(events);
    this.stage('send', events, storedMs);
    this.leave(entries);
  }

  /** Removes entries from the queue: they are on disk, refused or without effect. */
  private leave(entries: readonly Waiting[]): void {
    this.gone += entries.length;
    for (const { person } of entries) person?.resolve();
    this.release(({ through }) => through <= this.gone);
  }

  private refused(batch: Batch | undefined, error: unknown): void {
    if (this.disposed) return this.leave(batch?.entries ?? []);
    const { logger, sessionId, clock, options, onOutage } = this.setup;
    // A person's change is refused at once, at any place in the queue.
    const people = [...(batch?.entries ?? []), ...this.waiting].filter(({ person }) => person);
    for (const { person } of people) person?.reject(error);
    this.waiting.splice(0, Infinity, ...this.waiting.filter(({ person }) => !person));
    this.waitingEvents = this.waiting.reduce(
      (sum, { bodies }) => sum + (typeof bodies === 'function' ? 1 : bodies.length),
      0,
    );
    const left = batch?.entries.some(({ person }) => person) ? undefined : batch;
    this.leave(people);
    if (!left && this.waiting.length === 0) return void (this.state = { kind: 'idle' });
    this.state = {
      kind: 'refused',
      error,
      batch: left,
      retry: clock.setTimeout(() => this.retryNow(), options.storeRetryMs),
    };
    logger.error('store.writeFailed', {
      session: sessionId,
      error: error instanceof Error ? error.message : 'unknown',
    });
    this.release(({ onRefusal }) => onRefusal);
    onOutage(error);
  }

  private stage(stage: 'store' | 'send', events: readonly DurableEvent[], sinceMs: number): void {
    const { metrics, clock, sessionId } = this.setup;
    for (const event of events)
      if (event.kind === 'final')
        metrics?.stage({ sessionId, phraseId: event.segment.id }, stage, clock.now() - sinceMs);
  }

  private time(): number {
    return Math.max(this.lastTime, Math.round(this.setup.sessionMs()));
  }

  /** All subscribers receive events in the same order, even if a subscriber creates an event. */
  private send(events: readonly SessionEvent[]): void {
    this.outbox.push(...events);
    if (this.sending) return;
    this.sending = true;
    try {
      for (let event = this.outbox.shift(); event !== undefined; event = this.outbox.shift()) {
        for (const attachment of [...this.attachments]) attachment.receive(event);
      }
    } finally {
      this.sending = false;
    }
  }
}
