/** Recent durations, for percentiles over a time window. */

/** Finals of five busy minutes. */
const REMEMBERED = 512;

export class RecentTimes {
  private readonly times: { readonly atMs: number; readonly ms: number }[] = [];

  add(atMs: number, ms: number): void {
    this.times.push({ atMs, ms });
    if (this.times.length > REMEMBERED) this.times.shift();
  }

  /**
   * @param share 0–1
   * @param least minimum of values
   * @returns milliseconds; undefined with fewer values
   */
  percentile(share: number, sinceMs: number, least: number): number | undefined {
    const sorted = this.times
      .flatMap(({ atMs, ms }) => (atMs >= sinceMs ? [ms] : []))
      .sort((a, b) => a - b);
    return sorted.length < least
      ? undefined
      : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  }
}
