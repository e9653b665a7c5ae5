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
