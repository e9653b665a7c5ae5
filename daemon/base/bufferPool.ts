/**
 * Reused buffers of the audio path, so that an hour of audio makes no garbage. The taker owns a
 * buffer until it returns it, once; its initial content is undefined. Bounded: buffers returned
 * beyond `keep` are dropped.
 */

export interface PoolStats {
  readonly name: string;
  /** Buffers in use. */
  readonly used: number;
  readonly free: number;
  /** Buffers taken since the start, and the number that had to be allocated. */
  readonly taken: number;
  readonly made: number;
}

export class BufferPool<T extends object> {
  private readonly free: T[] = [];
  private used = 0;
  private taken = 0;
  private made = 0;

  constructor(
    readonly name: string,
    private readonly make: () => T,
    private readonly keep: number,
  ) {}

  take(): T {
    this.used++;
    this.taken++;
    const buffer = this.free.pop();
    if (buffer) return buffer;
    this.made++;
    return this.make();
  }

  give(buffer: T): void {
    this.used--;
    if (this.free.length < this.keep) this.free.push(buffer);
  }

  get metrics(): PoolStats {
    const { name, used, taken, made } = this;
    return { name, used, free: this.free.length, taken, made };
  }
}
