/**
 * Chooses model versions to delete: expired versions first, then the least recently used until the
 * rest fits. Pure.
 */

export interface Candidate {
  readonly id: string;
  readonly revision: string;
  readonly bytes: number;
  /** Wall clock, ms. */
  readonly usedAt: number;
  /** True for the version that the next load uses. */
  readonly isActive: boolean;
  /** True if the version is in use, needed for recognition, or not downloadable again. */
  readonly isProtected: boolean;
}

export interface EvictionLimits {
  /** Maximum size of all models; undefined: no limit. */
  readonly maxBytes?: number;
  /** Maximum time since the last use; undefined: no limit. */
  readonly maxAgeMs?: number;
}

/** @returns versions to delete, in this order */
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
    // Unused versions are deleted before a model is deleted entirely.
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
