/**
 * Things that must be given back. A store takes them where they are made; late additions are
 * disposed at once.
 */

export interface Disposable {
  dispose(): void;
}

export function toDisposable(fn: () => void): Disposable {
  let done = false;
  return {
    dispose: () => {
      if (done) return;
      done = true;
      fn();
    },
  };
}

export class DisposableStore implements Disposable {
  private readonly items = new Set<Disposable>();
  private disposed = false;

  add<T extends Disposable>(item: T): T {
    if (this.disposed) item.dispose();
    else this.items.add(item);
    return item;
  }

  /**
   * Disposes in reverse order; every item is disposed even when one throws, then the first error is
   * thrown.
   */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    let first: { error: unknown } | undefined;
    for (const item of [...this.items].reverse()) {
      try {
        item.dispose();
      } catch (error) {
        first ??= { error };
      }
    }
    this.items.clear();
    if (first) throw first.error;
  }
}
