/**
 * One key for both ways to dictate. The editor gives no key-up, but a key that is held repeats: presses that follow
 * quickly are repeats, and when they end the key was let go. A key that does not repeat was tapped: the next press stops.
 * Time comes in with every press.
 */

/** A repeat comes at the latest this long after the press: the slowest delay that systems offer is 1 s. */
const FIRST_REPEAT_MS = 1_100;
/** Repeats come at least every 500 ms at the slowest setting (2 a second); usual is 30 ms. */
const RELEASE_MS = 600;
/** Once repeats are seen to be fast, the release is noticed this soon … */
const FAST_RELEASE_MS = 230;
/** … but not before this many of the longest gaps seen while it is held: a busy editor hands repeats on unevenly. */
const GAPS = 4;
/** A press this soon after a release that nobody saw is a repeat that was held up: the key is still down, or the dictation ends by itself again. */
const STILL_HELD_MS = 500;
/** A timer that comes later than this was held up, and so may presses be. */
const LATE_MS = 50;

export type HoldState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'released'; readonly at: number }
  | { readonly kind: 'pressed'; readonly at: number }
  /** `gap`: the longest between two repeats; 0 before the second. */
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
  if (!active && state.kind === 'released' && now - state.at <= STILL_HELD_MS) return { state: { kind: 'held', last: now, gap: RELEASE_MS / GAPS }, action: 'start', releaseAt: now + RELEASE_MS };
  if (!active) return { state: { kind: 'pressed', at: now }, action: 'start' };
  switch (state.kind) {
    case 'released':
      // The text of what was said goes in first; what goes on later was begun by something else.
      return now - state.at <= STILL_HELD_MS ? { state, action: 'none' } : { state: { kind: 'idle' }, action: 'stop' };
    case 'idle':
      return { state, action: 'stop' };
    case 'pressed':
      if (now - state.at > FIRST_REPEAT_MS) return { state: { kind: 'idle' }, action: 'stop' };
      return { state: { kind: 'held', last: now, gap: 0 }, action: 'none', releaseAt: now + RELEASE_MS };
    case 'held': {
      const gap = Math.max(state.gap, now - state.last);
      return { state: { kind: 'held', last: now, gap }, action: 'none', releaseAt: now + Math.min(RELEASE_MS, Math.max(FAST_RELEASE_MS, GAPS * gap)) };
    }
  }
}

/** No press came until `releaseAt`, which was due; it is `now`. */
export function released(state: HoldState, now: number, releaseAt: number): HoldStep {
  if (state.kind !== 'held') return { state, action: 'none' };
  if (now - releaseAt > LATE_MS) return { state, action: 'none', releaseAt: now + FAST_RELEASE_MS };
  return { state: { kind: 'released', at: now }, action: 'stop' };
}
