/** Labels of the turn encoder, in the order of its logits, and their probabilities. */
import type { TurnScores } from '../contract/turns';

export const TURN_LABELS = [
  'actionCore',
  'decisionCore',
  'actionTurn',
  'decisionTurn',
  'ownerSpeaks',
  'ownerAsked',
  'actionLast',
  'decisionLast',
  'decoy',
  'question',
  'risk',
  'due',
] as const;

export type TurnLabel = (typeof TURN_LABELS)[number];

const INDEX = Object.fromEntries(TURN_LABELS.map((label, i) => [label, i])) as Record<
  TurnLabel,
  number
>;

export function logitOf({ logits }: TurnScores, label: TurnLabel): number {
  return logits[INDEX[label]] ?? Number.NEGATIVE_INFINITY;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Training weights rare labels, which shifts their logits by the logarithm of the weight; the same
 * shift back calibrates them.
 */
const TRAINING_WEIGHT: Readonly<Record<TurnLabel, number>> = {
  actionCore: 2.5,
  decisionCore: 3,
  actionTurn: 1.5,
  decisionTurn: 1.5,
  ownerSpeaks: 3,
  ownerAsked: 3,
  actionLast: 3,
  decisionLast: 3,
  decoy: 1.5,
  question: 2,
  risk: 2,
  due: 2,
};

export function probabilityOf(scores: TurnScores, label: TurnLabel): number {
  return sigmoid(logitOf(scores, label) - Math.log(TRAINING_WEIGHT[label]));
}
