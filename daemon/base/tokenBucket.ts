/** A rate limit with a burst: unused rate fills the bucket up to its size, use empties it. */
export class TokenBucket {
  private level: number;
  private at: number;

  /**
   * @param rate units a second
   * @param size units available at once
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
   * Returns the milliseconds until `units` are available; 0 if they were taken. An amount above the
   * size is taken from a full bucket and owed.
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
