/**
 * Decode effort of live finals: full, or less if finals wait for their decode. Costly improvements
 * of a few words are switched off first. First, the second decode of doubtful or cut text; it is
 * also off if the decoders are too busy for speculation. Then beam search, then left context. All
 * return when finals have not waited for some seconds.
 */
import type { Clock } from '../../base/clock';
import type { DecodeRequest } from '../contract/provider';

export const EFFORTS = ['full', 'single-pass', 'greedy', 'no-context'] as const;
export type DecodeEffort = (typeof EFFORTS)[number];

/**
 * Wait from which a final is decoded with this effort, in milliseconds. Below half of it, the queue
 * counts as calm.
 */
const FROM_WAIT_MS: Readonly<Record<DecodeEffort, number>> = {
  full: 0,
  'single-pass': 100,
  greedy: 200,
  'no-context': 400,
};
/**
 * After this time without a wait, effort rises by one step. A load that was just handled can
 * reappear within this time.
 */
const CALM_MS = 5_000;

export class EffortMeter {
  private step = 0;
  private calmSinceMs = 0;

  constructor(private readonly clock: Clock) {}

  /** Effort of the next final. */
  get effort(): DecodeEffort {
    const now = this.clock.now();
    if (this.step > 0 && now - this.calmSinceMs >= CALM_MS) {
      this.step--;
      this.calmSinceMs = now;
    }
    return EFFORTS[this.step] ?? 'full';
  }

  /** Records how long a final waited for its decode. */
  waited(waitMs: number): void {
    const wanted = EFFORTS.findLastIndex((effort) => waitMs >= FROM_WAIT_MS[effort]);
    if (wanted > this.step) this.step = wanted;
    if (waitMs >= FROM_WAIT_MS[EFFORTS[this.step] ?? 'full'] / 2)
      this.calmSinceMs = this.clock.now();
  }
}

/** Returns the request, limited to the effort and context that `effort` allows. */
export function optionsFor(
  effort: DecodeEffort,
  { context, ...request }: DecodeRequest,
): DecodeRequest {
  if (effort === 'full') return { ...request, ...(context ? { context } : {}) };
  const { left, draft } = context ?? {};
  const rest = {
    ...(left && effort !== 'no-context' ? { left } : {}),
    ...(draft ? { draft } : {}),
  };
  return {
    ...request,
    ...(Object.keys(rest).length > 0 ? { context: rest } : {}),
    effort: effort === 'single-pass' ? 'single-pass' : 'greedy',
  };
}
