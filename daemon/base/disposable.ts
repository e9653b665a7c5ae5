/**
 * Resources that must be released. A store registers them where they are made; late additions are
 * disposed immediately.
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
   * Disposes in reverse order. Disposes every item even if one throws, then throws the first error.
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
