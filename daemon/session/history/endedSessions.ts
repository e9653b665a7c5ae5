/**
 * Ended sessions, loaded while a client needs them. Clients read them, attach to them and revise
 * them. Calls about a session run in sequence (`Turns`).
 */
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { EventSink } from '../contract/api';
import type { Attached } from '../lifecycle/attachment';
import { SessionProjection } from '../events/sessionProjection';
import { EventLog } from '../events/eventLog';
import type { SessionOptions } from '../contract/options';
import type { SessionStore } from '../contract/store';

export interface Archived {
  readonly projection: SessionProjection;
  readonly log: EventLog;
}

export interface EndedSessionsSetup {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: SessionOptions;
}

export class EndedSessions implements Disposable {
  private readonly open = new Map<string, Archived>();

  constructor(private readonly setup: EndedSessionsSetup) {}

  attachmentCount(sessionId: string): number {
    return this.open.get(sessionId)?.log.attachmentCount ?? 0;
  }

  async load(sessionId: string): Promise<Archived> {
    const { store, clock, logger, options } = this.setup;
    if (!this.open.has(sessionId)) {
      const [projection, counts, record] = await Promise.all([
        SessionProjection.load(store, sessionId),
        store.counts(sessionId),
        store.getSession(sessionId),
      ]);
      const created = record?.createdMs;
      const log = new EventLog({
        sessionId,
        store,
        counts,
        clock,
        logger,
        options,
        sessionMs: () => (created === undefined ? 0 : clock.wall() - created),
        check: (body) => projection.check(body),
        onWritten: (event) => projection.apply(event),
        onProgress: () => undefined,
        // Only a person writes here, and `appendNow` reports the error to that person.
        onOutage: () => undefined,
        onFault: () => undefined,
        onOverflow: () => undefined,
      });
      this.open.set(sessionId, { projection, log });
    }
    return this.open.get(sessionId) as Archived;
  }

  /** @param archived result of `load` */
  attach(
    sessionId: string,
    { log }: Archived,
    afterSeq: number,
    sink: EventSink,
    onGone: () => void,
  ): Attached {
    return log.attach(afterSeq, sink, () => {
      if (log.attachmentCount > 0) return;
      this.drop(sessionId);
      onGone();
    });
  }

  async read(sessionId: string): Promise<SessionProjection> {
    return (
      this.open.get(sessionId)?.projection ??
      (await SessionProjection.load(this.setup.store, sessionId))
    );
  }

  async revise(sessionId: string, change: (where: Archived) => Promise<void>): Promise<void> {
    try {
      await change(await this.load(sessionId));
    } finally {
      if (this.attachmentCount(sessionId) === 0) this.drop(sessionId);
    }
  }

  drop(sessionId: string): void {
    this.open.get(sessionId)?.log.dispose();
    this.open.delete(sessionId);
  }

  dispose(): void {
    for (const id of [...this.open.keys()]) this.drop(id);
  }
}
