/**
 * How busy the decoders are with what must be decoded, averaged over some seconds, and what that
 * leaves room for: speculation and what is heard twice go first, then partials come more and more
 * seldom, then not at all.
 */
import type { Clock } from '../base/clock';

/** Time constant of the average: a single long phrase is no load, five seconds of them are. */
const AVERAGE_MS = 5_000;
/**
 * Speculation ends above the one and comes back below the other; it costs up to half of what it is
 * about, so its own end must not call it back.
 */
const SPECULATION_OFF = 0.45;
const SPECULATION_ON = 0.3;
/** From here on a session's partials have to be apart … */
const PARTIALS_THIN = 0.5;
/** … by so much for each tenth more … */
const SPACING_MS = 1_000;
/** … and from here on there are none. */
const PARTIALS_OFF = 0.9;

export class LoadMeter {
  private average = 0;
  private current = 0;
  private lastMs: number;
  private speculation = true;

  constructor(private readonly clock: Clock) {
    this.lastMs = clock.now();
  }

  /** From now on this share (0–1) of the decoders is busy with finals and speculation. */
  set(share: number): void {
    this.settle();
    this.current = share;
  }

  /** 0–1. */
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
   * Least time between the begins of two partials of a session, in milliseconds; Infinity for none
   * at all.
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
