/**
 * The one writer of a session's events. A durable event gets the next number and is on disk before
 * anybody hears of it; a passing one carries the last durable number. One write is under way at a
 * time, and what comes meanwhile goes with the next. Attachments replay from the store, then go
 * live.
 */
import { EarmarkError } from '../../protocol/errors';
import type { Clock } from '../base/clock';
import { type Disposable, toDisposable } from '../base/disposable';
import type { Logger } from '../base/logger';
import type { MetricRecorder } from '../telemetry/metrics';
import type { EventSink } from './api';
import { type Attached, Attachment } from './attachment';
import type { DurableEvent, DurableEventBody, TransientEventBody, SessionEvent } from './events';
import type { SessionOptions } from './options';
import type { Progress, SessionCounts, SessionStore } from './ports';
import { Deferred } from './wait';

export interface EventLogSetup {
  readonly sessionId: string;
  readonly store: SessionStore;
  /** The part of the session that is in the store. */
  readonly counts: Pick<SessionCounts, 'lastSeq' | 'lastTime'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent: nobody counts. */
  readonly metrics?: MetricRecorder | undefined;
  readonly options: Pick<SessionOptions, 'maxPendingEvents' | 'storeRetryMs'>;
  /** Milliseconds since session start. */
  readonly sessionMs: () => number;
  /**
   * @throws Error when the event breaks a rule of the session (a second final of an id, words
   * changed by the machine)
   */
  readonly check: (body: DurableEventBody) => void;
  /** Takes an event that is on disk into what the daemon holds in memory, before it is sent. */
  readonly onWritten: (event: DurableEvent) => void;
  /** This much of a source is final on disk. */
  readonly onProgress: (progress: Progress) => void;
  /** The store refused; what is to be written waits and is tried again. */
  readonly onOutage: (error: unknown) => void;
  /** Events could not be made, or break a rule. */
  readonly onFault: (error: unknown) => void;
  /** More waits than may wait. */
  readonly onOverflow: (error: unknown) => void;
}

/**
 * Events that are known, or that are made from what the daemon holds in memory once everything
 * before them is in it.
 */
export type Planned = readonly DurableEventBody[] | (() => readonly DurableEventBody[]);

interface Waiting {
  readonly bodies: Planned;
  readonly progress: readonly Progress[];
  /** A person waits for it: the store's refusal is reported at once, without a later retry. */
  readonly person?: Deferred;
}

/**
 * What was handed to the store in one call; tried again as it is, because nobody knows whether it
 * was taken.
 */
interface Batch {
  readonly entries: readonly Waiting[];
  readonly events: readonly DurableEvent[];
  readonly progress: readonly Progress[];
}

interface Waiter {
  /** Entry that it waits for, counted from the first. */
  readonly through: number;
  readonly onRefusal: boolean;
  readonly deferred: Deferred;
}

/** Events of one call to the store; more that wait go with the next. */
const BATCH_EVENTS = 500;

export class EventLog implements Disposable {
  private seq: number;
  private lastTime: number;
  private readonly waiting: Waiting[] = [];
  private waitingEvents = 0;
  /** Entries that ever came, and those that are on disk or were refused. */
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
  /** A change of a person's that was refused; nobody could say whether the store has it. */
  private doubt: Batch | undefined;
  private readonly attachments = new Set<Attachment>();
  private readonly outbox: SessionEvent[] = [];
  private sending = false;
  private disposed = false;

  constructor(private readonly setup: EventLogSetup) {
    this.seq = setup.counts.lastSeq;
    this.lastTime = setup.counts.lastTime;
  }

  /** Last event that is on disk. */
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

  /** True while something is not on disk. */
  get unwritten(): boolean {
    return this.gone < this.came;
  }

  /**
   * Events that are written, taken into memory and sent, in the order in which they come here;
   * where the store refuses they wait and are tried again.
   */
  append(bodies: Planned, progress: readonly Progress[] = []): void {
    if (bodies.length === 0 && progress.length === 0 && typeof bodies !== 'function') return;
    if (typeof bodies !== 'function') for (const body of bodies) this.setup.check(body);
    this.add({ bodies, progress });
  }

  /** Resolves when everything that came so far is on disk. */
  written(): Promise<void> {
    return this.wait(false);
  }

  /**
   * Resolves when everything that came so far is on disk, or has to wait because the store refuses.
   */
  settled(): Promise<void> {
    return this.outage ? Promise.resolve() : this.wait(true);
  }

  /**
   * Resolves when it is on disk. @throws EarmarkError store.unwritable, and what `bodies` throws;
   * nothing was changed then
   */
  async appendNow(bodies: Planned): Promise<void> {
    const person = new Deferred();
    this.add({ bodies, progress: [], person });
    if (this.state.kind === 'refused') this.retryNow();
    await person.promise;
  }

  /** Sends to those who listen now; not stored. */
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
   * Writes until nothing waits. One call to the store at a time, so that what is refused stays in
   * front of what follows it.
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
        // A change of a person's is not asked for again: the store says whether it has it, though
        // its answer was lost.
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
   * There is one writer: what stands behind the last event that is known here was in this batch.
   * @throws EarmarkError store.*
   */
  private async isTaken({ events }: Batch): Promise<boolean> {
    return (
      events.length > 0 && (await this.setup.store.counts(this.setup.sessionId)).lastSeq > this.seq
    );
  }

  /** The next batch: consecutive entries that one call can write. */
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
   * The events of an entry now that everything before it is in memory; undefined where there can be
   * none.
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

  /** They wait no more: on disk, refused to their person, or of no consequence. */
  private leave(entries: readonly Waiting[]): void {
    this.gone += entries.length;
    for (const { person } of entries) person?.resolve();
    this.release(({ through }) => through <= this.gone);
  }

  private refused(batch: Batch | undefined, error: unknown): void {
    if (this.disposed) return this.leave(batch?.entries ?? []);
    const { logger, sessionId, clock, options, onOutage } = this.setup;
    // A change of a person's is refused instead of waiting, wherever it stands.
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

  /** Everybody hears events in order, also when hearing one makes another. */
  private send(events: readonly SessionEvent[]): void {
    this.outbox.push(...events);
    if (this.sending) return;
    this.sending = true;
    try {
      for (let event = this.outbox.shift(); event !== undefined; event = this.outbox.shift()) {
        for (const attachment of [...this.attachments]) attachment.recognise(event);
      }
    } finally {
      this.sending = false;
    }
  }
}
