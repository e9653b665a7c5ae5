/**
 * The one writer of a session's events. A durable event gets the next number and is on disk before anybody hears of
 * it; a passing one carries the last durable number. Attachments replay from the store, then go live.
 */
import type { Clock } from '../base/clock';
import { type Disposable, toDisposable } from '../base/disposable';
import type { Logger } from '../base/logger';
import type { Figures } from '../telemetry/figures';
import type { EventSink } from './api';
import { Attachment } from './attachment';
import type { DurableEvent, DurableEventBody, PassingEventBody, SessionEvent } from './events';
import type { SessionOptions } from './options';
import type { Progress, SessionStore } from './ports';
import { Deferred } from './wait';

export interface EventLogSetup {
  readonly sessionId: string;
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent: nobody counts. */
  readonly figures?: Figures | undefined;
  readonly options: Pick<SessionOptions, 'maxPendingEvents' | 'storeRetryMs'>;
  /** Milliseconds since session start. */
  readonly sessionMs: () => number;
  /** @throws Error when the event breaks a rule of the session (a second final of an id, words changed by the machine) */
  readonly check: (body: DurableEventBody) => void;
  /** Takes an event that is on disk into what the daemon holds in memory, before it is sent. */
  readonly onWritten: (event: DurableEvent) => void;
  /** This much of a source is final on disk. */
  readonly onProgress: (progress: Progress) => void;
  /** The store refused; what is to be written waits and is tried again. Told once an outage. */
  readonly onOutage: (error: unknown) => void;
  /** More waits than may wait. */
  readonly onOverflow: (error: unknown) => void;
}

interface Waiting {
  readonly bodies: readonly DurableEventBody[];
  readonly progress: readonly Progress[];
}

export class EventLog implements Disposable {
  private seq: number;
  private lastTime: number;
  private waiting: Waiting[] = [];
  private waitingEvents = 0;
  private retry: Disposable | undefined;
  private empty: Deferred | undefined;
  private readonly attachments = new Set<Attachment>();
  private readonly outbox: SessionEvent[] = [];
  private sending = false;
  private disposed = false;

  constructor(private readonly setup: EventLogSetup) {
    const counts = setup.store.counts(setup.sessionId);
    this.seq = counts.lastSeq;
    this.lastTime = counts.lastTime;
  }

  get lastSeq(): number {
    return this.seq;
  }

  get attachmentCount(): number {
    return this.attachments.size;
  }

  /** True while the store refuses to write. */
  get outage(): boolean {
    return this.waiting.length > 0;
  }

  /** Writes and sends; where the store refuses, the events wait in order and are tried again. */
  append(bodies: readonly DurableEventBody[], progress: readonly Progress[] = []): void {
    if (bodies.length === 0 && progress.length === 0) return;
    for (const body of bodies) this.setup.check(body);
    this.waiting.push({ bodies, progress });
    this.waitingEvents += bodies.length;
    this.writeWaiting(false);
  }

  /** Resolves when everything is on disk. */
  written(): Promise<void> {
    if (!this.outage) return Promise.resolve();
    this.empty ??= new Deferred();
    return this.empty.promise;
  }

  /** Writes and sends, or says why not. @throws EarmarkError store.unwritable; nothing was changed then */
  appendNow(bodies: readonly DurableEventBody[]): void {
    this.writeWaiting(true);
    for (const body of bodies) this.setup.check(body);
    this.write({ bodies, progress: [] });
  }

  /** Sends to those who listen now; not stored. */
  pass(body: PassingEventBody): void {
    if (this.attachments.size === 0) return;
    this.send([{ ...body, afterSeq: this.seq, time: this.time() }]);
  }

  attach(afterSeq: number, sink: EventSink, onGone: () => void): Disposable {
    const attachment = new Attachment(
      { position: Math.min(Math.max(0, Math.trunc(afterSeq)), this.seq), sink },
      {
        lastSeq: () => this.seq,
        read: (after, limit) => this.setup.store.readEvents(this.setup.sessionId, after, limit),
        clock: this.setup.clock,
        onBroken: (error) => {
          this.setup.logger.warn('session.sinkFailed', { session: this.setup.sessionId, error: error instanceof Error ? error.name : 'unknown' });
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
    return gone;
  }

  dispose(): void {
    this.disposed = true;
    this.retry?.dispose();
    for (const attachment of this.attachments) attachment.dispose();
    this.attachments.clear();
  }

  private writeWaiting(rethrow: boolean): void {
    if (this.retry !== undefined && !rethrow) return this.guard();
    try {
      for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
        this.write(next, () => {
          this.waiting.shift();
          this.waitingEvents -= next.bodies.length;
        });
      }
      this.empty?.resolve();
      this.empty = undefined;
    } catch (error) {
      if (this.disposed) return;
      if (this.retry === undefined) {
        this.setup.logger.error('store.writeFailed', { session: this.setup.sessionId, error: error instanceof Error ? error.message : 'unknown' });
        this.retryLater();
        this.setup.onOutage(error);
      }
      this.guard(error);
      if (rethrow) throw error;
    }
  }

  private retryLater(): void {
    this.retry = this.setup.clock.setTimeout(() => {
      this.retry = undefined;
      if (!this.disposed) this.writeWaiting(false);
    }, this.setup.options.storeRetryMs);
  }

  private guard(error?: unknown): void {
    if (this.waitingEvents > this.setup.options.maxPendingEvents) this.setup.onOverflow(error);
  }

  private write({ bodies, progress }: Waiting, onWritten: () => void = () => undefined): void {
    const time = this.time();
    const events: DurableEvent[] = bodies.map((body, i) => ({ ...body, seq: this.seq + 1 + i, time }));
    const begunMs = this.setup.clock.now();
    this.setup.store.append(this.setup.sessionId, events, progress);
    this.stage('store', events, begunMs);
    this.seq += events.length;
    this.lastTime = time;
    onWritten();
    for (const event of events) this.setup.onWritten(event);
    for (const entry of progress) this.setup.onProgress(entry);
    const storedMs = this.setup.clock.now();
    this.send(events);
    this.stage('send', events, storedMs);
  }

  private stage(stage: 'store' | 'send', events: readonly DurableEvent[], sinceMs: number): void {
    const { figures, clock, sessionId } = this.setup;
    for (const event of events) if (event.kind === 'final') figures?.stage({ sessionId, phraseId: event.segment.id }, stage, clock.now() - sinceMs);
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
        for (const attachment of [...this.attachments]) attachment.hear(event);
      }
    } finally {
      this.sending = false;
    }
  }
}
