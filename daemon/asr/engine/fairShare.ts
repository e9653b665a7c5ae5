/**
 * Recent engine use of each session, in milliseconds of audio. Use decays over time, so that old
 * use does not count.
 */
import type { Clock } from '../../base/clock';

/** After this time, use counts half. */
const HALF_LIFE_MS = 30_000;
/** Shares below this are removed. */
const NOTHING_MS = 100;
/** Number of entries at which negligible entries are removed. */
const SWEEP_AT = 256;

interface Use {
  readonly amountMs: number;
  readonly atMs: number;
}

export class FairShare {
  private readonly uses = new Map<string, Use>();
  private sweepAt = SWEEP_AT;

  constructor(private readonly clock: Clock) {}

  of(sessionId: string): number {
    const use = this.uses.get(sessionId);
    return use === undefined
      ? 0
      : use.amountMs * 0.5 ** ((this.clock.now() - use.atMs) / HALF_LIFE_MS);
  }

  add(sessionId: string, audioMs: number): void {
    this.uses.set(sessionId, { amountMs: this.of(sessionId) + audioMs, atMs: this.clock.now() });
    if (this.uses.size < this.sweepAt) return;
    for (const id of [...this.uses.keys()]) if (this.of(id) < NOTHING_MS) this.uses.delete(id);
    this.sweepAt = Math.max(SWEEP_AT, 2 * this.uses.size);
  }
}
