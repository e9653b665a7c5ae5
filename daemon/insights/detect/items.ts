/** Turns that settle something, clustered into items. */
import type { ScoredTurn } from '../contract/turns';
import { featuresOf, logOdds, type Kind, type RuleHits, type Weights } from './evidence';
import { sigmoid } from './labels';
import { linkOf } from './links';
import learned from './weights.json';

export interface ItemOptions extends ClusterOptions {
  readonly weights: Weights;
  /** Log odds of each rule being right. */
  readonly priors: Weights;
}

export interface ClusterOptions {
  /** Probability from which a turn settles an item. */
  readonly shown: number;
  /** Mean probability of a link from which a turn joins an item. */
  readonly linked: number;
  /** Turns between a turn and the last one of the item it joins. */
  readonly reach: number;
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
/** Chosen by cross-validation over all meetings that are not kept apart. */
const SHOWN: Readonly<Record<Kind, number>> = { action: 0.36, decision: 0.32 };
/** Mean probability of a link from which a turn joins an item. */
const LINKED: Readonly<Record<Kind, number>> = { action: 0.5, decision: 0.5 };
/** Turns between a turn and the item it joins. */
const REACH: Readonly<Record<Kind, number>> = { action: 2, decision: 4 };

const optionsOf = (kind: Kind): ItemOptions => ({
  ...learned[kind],
  shown: SHOWN[kind],
  linked: LINKED[kind],
  reach: REACH[kind],
});

/** @returns items in the order of their first turns */
export function itemsOf(
  kind: Kind,
  turns: readonly ScoredTurn[],
  hits: RuleHits,
  options: ItemOptions = optionsOf(kind),
): Item[] {
  const { weights, priors } = options;
  const scores = turns.map((_, at) =>
    sigmoid(logOdds(featuresOf(kind, turns, hits, at, priors), weights)),
  );
  return clustered(kind, turns, scores, options);
}

/** @param scores probability of each turn that it settles an item */
export function clustered(
  kind: Kind,
  turns: readonly ScoredTurn[],
  scores: readonly number[],
  { shown, linked, reach }: ClusterOptions,
): Item[] {
  const clusters: number[][] = [];
  scores.forEach((score, at) => {
    if (score < shown) return;
    const [best] = clusters
      .filter((cluster) => at - (cluster.at(-1) ?? 0) <= reach)
      .map((cluster) => ({ cluster, link: meanLink(kind, turns, cluster, at) }))
      .filter(({ link }) => link >= linked)
      .sort((a, b) => b.link - a.link);
    if (best) best.cluster.push(at);
    else clusters.push([at]);
  });
  const score = (turn: number): number => scores[turn] ?? 0;
  return clusters.map((core) => {
    const peak = core.reduce((a, b) => (score(b) > score(a) ? b : a));
    return { kind, core, peak, confidence: score(peak) };
  });
}

function meanLink(
  kind: Kind,
  turns: readonly ScoredTurn[],
  cluster: readonly number[],
  at: number,
): number {
  const later = turns[at];
  let sum = 0;
  for (const turn of cluster) {
    const earlier = turns[turn];
    if (earlier && later) sum += linkOf(kind, earlier.scores, later.scores);
  }
  return sum / cluster.length;
}
