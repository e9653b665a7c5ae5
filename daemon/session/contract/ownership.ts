/** Contract of ownership: one of several servers runs a session. */
import type { Event } from '../../base/emitter';

export interface Ownership {
  /**
   * Takes a session over. Afterwards, this server's store and spool contain the team's data of it.
   * Idempotent.
   * @throws EarmarkError rpc.timeout if a living server owns the session, rpc.draining if this
   * server is ending
   */
  take(sessionId: string): Promise<void>;
  /** Gives a session up. Another server may continue it at once; this server has closed it. */
  giveUp(sessionId: string): Promise<void>;
  /** The session is finished. */
  over(sessionId: string): void;
  /** Refuses takeovers after this call. */
  drain(): void;
  /** Another server took the session over; `giveUp` follows. */
  readonly onDidLose: Event<string>;
}
