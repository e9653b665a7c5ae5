/**
 * What one process of a team holds alone, for as long as it says so: a session, one of so many
 * places. A lease that is not renewed runs out by itself, so a process that dies keeps nothing.
 */
import type { Disposable } from '../base/disposable';
import { Emitter, type Event } from '../base/emitter';

export interface Lease {
  readonly key: string;
  /** Grows with every claim of the key, by whomever: what comes with an older one is refused. */
  readonly token: number;
  /** Somebody else may have it now; fires once. */
  readonly onDidLose: Event<void>;
  /** Gives it back. Idempotent. */
  release(): Promise<void>;
}

export interface Leases extends Disposable {
  /**
   * @param note who holds it, for others to read
   * @returns undefined where another one holds it
   * @throws EarmarkError rpc.timeout where nobody can say so now
   */
  claim(key: string, note: string): Promise<Lease | undefined>;
  /** The note of who holds it. @throws EarmarkError rpc.timeout */
  holder(key: string): Promise<string | undefined>;
}

/** Leases of one process: all of its parts see them, nobody else does. */
export class MemoryLeases implements Leases {
  private readonly held = new Map<string, { readonly note: string }>();
  private last = 0;

  claim(key: string, note: string): Promise<Lease | undefined> {
    if (this.held.has(key)) return Promise.resolve(undefined);
    const mine = { note };
    this.held.set(key, mine);
    const lost = new Emitter<void>();
    return Promise.resolve({
      key,
      token: ++this.last,
      onDidLose: lost.event,
      release: () => {
        if (this.held.get(key) === mine) this.held.delete(key);
        return Promise.resolve();
      },
    });
  }

  holder(key: string): Promise<string | undefined> {
    return Promise.resolve(this.held.get(key)?.note);
  }

  dispose(): void {
    this.held.clear();
  }
}
