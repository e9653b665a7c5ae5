/**
 * Leases: exclusive rights of a process of a team, such as a session or a place of a semaphore. A
 * lease expires unless it is renewed, so a dead process holds nothing.
 */
import type { Disposable } from '../base/disposable';
import { Emitter } from '../base/emitter';
import type { Lease } from '../base/lease';

export interface Leases extends Disposable {
  /**
   * Claims a lease.
   * @param note identifies the holder to other processes
   * @returns undefined if another process holds it
   * @throws EarmarkError rpc.timeout if the state is unavailable
   */
  claim(key: string, note: string): Promise<Lease | undefined>;
  /**
   * Returns the note of the holder.
   * @throws EarmarkError rpc.timeout
   */
  holder(key: string): Promise<string | undefined>;
}

/** Leases within a single process; other processes do not share them. */
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
