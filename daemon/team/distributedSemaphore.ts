/**
 * A limited number of places shared by all processes of a team: sessions of a user, requests to a
 * language model. Each place is a lease. There are never more holders than places, and a dead
 * process frees its place.
 */
import type { Lease } from '../base/lease';
import type { Leases } from './leases';

export class DistributedSemaphore {
  /** By kind: requests that wait for the running search. */
  private readonly asking = new Map<string, ((found: Promise<Lease | undefined>) => void)[]>();

  constructor(
    private readonly leases: Leases,
    private readonly note: string,
    /** 0–1. */
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * Takes a place. Searches for a kind run in sequence. If a search finds no free place, it answers
   * all requests from before its start.
   * @param max number of places
   * @returns undefined if all places are taken
   * @throws EarmarkError rpc.timeout if the state is unavailable
   */
  take(kind: string, max: number): Promise<Lease | undefined> {
    return new Promise((resolve) => {
      const waiting = this.asking.get(kind);
      if (waiting) waiting.push(resolve);
      else {
        this.asking.set(kind, [resolve]);
        void this.serve(kind, max);
      }
    });
  }

  private async serve(kind: string, max: number): Promise<void> {
    for (let waiting = this.asking.get(kind) ?? []; waiting.length > 0;) {
      const before = waiting.length;
      const found = this.search(kind, max);
      const none = await found.then(
        (place) => place === undefined,
        () => true,
      );
      for (const answer of waiting.splice(0, none ? before : 1)) answer(found);
    }
    this.asking.delete(kind);
  }

  /** Starts at a random place, so that processes do not all try the same place. */
  private async search(kind: string, max: number): Promise<Lease | undefined> {
    const from = Math.floor(this.random() * max);
    for (let i = 0; i < max; i++) {
      const lease = await this.leases.claim(`${kind}.${(from + i) % max}`, this.note);
      if (lease) return lease;
    }
    return undefined;
  }
}
