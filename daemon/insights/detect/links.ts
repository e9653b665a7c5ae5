/**
 * Whether two turns belong to the same item. The encoder gives each turn two vectors for each kind,
 * behind its labels; the dot product of an earlier turn's first and a later turn's second vector is
 * the log odds.
 */
import type { TurnScores } from '../contract/turns';
import type { Kind } from './evidence';
import { sigmoid, TURN_LABELS } from './labels';

/** Numbers of one vector, as in training. */
const SIZE = 16;
const START: Readonly<Record<Kind, number>> = {
  action: TURN_LABELS.length,
  decision: TURN_LABELS.length + 2 * SIZE,
};

/** @returns probability; a half if the encoder gives no vectors */
export function linkOf(kind: Kind, earlier: TurnScores, later: TurnScores): number {
  const [from, to] = [START[kind], START[kind] + SIZE];
  let sum = 0;
  for (let i = 0; i < SIZE; i++)
    sum += (earlier.logits[from + i] ?? 0) * (later.logits[to + i] ?? 0);
  return sigmoid(sum);
}
