/**
 * Load of the decoders, averaged over some seconds, and the work that fits beside it. As load
 * grows, speculation and second decodes stop first. Then partials become rarer and stop.
 */
import type { Clock } from '../../base/clock';

/** Time constant of the average: one long phrase is not load, five busy seconds are. */
const AVERAGE_MS = 5_000;
/**
 * Speculation stops above the first value and resumes below the second. Speculation adds up to half
 * of the load, so stopping it must not resume it.
 */
const SPECULATION_OFF = 0.45;
const SPECULATION_ON = 0.3;
/** Load from which partials of a session are spaced … */
const PARTIALS_THIN = 0.5;
/** … by this much for each further 0.1 of load … */
const SPACING_MS = 1_000;
/** … and load from which partials stop. */
const PARTIALS_OFF = 0.9;

export class LoadMeter {
  private average = 0;
  private current = 0;
  private lastMs: number;
  private speculation = true;

  constructor(private readonly clock: Clock) {
    this.lastMs = clock.now();
  }

  /** Sets the current share (0–1) of decoders that are busy with finals and speculation. */
  set(share: number): void {
    this.settle();
    this.current = share;
  }

  /** Average load, 0–1. */
  get load(): number {
    this.settle();
    return this.average;
  }

  get allowsSpeculation(): boolean {
    const { load } = this;
    this.speculation = load < (this.speculation ? SPECULATION_OFF : SPECULATION_ON);
    return this.speculation;
  }

  /**
   * Minimum interval between the starts of two partials of a session, in milliseconds; Infinity if
   * partials are off.
   */
  get partialSpacingMs(): number {
    const { load } = this;
    return load >= PARTIALS_OFF ? Infinity : Math.max(0, (load - PARTIALS_THIN) * 10 * SPACING_MS);
  }

  private settle(): void {
    const now = this.clock.now();
    this.average +=
      (this.current - this.average) * (1 - Math.exp(-(now - this.lastMs) / AVERAGE_MS));
    this.lastMs = now;
  }
}
