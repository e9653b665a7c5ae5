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
   * Real-time factor of the preferred engine in its last probe, while another engine replaces it;
   * Infinity before the first probe.
   */
  readonly preferredRtf?: number | undefined;
}

export interface DegradationState {
  readonly degradationLevel: DegradationLevel;
  /** Start of the current calm period; undefined under load. */
  readonly calmSinceMs: number | undefined;
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
};

/** Actions of a degradation level; each includes the actions of the levels above. */
export interface DegradationActions {
  /** Interval factor of partials; 0: none. */
  readonly partialsEvery: number;
  /** Phrases end later: fewer decodes, with more context. */
  readonly longPhrases: boolean;
  /** Engine that decodes: the preferred one, a smaller model if installed, or another provider. */
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

/** Goes down several levels at once; climbs one level at a time. */
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
