/**
 * Degradation: under load, recognition goes down by degradation levels, and up again afterwards. A
 * pure reducer over samples of speed, lag, memory and battery; the actions of each level are data.
 * No level drops a final: it saves convenience work, or moves decodes to a faster engine.
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
  /** Real-time factor of the current engine, mean over 10 s; undefined without a decode. */
  readonly rtf: number | undefined;
  /** Age of the oldest phrase that waits for the current engine. */
  readonly lagMs: number;
  /** Free memory of this machine, 0–1. */
  readonly freeMemory?: number | undefined;
  /** Charge 0–1 while it discharges; undefined on mains. */
  readonly battery?: number | undefined;
  /**
   * Expected load of the preferred engine while another engine stands in for it: real-time factor
   * of its last probe, for the present amount of speech; Infinity before the first probe. It alone
   * decides about the way back.
   */
  readonly preferredRtf?: number | undefined;
}

export interface DegradationState {
  readonly degradationLevel: DegradationLevel;
  /** Start of the current calm period; undefined under load. */
  readonly calmSinceMs: number | undefined;
  /** Calm time before the preferred engine returns; it grows if a return was too early. */
  readonly returnMs?: number;
  /** Time of the last return of the preferred engine. */
  readonly returnedMs?: number;
}

/** Thresholds of the degradation levels, from WARNING on. */
type Steps = readonly [number, number, number, number];

export interface DegradationOptions {
  readonly rtf: Steps;
  /**
   * The longest phrases last 20 s; a slow but sufficient engine (real-time factor 0.3) needs 6 s
   * for them.
   */
  readonly lagMs: Steps;
  /** Upper limits of free memory. A machine at the last two already swaps. */
  readonly freeMemory: Steps;
  readonly battery: Steps;
  /** Below both limits for `climbMs`, the level rises by one. */
  readonly calmRtf: number;
  readonly calmLagMs: number;
  readonly climbMs: number;
  /**
   * The preferred engine returns after this calm time. After a return that failed within
   * `returnFailedMs`, the time doubles, up to `maxReturnMs`.
   */
  readonly returnMs: number;
  readonly maxReturnMs: number;
  readonly returnFailedMs: number;
}

const defaultDegradationOptions: DegradationOptions = {
  rtf: [0.8, 1, 1.5, 2.5],
  lagMs: [4_500, 5_500, 6_500, 7_500],
  freeMemory: [0.08, 0.05, 0.03, 0],
  // To save a battery, partials are dropped but no words: the limit is DEGRADE.
  battery: [0.2, 0.1, -1, -1],
  calmRtf: 0.7,
  calmLagMs: 4_000,
  climbMs: 30_000,
  // Two probes: the preferred engine is back within 30 s after the load.
  returnMs: 10_000,
  maxReturnMs: 240_000,
  returnFailedMs: 120_000,
};

/** Real-time factor below which an engine keeps up. */
export const CALM_RTF = defaultDegradationOptions.calmRtf;
/** Real-time factor from which another engine takes over. */
export const SLOW_RTF = defaultDegradationOptions.rtf[2];

/** Actions of a degradation level; each includes the actions of the levels above. */
export interface DegradationActions {
  /** Interval factor of partials; 0: none. */
  readonly partialsEvery: number;
  /** Phrases end later: fewer decodes, with more context. */
  readonly longPhrases: boolean;
  /**
   * Engine that decodes: the preferred one, one that is expected to keep up, or the fastest. If no
   * installed engine is faster, the preferred engine decodes at every level.
   */
  readonly engine: 'preferred' | 'faster' | 'fastest';
}

export const ACTIONS: Readonly<Record<DegradationLevel, DegradationActions>> = {
  NORMAL: { partialsEvery: 1, longPhrases: false, engine: 'preferred' },
  WARNING: { partialsEvery: 3, longPhrases: false, engine: 'preferred' },
  DEGRADE: { partialsEvery: 0, longPhrases: true, engine: 'preferred' },
  EMERGENCY: { partialsEvery: 0, longPhrases: true, engine: 'faster' },
  FAILOVER: { partialsEvery: 0, longPhrases: true, engine: 'fastest' },
};

export const DEGRADATION_START: DegradationState = {
  degradationLevel: 'NORMAL',
  calmSinceMs: undefined,
};

/** Goes down several levels at once; climbs one level at a time. */
export function stepDegradation(
  state: DegradationState,
  sample: LoadSample,
  options: DegradationOptions = defaultDegradationOptions,
): DegradationState {
  const wanted = demandOf(sample, options);
  const now = DEGRADATION_LEVELS.indexOf(state.degradationLevel);
  const { nowMs } = sample;
  const standIn = sample.preferredRtf !== undefined;
  const isCalm = now > 0 && calm(sample, now, options);
  // A stand-in that is slow does not keep the preferred engine away.
  if (wanted > now || (wanted === now && !isCalm)) return descend(state, wanted, nowMs, options);
  if (!isCalm)
    return state.calmSinceMs === undefined ? state : { ...state, calmSinceMs: undefined };
  const since = state.calmSinceMs ?? nowMs;
  const needed = standIn ? (state.returnMs ?? options.returnMs) : options.climbMs;
  if (nowMs - since < needed)
    return state.calmSinceMs === undefined ? { ...state, calmSinceMs: since } : state;
  if (standIn)
    return { ...state, degradationLevel: 'DEGRADE', calmSinceMs: nowMs, returnedMs: nowMs };
  return {
    ...state,
    degradationLevel: DEGRADATION_LEVELS[now - 1] ?? 'NORMAL',
    calmSinceMs: nowMs,
  };
}

function descend(
  state: DegradationState,
  wanted: number,
  nowMs: number,
  options: DegradationOptions,
): DegradationState {
  const to = DEGRADATION_LEVELS[wanted] ?? state.degradationLevel;
  if (to === state.degradationLevel)
    return state.calmSinceMs === undefined ? state : { ...state, calmSinceMs: undefined };
  const leaves =
    ACTIONS[state.degradationLevel].engine === 'preferred' && ACTIONS[to].engine !== 'preferred';
  if (!leaves) return { ...state, degradationLevel: to, calmSinceMs: undefined };
  const tooEarly =
    state.returnedMs !== undefined && nowMs - state.returnedMs < options.returnFailedMs;
  const returnMs = tooEarly
    ? Math.min(options.maxReturnMs, 2 * (state.returnMs ?? options.returnMs))
    : options.returnMs;
  return { ...state, degradationLevel: to, calmSinceMs: undefined, returnMs };
}

/** Sentences for the user about a step. `engine` decodes from now on. */
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
 * Returns the lowest level that any measured value demands. Lag alone may skip levels before the
 * first slow decode has ended. The route counts lag from the last change of the engine. While
 * another engine is in use, the probed speed of the preferred engine sets the level.
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
  const fast =
    preferredRtf === undefined
      ? (rtf ?? 0) < options.calmRtf && lagMs < options.calmLagMs
      : preferredRtf < options.calmRtf;
  return (
    fast &&
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
