/**
 * Buffers of the audio path that are used over and over, so that an hour of audio makes no garbage.
 * Who takes one owns it until it gives it back, once; what it holds is whatever was in it. Bounded:
 * what is given back beyond `keep` goes.
 */

export interface PoolStats {
  readonly name: string;
  /** Taken and not given back. */
  readonly used: number;
  readonly free: number;
  /** Taken since the start, and how many of these had to be made. */
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
