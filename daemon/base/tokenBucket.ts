/**
 * A rate with a burst: what was not used fills the bucket up to its size, what is taken empties it.
 */
export class TokenBucket {
  private level: number;
  private at: number;

  /**
   *
   * @param rate units a second
   * @param size units that may be taken at once
   * @param now milliseconds
   */
  constructor(
    private readonly rate: number,
    private readonly size: number,
    now: number,
  ) {
    this.level = size;
    this.at = now;
  }

  /**
   * Milliseconds until `units` may be taken; 0 where they were taken. More than the size is taken
   * when the bucket is full, and owed.
   */
  take(units: number, now: number): number {
    this.level = Math.min(this.size, this.level + (Math.max(0, now - this.at) * this.rate) / 1000);
    this.at = now;
    const missing = Math.min(units, this.size) - this.level;
    if (missing > 0) return Math.ceil((missing * 1000) / this.rate);
    this.level -= units;
    return 0;
  }
}
