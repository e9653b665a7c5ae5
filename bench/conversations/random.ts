/** Draws from a fixed seed, so that every run simulates the same conversations. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** 0…1; the generator Mulberry32 of Tommy Ettinger, public domain. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** Box and Muller's method. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** Log-normal with this median. */
  around(median: number, spread: number): number {
    return median * Math.exp(spread * this.normal());
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  shuffled<T>(all: readonly T[]): T[] {
    const out = [...all];
    for (let i = out.length - 1; i > 0; i--) {
      const other = this.below(i + 1);
      [out[i], out[other]] = [out[other] as T, out[i] as T];
    }
    return out;
  }
}
