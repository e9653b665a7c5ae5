/**
 * How far a device's clock runs from ours. Samples may come late, never early, so over some seconds
 * the least lag is the true one; what it differs from zero is given back as small steps that keep
 * all sources on one time line.
 */

/** Seconds over which the least lag is looked for. */
const WINDOW_MS = 10_000;
/** Nearer than this is as good as it gets: recorders hand samples over in pieces of up to 20 ms. */
const TOLERANCE_MS = 20;
/**
 * A step; in each window one is enough for a clock that is 0.1 % off, ten times what audio hardware
 * is.
 */
const STEP_MS = 10;

export class DeviceDrift {
  private leastMs = Infinity;
  private sinceMs: number | undefined;
  private sum = 0;

  /**
   * Milliseconds by which the clock was moved since the begin; positive for a device that is slow.
   */
  get totalMs(): number {
    return this.sum;
  }

  /**
   * @param lagMs by how much the samples that came now are later than the clock they were given
   * @returns milliseconds by which that clock is to be moved, mostly 0
   */
  note(nowMs: number, lagMs: number): number {
    this.sinceMs ??= nowMs;
    this.leastMs = Math.min(this.leastMs, lagMs);
    if (nowMs - this.sinceMs < WINDOW_MS) return 0;
    const least = this.leastMs;
    this.restart();
    if (Math.abs(least) < TOLERANCE_MS) return 0;
    const step = Math.max(-STEP_MS, Math.min(STEP_MS, least));
    this.sum += step;
    return step;
  }

  /** What was noted before does not count: the recorder was started anew, or moved on. */
  restart(): void {
    this.leastMs = Infinity;
    this.sinceMs = undefined;
  }
}
