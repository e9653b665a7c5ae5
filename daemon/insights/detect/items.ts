/** Turns that settle something, clustered into items. */
import type { DetectedItem } from '../contract/turns';
import type { ScoredTurn } from './acts';
import { logitOf, sigmoid } from './labels';

export type Kind = DetectedItem['kind'];
/** Findings of the rules by turn, as indices. */
export type RuleHits = ReadonlyMap<number, readonly number[]>;

export interface ItemOptions {
  /** Logit from which a turn settles an item. */
  readonly threshold: number;
  /** Weight of the `…Last` logit beside the `…Core` logit. */
  readonly last: number;
  /** Turns between two settling turns of one item. */
  readonly gap: number;
  /** Logit of `…Last` from which a further settling turn begins another item. */
  readonly split: number;
  /** Logits that a finding of the rules adds. */
  readonly rule: number;
  /** Weight of the decoy logit. */
  readonly decoy: number;
  /** Slope and offset of the calibrated confidence. */
  readonly slope: number;
  readonly offset: number;
}

/** Chosen on 25 meetings that the encoder did not see; see decision 0074. */
export const ITEM_OPTIONS: Record<Kind, ItemOptions> = {
  action: {
    last: 0,
    threshold: 0.75,
    gap: 1,
    split: 9,
    rule: 1,
    decoy: 0,
    slope: 1.6,
    offset: -3.5,
  },
  decision: {
    last: 0,
    threshold: 1,
    gap: 3,
    split: 1.5,
    rule: 1,
    decoy: 0,
    slope: 0.47,
    offset: -0.15,
  },
};

const LABELS = {
  action: ['actionCore', 'actionLast'],
  decision: ['decisionCore', 'decisionLast'],
} as const;

export function itemsOf(
  kind: Kind,
  turns: readonly ScoredTurn[],
  hits: RuleHits,
  options: ItemOptions = ITEM_OPTIONS[kind],
): Pick<DetectedItem, 'kind' | 'core' | 'confidence'>[] {
  const [core, last] = LABELS[kind];
  const { threshold, last: lastWeight, gap, split, rule, decoy, slope, offset } = options;
  const scores = turns.map(
    ({ scores: row }, at) =>
      (1 - lastWeight) * logitOf(row, core) +
      lastWeight * logitOf(row, last) -
      decoy * Math.max(0, logitOf(row, 'decoy')) +
      (hits.has(at) ? rule : 0),
  );
  const clusters: number[][] = [];
  scores.forEach((score, at) => {
    if (score < threshold) return;
    const open = clusters.at(-1);
    const before = open?.at(-1);
    const row = before === undefined ? undefined : turns[before];
    const continues =
      before !== undefined && row && at - before <= gap && logitOf(row.scores, last) < split;
    if (open && continues) open.push(at);
    else clusters.push([at]);
  });
  return clusters.map((at) => ({
    kind,
    core: at,
    confidence: sigmoid(slope * Math.max(...at.map((turn) => scores[turn] ?? 0)) + offset),
  }));
}
