/** Serialises work: tasks with one key run in the order of their requests. */

export class KeyedMutex {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs `work` after all earlier tasks of the same key. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key);
    return this.enter(key, before ? before.then(work, work) : work());
  }

  /** Runs `work` after all earlier tasks. */
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
