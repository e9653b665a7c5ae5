/** A queue of fixed size; a push to a full queue removes and returns the oldest item. */

export class BoundedQueue<T> {
  private items: (T | undefined)[];
  private head = 0;
  private count = 0;

  constructor(readonly capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`A queue needs a capacity of at least 1, got ${capacity}.`);
    this.items = new Array<T | undefined>(capacity);
  }

  get length(): number {
    return this.count;
  }

  /** Adds at the end; returns the removed item, if any. */
  push(item: T): T | undefined {
    let left: T | undefined;
    if (this.count === this.capacity) left = this.shift();
    this.items[(this.head + this.count) % this.capacity] = item;
    this.count++;
    return left;
  }

  shift(): T | undefined {
    if (this.count === 0) return undefined;
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head = (this.head + 1) % this.capacity;
    this.count--;
    return item;
  }

  peek(): T | undefined {
    return this.count === 0 ? undefined : this.items[this.head];
  }

  clear(): void {
    this.items = new Array<T | undefined>(this.capacity);
    this.head = 0;
    this.count = 0;
  }
}
