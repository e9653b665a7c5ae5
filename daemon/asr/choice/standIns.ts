/**
 * Choice of the engine that stands in for a slow one. Only an engine that is expected to be faster
 * on this machine may stand in. Pure.
 */
import type { EngineTarget } from '../contract/machineChoice';

/** What is known of engines before they decode. */
export interface EngineCosts {
  /**
   * Work of `other` divided by the work of `first` for the same audio on this machine; undefined if
   * unknown.
   */
  ratio(first: EngineTarget, other: EngineTarget): number | undefined;
  /** Memory of the loaded model; undefined if unknown. */
  bytes(target: EngineTarget): number | undefined;
}

/** A stand-in must save at least a fifth of the work; less is not worth its load and its words. */
const MAX_RATIO = 0.8;

export interface StandIn<T> {
  readonly item: T;
  readonly ratio: number;
}

/**
 * Returns the engines that may stand in for the first one, the slowest and usually best first.
 * @param smaller only engines that need less memory than the first
 */
export function standInsOf<T extends { readonly target: EngineTarget }>(
  [first, ...others]: readonly [T, ...T[]],
  costs: EngineCosts,
  smaller: boolean,
): readonly StandIn<T>[] {
  const limit = smaller ? (costs.bytes(first.target) ?? 0) : Infinity;
  return others
    .flatMap((item) => {
      const ratio = costs.ratio(first.target, item.target);
      return ratio !== undefined && ratio <= MAX_RATIO ? [{ item, ratio }] : [];
    })
    .filter(({ item }) => !smaller || (costs.bytes(item.target) ?? Infinity) < limit)
    .sort((a, b) => b.ratio - a.ratio);
}

/**
 * Chooses among `standInsOf`: the slowest that keeps up, otherwise the fastest.
 * @param firstRtf current real-time factor of the first engine; Infinity if unknown
 * @param calmRtf real-time factor that keeps up
 */
export function pickStandIn<T>(
  standIns: readonly StandIn<T>[],
  firstRtf: number,
  calmRtf: number,
): T | undefined {
  return (standIns.find(({ ratio }) => ratio * firstRtf < calmRtf) ?? standIns.at(-1))?.item;
}
