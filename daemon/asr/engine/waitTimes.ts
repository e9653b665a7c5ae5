/** Wait times of recent phrases before their decode: a window of fixed size, with percentiles. */

/** Number of stored wait times: some minutes of a busy machine. */
const REMEMBERED = 512;

export class WaitTimes {
  private readonly waits: number[] = [];
  private at = 0;

  /** @param waitMs from the request of a decode to its start */
  add(waitMs: number): void {
    this.waits[this.at] = waitMs;
    this.at = (this.at + 1) % REMEMBERED;
  }

  /**
   * Smallest wait that at least this share (0–1) of the stored phrases did not exceed, in
   * milliseconds; 0 without phrases.
   */
  percentile(share: number): number {
    const sorted = Float64Array.from(this.waits).sort();
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  }
}
