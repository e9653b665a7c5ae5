/**
 * One key for both ways to dictate. The editor gives no key-up, but a key that is held repeats: presses that follow
 * quickly are repeats, and when they end the key was let go. A key that does not repeat was tapped: the next press stops.
 * Time comes in with every press.
 */

/** A repeat comes at the latest this long after the press: the slowest delay that systems offer is 1 s. */
const FIRST_REPEAT_MS = 1_100;
/** Repeats come at least every 500 ms at the slowest setting (2 a second); usual is 30 ms. */
const RELEASE_MS = 600;
/** Once repeats are seen to be fast, the release is noticed this soon. */
const FAST_RELEASE_MS = 250;

export type HoldState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'pressed'; readonly at: number }
  | { readonly kind: 'held'; readonly last: number; readonly gap: number };

export type HoldAction = 'start' | 'stop' | 'none';

export interface HoldStep {
  readonly state: HoldState;
  readonly action: HoldAction;
  /** Call `released` at this time unless another press comes before. */
  readonly releaseAt?: number;
}

/** The key's command ran. `active`: a dictation is going on. */
export function press(state: HoldState, now: number, active: boolean): HoldStep {
  if (!active) return { state: { kind: 'pressed', at: now }, action: 'start' };
  switch (state.kind) {
    case 'idle':
      return { state, action: 'stop' };
    case 'pressed':
      if (now - state.at > FIRST_REPEAT_MS) return { state: { kind: 'idle' }, action: 'stop' };
      return held(now, RELEASE_MS);
    case 'held':
      return held(now, now - state.last);
  }
}

function held(now: number, gap: number): HoldStep {
  return { state: { kind: 'held', last: now, gap }, action: 'none', releaseAt: now + (gap < FAST_RELEASE_MS / 2 ? FAST_RELEASE_MS : RELEASE_MS) };
}

/** No press came until `releaseAt`. */
export function released(state: HoldState): HoldStep {
  return state.kind === 'held' ? { state: { kind: 'idle' }, action: 'stop' } : { state, action: 'none' };
}
