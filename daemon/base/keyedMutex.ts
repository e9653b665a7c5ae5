/**
 * Order where many connections could overtake each other: work on one key is done in the order in
 * which it was asked for.
 */

export class KeyedMutex {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs `work` when what was asked for with the same key before is over. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key);
    return this.enter(key, before ? before.then(work, work) : work());
  }

  /** Runs `work` when all that was asked for before is over. */
  async afterAll<T>(work: () => Promise<T>): Promise<T> {
    await Promise.allSettled(this.last.values());
    return work();
  }

  private enter<T>(key: string, turn: Promise<T>): Promise<T> {
    this.last.set(key, turn);
    const leave = (): void => {
      if (this.last.get(key) === turn) this.last.delete(key);
    };
    turn.then(leave, leave);
    return turn;
  }
}
