/**
 * Under load recognition steps down a degradation, and up again when the load is over: a pure
 * reducer over samples of speed, lag, memory and battery, and what each degradation level does, as
 * data. Nothing here drops a final: a degradation level saves work on what is only convenience, or
 * gives the words to something faster.
 */

export const DEGRADATION_LEVELS = [
  'NORMAL',
  'WARNING',
  'DEGRADE',
  'EMERGENCY',
  'FAILOVER',
] as const;
export type DegradationLevel = (typeof DEGRADATION_LEVELS)[number];

export interface LoadSample {
  readonly nowMs: number;
  /**
   * Real-time factor of the engine that decodes now, mean over 10 s; undefined where it decoded
   * nothing.
   */
  readonly rtf: number | undefined;
  /** How long the oldest spoken phrase waits for its words, for the engine that decodes now. */
  readonly lagMs: number;
  /** Of this machine, 0–1. */
  readonly freeMemory?: number | undefined;
  /** Charge 0–1 while it discharges; undefined on mains. */
  readonly battery?: number | undefined;
  /**
   * While something else decodes in its place: how fast the preferred engine is, by its last probe;
   * Infinity before the first.
   */
  readonly preferredRtf?: number | undefined;
}

export interface DegradationState {
  readonly degradationLevel: DegradationLevel;
  /** Since when everything was calm enough to climb. */
  readonly calmSinceMs: number | undefined;
}

/** From which value on a degradation level is taken; the first is WARNING. */
type Steps = readonly [number, number, number, number];

export interface DegradationOptions {
  readonly rtf: Steps;
  /**
   * The longest phrases last 20 s: at the real-time factor of 0.3 that a slow but audio engine has
   * they take 6 s.
   */
  readonly lagMs: Steps;
  /** At most so much is free. The last two would be reached by a machine that swaps already. */
  readonly freeMemory: Steps;
  readonly battery: Steps;
  /** Below both for `climbMs` one degradation level is climbed. */
  readonly calmRtf: number;
  readonly calmLagMs: number;
  readonly climbMs: number;
}

const defaultDegradationOptions: DegradationOptions = {
  rtf: [0.8, 1, 1.5, 2.5],
  lagMs: [4_500, 5_500, 6_500, 7_500],
  freeMemory: [0.08, 0.05, 0.03, 0],
  // Saving a battery is worth partials, not words: it goes no further than DEGRADE.
  battery: [0.2, 0.1, -1, -1],
  calmRtf: 0.7,
  calmLagMs: 4_000,
  climbMs: 30_000,
};

/** What is done on a degradation level; each includes what the degradation levels above it do. */
export interface DegradationActions {
  /** Partials come so many times more rarely; 0: none at all. */
  readonly partialsEvery: number;
  /** Short phrases wait longer for their end: fewer decodes, and more context in each. */
  readonly longPhrases: boolean;
  /**
   * Which engine decodes: the preferred one, a smaller model where there is one, or another
   * provider.
   */
  readonly engine: 'preferred' | 'smaller' | 'other';
}

export const ACTIONS: Readonly<Record<DegradationLevel, DegradationActions>> = {
  NORMAL: { partialsEvery: 1, longPhrases: false, engine: 'preferred' },
  WARNING: { partialsEvery: 3, longPhrases: false, engine: 'preferred' },
  DEGRADE: { partialsEvery: 0, longPhrases: true, engine: 'preferred' },
  EMERGENCY: { partialsEvery: 0, longPhrases: true, engine: 'smaller' },
  FAILOVER: { partialsEvery: 0, longPhrases: true, engine: 'other' },
};

export const DEGRADATION_START: DegradationState = {
  degradationLevel: 'NORMAL',
  calmSinceMs: undefined,
};

/** Goes down at once, also over several degradation levels; climbs one after the other. */
export function stepDegradation(
  state: DegradationState,
  sample: LoadSample,
  options: DegradationOptions = defaultDegradationOptions,
): DegradationState {
  const wanted = demandOf(sample, options);
  const now = DEGRADATION_LEVELS.indexOf(state.degradationLevel);
  if (wanted > now)
    return {
      degradationLevel: DEGRADATION_LEVELS[wanted] ?? state.degradationLevel,
      calmSinceMs: undefined,
    };
  if (now === 0 || !calm(sample, now, options))
    return state.calmSinceMs === undefined
      ? state
      : { degradationLevel: state.degradationLevel, calmSinceMs: undefined };
  const since = state.calmSinceMs ?? sample.nowMs;
  if (sample.nowMs - since < options.climbMs)
    return state.calmSinceMs === undefined
      ? { degradationLevel: state.degradationLevel, calmSinceMs: since }
      : state;
  return { degradationLevel: DEGRADATION_LEVELS[now - 1] ?? 'NORMAL', calmSinceMs: sample.nowMs };
}

/** What a person reads about a step. `engine` is what decodes from now on. */
export function degradationRows(
  from: DegradationLevel,
  to: DegradationLevel,
  engine: string,
  isStandIn: boolean,
): string {
  if (to === 'NORMAL') return `Recognition is back to normal with ${engine}.`;
  if (DEGRADATION_LEVELS.indexOf(to) < DEGRADATION_LEVELS.indexOf(from))
    return `Recognition is catching up (${engine}) and returns to normal step by step.`;
  if (to === 'WARNING')
    return (
      'This computer is busy or saving battery, so live text updates less often. ' +
      'Final text is complete.'
    );
  if (to === 'DEGRADE')
    return (
      'Recognition is slower than speech: text appears only after each phrase. ' +
      'Nothing is lost.'
    );
  if (isStandIn)
    return `Recognition was much too slow, so ${engine} decodes for now. Nothing is lost.`;
  return (
    'Recognition is much slower than speech, and no faster engine is installed. ' +
    'Text is late, but nothing is lost. Close other programs, or choose a smaller ' +
    'model.'
  );
}

/**
 * The greatest of what each figure asks for, so lag alone may skip degradation levels before the
 * first slow decode has ended and its speed is known; the route counts lag from the last change of
 * the engine. While something stands in, the speed of the preferred engine in its probes says how
 * far down things are.
 */
function demandOf(
  { rtf, lagMs, preferredRtf, freeMemory, battery }: LoadSample,
  options: DegradationOptions,
): number {
  const speed = Math.max(
    rtf ?? 0,
    preferredRtf !== undefined && Number.isFinite(preferredRtf) ? preferredRtf : 0,
  );
  return Math.max(
    levelAbove(speed, options.rtf),
    levelAbove(lagMs, options.lagMs),
    levelBelow(freeMemory, options.freeMemory),
    levelBelow(battery, options.battery),
  );
}

function calm(
  { rtf, lagMs, preferredRtf, freeMemory, battery }: LoadSample,
  degradationLevel: number,
  options: DegradationOptions,
): boolean {
  return (
    (rtf ?? 0) < options.calmRtf &&
    lagMs < options.calmLagMs &&
    (preferredRtf ?? 0) < options.calmRtf &&
    levelBelow(freeMemory, options.freeMemory) < degradationLevel &&
    levelBelow(battery, options.battery) < degradationLevel
  );
}

function levelAbove(value: number, steps: Steps): number {
  return steps.filter((step) => value >= step).length;
}

function levelBelow(value: number | undefined, steps: Steps): number {
  return value === undefined ? 0 : steps.filter((step) => value <= step).length;
}
