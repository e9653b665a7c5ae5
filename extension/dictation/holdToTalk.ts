/**
 * One key for both ways to dictate. The editor gives no key-up, but a key that is held repeats:
 * presses that follow quickly are repeats, and when some in a row do not come the key seems let go.
 * The text goes in then, while it listens on; a repeat that was only held up finds it so, and
 * nothing of what is said is lost. Without one it ends soon after. A key that does not repeat was
 * tapped: the next press stops. Time comes in with every press.
 *
 * A press carries no time of its own, so a repeat that a busy editor hands on after the key was let
 * go looks like a new press. How unevenly the repeats came says how late such a one may be.
 */

/**
 * A repeat comes at the latest this long after the press: the slowest delay that systems offer is 1
 * s.
 */
const FIRST_REPEAT_MS = 1_100;
/** Repeats come at least every 500 ms at the slowest setting (2 a second); usual is 30 ms. */
const RELEASE_MS = 600;
/** Once their interval is known the key seems let go when this many in a row did not come … */
const MISSED = 3;
/**
 * … but not before this many times the longest of the last gaps: a busy editor hands repeats on
 * unevenly …
 */
const LONGEST = 2;
/** … of which so many count, 0.7 s of the usual repeats: an editor that was busy is calm again … */
const GAPS = 20;
/** … and never sooner than this. */
const SOONEST_MS = 90;
/**
 * A repeat that comes this long after is one that was held up, and the key is still down: the same
 * dictation goes on …
 */
const STILL_HELD_MS = 250;
/**
 * … or this many times the most that a repeat of the hold came late, where the editor was busy …
 */
const STILL_HELD_LATE = 4;
/** … but the microphone closes. */
const STILL_HELD_MOST_MS = 1_000;
/**
 * A press this soon after the end is one too, or this many times as late: what it begins ends by
 * itself unless it repeats.
 */
const HELD_UP_MS = 1_000;
const HELD_UP_LATE = 8;
/** Later than this it is a new press however busy the editor is. */
const HELD_UP_MOST_MS = 3_000;
/** A timer that comes later than this was held up, and so may presses be: they wait behind it. */
const LATE_MS = 50;

export type HoldState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'released'; readonly at: number; readonly late: number }
  | { readonly kind: 'pressed'; readonly at: number }
  /**
   * `gaps`: the last ones between two repeats, in ms, the newest last; none before the second.
   * `late`: the most that one of the whole hold, or a timer, came later than usual, in ms.
   * `inserted`: the key seemed let go.
   */
  | {
      readonly kind: 'held';
      readonly last: number;
      readonly gaps: readonly number[];
      readonly late: number;
      readonly inserted: boolean;
    };

/**
 * `insert`: what was said until now. `end`: everything that counts is in. `stop`: insert and end.
 */
export type HoldAction = 'start' | 'insert' | 'end' | 'stop' | 'none';

export interface HoldStep {
  readonly state: HoldState;
  readonly action: HoldAction;
  /** Call `released` at this time unless another press comes before. */
  readonly releaseAt?: number;
}

/** The key's command ran. `active`: a dictation is going on. */
export function press(state: HoldState, now: number, active: boolean): HoldStep {
  if (!active && state.kind === 'released' && heldUp(state, now))
    return {
      state: { kind: 'pressed', at: now },
      action: 'start',
      releaseAt: now + FIRST_REPEAT_MS,
    };
  if (!active) return { state: { kind: 'pressed', at: now }, action: 'start' };
  switch (state.kind) {
    case 'released':
      // The text of what was said goes in first; what goes on later was begun by something else.
      return heldUp(state, now)
        ? { state, action: 'none' }
        : { state: { kind: 'idle' }, action: 'stop' };
    case 'idle':
      return { state, action: 'stop' };
    case 'pressed':
      if (now - state.at > FIRST_REPEAT_MS) return { state: { kind: 'idle' }, action: 'stop' };
      return { state: firstRepeat(now), action: 'none', releaseAt: now + RELEASE_MS };
    case 'held': {
      const gaps = [...state.gaps, now - state.last].slice(-GAPS);
      return {
        state: {
          kind: 'held',
          last: now,
          gaps,
          late: Math.max(state.late, now - state.last - interval(gaps)),
          inserted: false,
        },
        action: 'none',
        releaseAt: now + releaseMs(gaps),
      };
    }
  }
}

/** No press came until `releaseAt`, which was due; it is `now`. */
export function released(state: HoldState, now: number, releaseAt: number): HoldStep {
  // Of one that was pressed this is asked only where it may have been a repeat that was held up.
  if (state.kind === 'pressed') return released(firstRepeat(state.at), now, releaseAt);
  if (state.kind !== 'held') return { state, action: 'none' };
  const late = Math.max(state.late, now - releaseAt);
  if (now - releaseAt > LATE_MS)
    return { state: { ...state, late }, action: 'none', releaseAt: now + LATE_MS };
  if (state.inserted) return { state: { kind: 'released', at: now, late }, action: 'end' };
  return {
    state: { ...state, late, inserted: true },
    action: 'insert',
    releaseAt: now + Math.min(STILL_HELD_MOST_MS, Math.max(STILL_HELD_MS, STILL_HELD_LATE * late)),
  };
}

const firstRepeat = (now: number): Extract<HoldState, { kind: 'held' }> => ({
  kind: 'held',
  last: now,
  gaps: [],
  late: 0,
  inserted: false,
});

/** The press may be a repeat of the hold that is over. */
function heldUp({ at, late }: Extract<HoldState, { kind: 'released' }>, now: number): boolean {
  return now - at <= Math.min(HELD_UP_MOST_MS, Math.max(HELD_UP_MS, HELD_UP_LATE * late));
}

/**
 * True while the key is held, or may yet turn out to be: what is said goes in when it is let go.
 */
export function isHeld(state: HoldState, now: number): boolean {
  return state.kind === 'held' || (state.kind === 'pressed' && now - state.at <= FIRST_REPEAT_MS);
}

/** How long no repeat comes until the key seems let go. */
function releaseMs(gaps: readonly number[]): number {
  return Math.round(
    Math.min(
      RELEASE_MS,
      Math.max(SOONEST_MS, MISSED * interval(gaps), LONGEST * Math.max(...gaps)),
    ),
  );
}

/**
 * Of a key's repeats. The middle one: presses that were held up come in a bunch, with none between
 * them.
 */
function interval(gaps: readonly number[]): number {
  return gaps.toSorted((one, other) => one - other)[Math.floor(gaps.length / 2)] ?? RELEASE_MS;
}
