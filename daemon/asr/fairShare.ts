/**
 * What each session had of the engine lately, in milliseconds of audio; old use is forgotten, so
 * nobody pays for an hour ago.
 */
import type { Clock } from '../base/clock';

/** After this time use counts half. */
const HALF_LIFE_MS = 30_000;
/** Shares below this are removed. */
const NOTHING_MS = 100;
/** Entries at which those that are nothing are looked for. */
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
