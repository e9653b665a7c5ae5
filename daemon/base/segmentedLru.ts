/** Recently used values; an evicted value is made again. */

export class SegmentedLru<K, V extends object> {
  private young = new Map<K, V>();
  private old: ReadonlyMap<K, V> = new Map();

  /**
   * @param count a value stays while at most this number of others is used; the cache holds at most
   * twice as many
   */
  constructor(
    private readonly count: number,
    private readonly make: (key: K) => V,
  ) {}

  get(key: K): V {
    const kept = this.young.get(key);
    if (kept) return kept;
    const value = this.old.get(key) ?? this.make(key);
    if (this.young.size >= this.count) [this.old, this.young] = [this.young, new Map<K, V>()];
    this.young.set(key, value);
    return value;
  }
}
