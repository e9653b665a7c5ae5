/**
 * Who may write which note. The lease ends with the holder's connection, and with its silence: an
 * extension host whose window is gone keeps its connection for hours and writes nothing.
 */
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { ClientContext } from './clientContext';

/** A window writes at the latest 3 s after a change; so long it may be held up. */
const SILENT_MS = 15_000;

interface NoteLease {
  readonly holder: ClientContext;
  /** Last event that the holder has asked a plan for, −1 before it asked for one. */
  seq: number;
  /** Somebody else asked while events waited. */
  watch?: Disposable;
}

export class NoteLeases {
  private readonly leases = new Map<string, NoteLease>();

  /**
   *
   * @param onFree told when a holder went away or was silent, not when it gave the lease back for
   * itself to take again
   */
  constructor(
    private readonly clock: Pick<Clock, 'setTimeout'>,
    private readonly onFree: (sessionId: string, former: ClientContext) => void,
  ) {}

  /**
   * Where another has the lease and takes in nothing of what came for 15 s from now on, it loses it
   * and `onFree` tells.
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

  /** The holder asked for what there is up to `seq`. */
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
