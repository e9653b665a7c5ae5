/**
 * How much is done for a final that is spoken now: everything, or less where such finals wait for
 * their decode. What makes a text better by a few words goes before what makes it late: first the
 * second hearing of what is doubted or cut (also where nothing waits yet, but the decoders are too
 * busy for speculation), then the search for likelier texts, then the audio before the phrase. All
 * come back when finals have not waited for some seconds.
 */
import type { Clock } from '../base/clock';
import type { DecodeRequest } from './provider';

export const EFFORTS = ['full', 'single-pass', 'greedy', 'no-context'] as const;
export type DecodeEffort = (typeof EFFORTS)[number];

/** From which wait on a final is decoded so, in milliseconds; half of it is calm. */
const FROM_WAIT_MS: Readonly<Record<DecodeEffort, number>> = {
  full: 0,
  'single-pass': 100,
  greedy: 200,
  'no-context': 400,
};
/**
 * After so long without a wait one step is taken back: the time in which a load that has just been
 * met may show itself again.
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

  /** A final has waited so long for its decode. */
  waited(waitMs: number): void {
    const wanted = EFFORTS.findLastIndex((effort) => waitMs >= FROM_WAIT_MS[effort]);
    if (wanted > this.step) this.step = wanted;
    if (waitMs >= FROM_WAIT_MS[EFFORTS[this.step] ?? 'full'] / 2)
      this.calmSinceMs = this.clock.now();
  }
}

/** The request with as much effort and context as `effort` allows. */
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
