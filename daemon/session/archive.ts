/** Sessions that are over: read, attached to and revised by a person, loaded while somebody needs them. */
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { Logger } from '../base/logger';
import type { EventSink } from './api';
import { Book } from './book';
import { EventLog } from './eventLog';
import type { SessionOptions } from './options';
import type { SessionStore } from './ports';

export interface Archived {
  readonly book: Book;
  readonly log: EventLog;
}

export interface ArchiveSetup {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: SessionOptions;
}

export class Archive implements Disposable {
  private readonly open = new Map<string, Archived>();

  constructor(private readonly setup: ArchiveSetup) {}

  attachmentCount(sessionId: string): number {
    return this.open.get(sessionId)?.log.attachmentCount ?? 0;
  }

  attach(sessionId: string, afterSeq: number, sink: EventSink, onGone: () => void): Disposable {
    const { log } = this.load(sessionId);
    return log.attach(afterSeq, sink, () => {
      if (log.attachmentCount > 0) return;
      this.drop(sessionId);
      onGone();
    });
  }

  read(sessionId: string): Book {
    return this.open.get(sessionId)?.book ?? Book.load(this.setup.store, sessionId);
  }

  revise(sessionId: string, change: (where: Archived) => void): void {
    change(this.load(sessionId));
    if (this.attachmentCount(sessionId) === 0) this.drop(sessionId);
  }

  drop(sessionId: string): void {
    this.open.get(sessionId)?.log.dispose();
    this.open.delete(sessionId);
  }

  dispose(): void {
    for (const id of [...this.open.keys()]) this.drop(id);
  }

  private load(sessionId: string): Archived {
    const known = this.open.get(sessionId);
    if (known) return known;
    const { store, clock, logger, options } = this.setup;
    const book = Book.load(store, sessionId);
    const created = store.getSession(sessionId)?.createdMs;
    const log = new EventLog({
      sessionId, store, clock, logger, options,
      sessionMs: () => (created === undefined ? 0 : clock.wall() - created),
      check: (body) => book.check(body),
      onWritten: (event) => book.apply(event),
      onProgress: () => undefined,
      onOutage: () => undefined, // Only a person writes here, and `appendNow` tells the person.
      onOverflow: () => undefined,
    });
    const archived = { book, log };
    this.open.set(sessionId, archived);
    return archived;
  }
}
