/**
 * One key for both ways to dictate. The editor sends no key-up event, but a held key repeats.
 * Presses in quick succession are repeats. If several expected repeats are missing, the key counts
 * as released. The text is then inserted, while recording continues. A delayed repeat continues the
 * same dictation, so no speech is lost. Without a repeat, the dictation ends soon after. A key that
 * does not repeat was tapped: the next press stops. Every press carries its time as a parameter.
 *
 * The editor gives no press time. A repeat delivered after the release by a busy editor therefore
 * looks like a new press. The spread of the earlier repeats limits how late such a repeat may
 * arrive.
 */

/** Maximum delay of the first repeat after the press. The slowest system setting is 1 s. */
const FIRST_REPEAT_MS = 1_100;
/** Maximum interval between repeats: 500 ms at the slowest setting (2 a second). 30 ms is usual. */
const RELEASE_MS = 600;
/** The key counts as released after this number of missing repeats, if their interval is known … */
const MISSED = 3;
/**
 * … and not before this multiple of the longest recent gap, because a busy editor delivers repeats
 * unevenly …
 */
const LONGEST = 2;
/**
 * … over this number of recent gaps: 0.7 s of usual repeats, after which a busy editor is calm
 * again …
 */
const GAPS = 20;
/** … and never earlier than this. */
const SOONEST_MS = 90;
/**
 * A repeat within this time after the release was delayed. The key is still down, and the same
 * dictation continues …
 */
const STILL_HELD_MS = 250;
/** … or within this multiple of the hold's largest delay, if the editor was busy … */
const STILL_HELD_LATE = 4;
/** … but the microphone closes after this time. */
const STILL_HELD_MOST_MS = 1_000;
/**
 * A press this soon after the end may also be a delayed repeat; the limit grows with the measured
 * delay. A dictation that it starts ends by itself without further repeats.
 */
const HELD_UP_MS = 1_000;
const HELD_UP_LATE = 8;
/** After this time, a press is always a new press. */
const HELD_UP_MOST_MS = 3_000;
/** A timer later than this was delayed, and presses may wait behind it too. */
const LATE_MS = 50;

export type HoldState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'released'; readonly at: number; readonly late: number }
  | { readonly kind: 'pressed'; readonly at: number }
  /**
   * `gaps`: recent intervals between repeats, in ms, newest last; empty before the second repeat.
   * `late`: largest delay of a repeat or timer during the hold, in ms. `inserted`: the key counted
   * as released and the text is inserted.
   */
  | {
      readonly kind: 'held';
      readonly last: number;
      readonly gaps: readonly number[];
      readonly late: number;
      readonly inserted: boolean;
    };

/**
 * `insert`: insert the speech so far. `end`: all relevant text is inserted. `stop`: insert and end.
 */
export type HoldAction = 'start' | 'insert' | 'end' | 'stop' | 'none';

export interface HoldStep {
  readonly state: HoldState;
  readonly action: HoldAction;
  /** Time to call `released`, unless another press comes before. */
  readonly releaseAt?: number;
}

/** Handles a run of the key's command. `active`: a dictation is running. */
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
      // The earlier speech is inserted first. A later dictation has another origin.
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

/** Called if no press arrived before `releaseAt`; `now` is that time. */
export function released(state: HoldState, now: number, releaseAt: number): HoldStep {
  // A pressed key reaches this point only if its press may be a delayed repeat.
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

/** True if the press may be a repeat of the ended hold. */
function heldUp({ at, late }: Extract<HoldState, { kind: 'released' }>, now: number): boolean {
  return now - at <= Math.min(HELD_UP_MOST_MS, Math.max(HELD_UP_MS, HELD_UP_LATE * late));
}

/** True while the key is held or may be held. The text is inserted when it is released. */
export function isHeld(state: HoldState, now: number): boolean {
  return state.kind === 'held' || (state.kind === 'pressed' && now - state.at <= FIRST_REPEAT_MS);
}

/** Time without a repeat after which the key counts as released. */
function releaseMs(gaps: readonly number[]): number {
  return Math.round(
    Math.min(
      RELEASE_MS,
      Math.max(SOONEST_MS, MISSED * interval(gaps), LONGEST * Math.max(...gaps)),
    ),
  );
}

/**
 * Median interval of a key's repeats. Delayed presses arrive in a bunch with no interval between
 * them.
 */
function interval(gaps: readonly number[]): number {
  return gaps.toSorted((one, other) => one - other)[Math.floor(gaps.length / 2)] ?? RELEASE_MS;
}
