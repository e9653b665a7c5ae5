/**
 * Which versions of which models make room: by age first, then the longest unused until the rest
 * fits. Pure.
 */

export interface Candidate {
  readonly id: string;
  readonly revision: string;
  readonly bytes: number;
  /** Wall clock, ms. */
  readonly usedAt: number;
  /** The version that the next load takes. */
  readonly isActive: boolean;
  /** In use, needed by the speech path, or never to be had again by a download. */
  readonly isProtected: boolean;
}

export interface EvictionLimits {
  /** Of all models together; undefined for no limit. */
  readonly maxBytes?: number;
  /** Since the last use; undefined for no limit. */
  readonly maxAgeMs?: number;
}

/** @returns what to delete, in this order */
export function planEviction(
  all: readonly Candidate[],
  limits: EvictionLimits,
  now: number,
): Candidate[] {
  const open = all.filter((c) => !c.isProtected);
  const { maxAgeMs, maxBytes } = limits;
  const old = maxAgeMs === undefined ? [] : open.filter((c) => now - c.usedAt > maxAgeMs);
  const gone = new Set(old);
  if (maxBytes !== undefined) {
    let total = all.reduce((sum, c) => sum + (gone.has(c) ? 0 : c.bytes), 0);
    // Versions nobody uses any more go before a model goes altogether.
    const rest = open
      .filter((c) => !gone.has(c))
      .sort((a, b) => Number(a.isActive) - Number(b.isActive) || a.usedAt - b.usedAt);
    for (const candidate of rest) {
      if (total <= maxBytes) break;
      gone.add(candidate);
      total -= candidate.bytes;
    }
  }
  return [...gone];
}
