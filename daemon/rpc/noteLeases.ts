/**
 * Leases on notes: only the holder may write a note. A lease ends when the holder disconnects or
 * stays silent. An extension host can keep its connection for hours after its window has closed.
 */
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { ClientContext } from './clientContext';

/**
 * Silence that ends a lease. A window writes at most 3 s after a change; the rest allows for
 * delays.
 */
const SILENT_MS = 15_000;

interface NoteLease {
  readonly holder: ClientContext;
  /** Last event for which the holder requested a plan; −1 before the first request. */
  seq: number;
  /** Timer that runs if another client asked while events waited. */
  watch?: Disposable;
}

export class NoteLeases {
  private readonly leases = new Map<string, NoteLease>();

  /**
   * Creates the leases.
   * @param onFree called when a holder disconnected or was silent, but not when it released the
   * lease itself
   */
  constructor(
    private readonly clock: Pick<Clock, 'setTimeout'>,
    private readonly onFree: (sessionId: string, former: ClientContext) => void,
  ) {}

  /**
   * Takes the lease if it is free. If another client holds it and processes no waiting event within
   * 15 s, that client loses the lease and `onFree` is called.
   * @param seq last event of the session
   */
  take(sessionId: string, client: ClientContext, seq: number): boolean {
    const lease = this.leases.get(sessionId);
    if (!lease) {
      this.leases.set(sessionId, { holder: client, seq: -1 });
      return true;
    }
    if (lease.holder === client) return true;
    if (lease.seq < seq)
      lease.watch ??= this.clock.setTimeout(() => this.release(sessionId, lease.holder), SILENT_MS);
    return false;
  }

  holds(sessionId: string, client: ClientContext): boolean {
    return this.leases.get(sessionId)?.holder === client;
  }

  /** The holder requested a plan for all events up to `seq`. */
  planned(sessionId: string, client: ClientContext, seq: number): void {
    const lease = this.leases.get(sessionId);
    if (lease?.holder !== client) return;
    lease.seq = seq;
    lease.watch?.dispose();
    delete lease.watch;
  }

  release(sessionId: string, client: ClientContext): void {
    const lease = this.leases.get(sessionId);
    if (lease?.holder !== client) return;
    lease.watch?.dispose();
    this.leases.delete(sessionId);
    this.onFree(sessionId, client);
  }

  releaseAll(client: ClientContext): void {
    for (const [sessionId, { holder }] of [...this.leases])
      if (holder === client) this.release(sessionId, client);
  }
}
