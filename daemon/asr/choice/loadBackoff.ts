/**
 * Engines that cannot load: a few tries with growing distance, then none for a day. Shared by all
 * sessions, so that a new session does not start over.
 */
import type { Clock } from '../../base/clock';
import type { EngineTarget } from '../contract/machineChoice';

/** Wait after each failed load in a row, in milliseconds; the last one repeats. */
const WAIT_MS = [15_000, 60_000, 24 * 60 * 60_000] as const;

interface Failures {
  readonly count: number;
  readonly nextMs: number;
}

export class LoadBackoff {
  private readonly failures = new Map<string, Failures>();

  constructor(private readonly clock: Clock) {}

  /**
   * Records a failed load. A failure during the wait is part of the same try.
   * @returns true if the wait of a day begins with it
   */
  failed(target: EngineTarget): boolean {
    if (!this.allows(target)) return false;
    const count = (this.failures.get(keyOf(target))?.count ?? 0) + 1;
    const wait = WAIT_MS[Math.min(count, WAIT_MS.length) - 1] ?? WAIT_MS[0];
    this.failures.set(keyOf(target), { count, nextMs: this.clock.now() + wait });
    return count === WAIT_MS.length;
  }

  /** True if a load may be tried now. */
  allows(target: EngineTarget): boolean {
    const failures = this.failures.get(keyOf(target));
    return failures === undefined || this.clock.now() >= failures.nextMs;
  }

  /** The engine works, or its files or settings changed. */
  reset(target: EngineTarget): void {
    this.failures.delete(keyOf(target));
  }
}

/** Key of an engine in maps. */
export function keyOf({ provider, model, device }: EngineTarget): string {
  return JSON.stringify([provider, model, device]);
}
