/**
 * How long the last phrases waited for their decode: a window of a fixed size, from which
 * percentiles are read.
 */

/** Phrases that are remembered: some minutes of a busy machine. */
const REMEMBERED = 512;

export class WaitTimes {
  private readonly waits: number[] = [];
  private at = 0;

  /** @param waitMs from the wish for a decode to its begin */
  add(waitMs: number): void {
    this.waits[this.at] = waitMs;
    this.at = (this.at + 1) % REMEMBERED;
  }

  /**
   * The smallest wait that at least this share (0–1) of the remembered phrases did not exceed, in
   * milliseconds; 0 before the first.
   */
  percentile(share: number): number {
    const sorted = Float64Array.from(this.waits).sort();
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  }
}
