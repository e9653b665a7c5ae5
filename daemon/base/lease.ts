/** An exclusive right that another process may take over. */
import type { Event } from './emitter';

export interface Lease {
  readonly key: string;
  /** Grows with every claim of the key by any process; writes with an older token are refused. */
  readonly token: number;
  /** Another process may hold the lease now; fires once. */
  readonly onDidLose: Event<void>;
  /** Releases the lease. Idempotent. */
  release(): Promise<void>;
}
