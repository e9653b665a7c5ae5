/** Turns that settle something, clustered into items. */
import type { ScoredTurn } from '../contract/turns';
import { featuresOf, logOdds, type Kind, type RuleHits, type Weights } from './evidence';
import { logitOf, sigmoid } from './labels';
import learned from './weights.json';

export interface ItemOptions {
  readonly weights: Weights;
  /** Log odds of each rule being right. */
  readonly priors: Weights;
  /** Probability from which a turn settles an item. */
  readonly shown: number;
}

/** Turns that settle one item. */
export interface Item {
  readonly kind: Kind;
  /** Indices of the turns, ascending. */
  readonly core: readonly number[];
  /** The most probable of them, which is quoted. */
  readonly peak: number;
  /** Probability of the peak. */
  readonly confidence: number;
}

/** Log odds of each rule being right, of rules that could be measured. */
export const PRIORS: Readonly<Record<Kind, Weights>> = {
  action: learned.action.priors,
  decision: learned.decision.priors,
};
/** Chosen by cross-validation over the development meetings; one for both kinds. */
const SHOWN = 0.44;
/** Turns between two settling turns of one item. */
const GAP: Readonly<Record<Kind, number>> = { action: 1, decision: 3 };
/** Logit of `…Last` from which a further settling turn begins another item. */
const SPLIT: Readonly<Record<Kind, number>> = { action: 9, decision: 1.5 };
const LAST = { action: 'actionLast', decision: 'decisionLast' } as const;

export function itemsOf(
  kind: Kind,
  turns: readonly ScoredTurn[],
  hits: RuleHits,
  { weights, priors, shown }: ItemOptions = { ...learned[kind], shown: SHOWN },
): Item[] {
  const scores = turns.map((_, at) =>
    sigmoid(logOdds(featuresOf(kind, turns, hits, at, priors), weights)),
  );
  const clusters: number[][] = [];
  scores.forEach((score, at) => {
    if (score < shown) return;
    const open = clusters.at(-1);
    const before = open?.at(-1);
    const row = before === undefined ? undefined : turns[before];
    const continues =
      before !== undefined &&
      row &&
      at - before <= GAP[kind] &&
      logitOf(row.scores, LAST[kind]) < SPLIT[kind];
    if (open && continues) open.push(at);
    else clusters.push([at]);
  });
  const score = (turn: number): number => scores[turn] ?? 0;
  return clusters.map((core) => {
    const peak = core.reduce((a, b) => (score(b) > score(a) ? b : a));
    return { kind, core, peak, confidence: score(peak) };
  });
}
