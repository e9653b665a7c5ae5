/**
 * A subscriber's position in the events of a session. It replays missed events from the store, then
 * receives new events.
 */
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { EventSink } from '../contract/api';
import type { DurableEvent, SessionEvent } from '../contract/events';

export interface Attached extends Disposable {
  /**
   * Resolves after the first page of missed events was sent. A response sent later follows those
   * events.
   */
  readonly replayed: Promise<void>;
}

/** Events of a page. Other subscribers are served between two pages. */
const PAGE = 200;

export interface AttachmentSource {
  readonly lastSeq: () => number;
  readonly read: (afterSeq: number, limit: number) => Promise<readonly DurableEvent[]>;
  readonly clock: Clock;
  readonly onBroken: (error: unknown) => void;
}

export class Attachment implements Attached {
  private position: number;
  private readonly sink: EventSink;
  private turn: Disposable | undefined;
  private open = true;
  private reading = false;
  private first: Promise<void> | undefined;

  constructor(
    { position, sink }: { readonly position: number; readonly sink: EventSink },
    private readonly source: AttachmentSource,
  ) {
    this.position = position;
    this.sink = sink;
  }

  get replayed(): Promise<void> {
    return this.first ?? Promise.resolve();
  }

  /**
   * Takes an event as it is sent. During a replay the event waits; the pump reads it from the
   * store.
   */
  receive(event: SessionEvent): void {
    if (!this.open) return;
    if ('afterSeq' in event) {
      if (event.afterSeq === this.position) this.give(event);
    } else if (event.seq === this.position + 1) this.give(event);
    else if (event.seq > this.position) this.pumpSoon();
  }

  /** Sends a page of missed events; later turns send the rest. */
  pump(): void {
    if (
      !this.open ||
      this.turn !== undefined ||
      this.reading ||
      this.position >= this.source.lastSeq()
    )
      return;
    this.reading = true;
    const page = this.page(this.source.lastSeq());
    this.first ??= page;
    void page
      .finally(() => (this.reading = false))
      .then(() => this.open && this.position < this.source.lastSeq() && this.pumpSoon());
  }

  /** @param stored last number on disk at the time of the request */
  private async page(stored: number): Promise<void> {
    const before = this.position;
    try {
      for (const event of await this.source.read(before, PAGE)) {
        if (this.open && event.seq === this.position + 1) this.give(event);
      }
      if (this.open && this.position === before && stored > before)
        throw new Error('The store lacks events that it counts.');
    } catch (error) {
      if (this.open) this.source.onBroken(error);
    }
  }

  dispose(): void {
    this.open = false;
    this.turn?.dispose();
  }

  private pumpSoon(): void {
    this.turn ??= this.source.clock.setTimeout(() => {
      this.turn = undefined;
      this.pump();
    }, 0);
  }

  private give(event: SessionEvent): void {
    if ('seq' in event) this.position = event.seq;
    try {
      this.sink(event);
    } catch (error) {
      this.open = false;
      this.source.onBroken(error);
    }
  }
}
