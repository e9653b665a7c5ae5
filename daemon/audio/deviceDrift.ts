/**
 * Measures the drift of a device's clock. Samples may arrive late, never early, so the least lag
 * over some seconds is the true lag. Its difference from zero is corrected in small steps, which
 * keep all sources on one time line.
 */

/** Milliseconds of the window for the least lag. */
const WINDOW_MS = 10_000;
/** Precision limit: recorders deliver samples in pieces of up to 20 ms. */
const TOLERANCE_MS = 20;
/**
 * Correction step. One step in each window corrects a clock that is 0.1 % off, ten times the error
 * of audio hardware.
 */
const STEP_MS = 10;

export class DeviceDrift {
  private leastMs = Infinity;
  private sinceMs: number | undefined;
  private sum = 0;

  /** Total clock correction in milliseconds; positive for a slow device. */
  get totalMs(): number {
    return this.sum;
  }

  /**
   * @param lagMs delay of the new samples behind their clock
   * @returns clock correction in milliseconds, mostly 0
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

  /** Discards earlier measurements after a restart or jump of the recorder. */
  restart(): void {
    this.leastMs = Infinity;
    this.sinceMs = undefined;
  }
}
