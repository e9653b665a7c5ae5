/**
 * A number of places that all processes of a team share: sessions of a user, questions to a
 * language model. Each place is a lease, so there are never more holders than places, whoever asks
 * at the same moment, and a process that dies frees its own.
 */
import type { Lease, Leases } from './leases';

export class DistributedSemaphore {
  /** By kind, the search that runs, and the questions that wait for it. */
  private readonly asking = new Map<string, ((found: Promise<Lease | undefined>) => void)[]>();

  constructor(
    private readonly leases: Leases,
    private readonly note: string,
    /** 0–1. */
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * One search after the other for a kind: one that finds all taken answers for everybody who asked
   * before it began.
   * @param max all of them
   * @returns undefined where all are taken @throws EarmarkError rpc.timeout where nobody can say so
   * now
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

  /** From a place by chance, so that processes do not all try the same one. */
  private async search(kind: string, max: number): Promise<Lease | undefined> {
    const from = Math.floor(this.random() * max);
    for (let i = 0; i < max; i++) {
      const lease = await this.leases.claim(`${kind}.${(from + i) % max}`, this.note);
      if (lease) return lease;
    }
    return undefined;
  }
}
