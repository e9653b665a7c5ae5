/**
 * Types between the stages of insights: detect → write → check → merge. The first stage labels the
 * turns of a meeting and unites them into items; later stages know it by these types alone.
 */
import type { Evidence } from '../types';

/** Speech acts of a turn, after the acts of meeting corpora. */
export type TurnAct =
  | 'commit'
  | 'request'
  | 'accept'
  | 'decline'
  | 'propose'
  | 'agree'
  | 'decide'
  | 'reverse'
  | 'ask'
  | 'warn';

/** Who speaks and what; one visible segment of the transcript. */
export interface SpokenTurn {
  readonly segmentId: string;
  readonly speaker: string;
  readonly text: string;
}

export interface TurnLink {
  /**
   * `accepts`: an answer to a request. `settles`: a decision on a proposal. `changes`: a correction
   * or reversal of an earlier turn. `refersTo`: the turn that names what "that" means.
   */
  readonly kind: 'accepts' | 'settles' | 'changes' | 'refersTo';
  /** Index of the earlier turn. */
  readonly turn: number;
}

export interface DetectedTurn extends SpokenTurn {
  /** Index among the visible segments in order of time. */
  readonly turn: number;
  /** Calibrated probability of each act, 0 to 1. */
  readonly acts: Readonly<Record<TurnAct, number>>;
  /** Part of the text that carries the act, as offsets. */
  readonly span: { readonly from: number; readonly to: number };
  readonly links: readonly TurnLink[];
}

/** Turns that settle one action or decision. */
export interface DetectedItem {
  readonly kind: 'action' | 'decision';
  /** Indices of the turns that settle it, ascending. */
  readonly core: readonly number[];
  /** Calibrated probability that the item is real, 0 to 1. */
  readonly confidence: number;
  readonly owner?: string;
  /** Phrase as spoken. */
  readonly due?: string;
  readonly evidence: readonly Evidence[];
}

/** Logits of a turn, in the order of the model card. */
export interface TurnScores {
  readonly logits: Float32Array;
}

/** An encoder that labels turns by their words and neighbours. */
export interface TurnScorer {
  /**
   * @param turns in order of time
   * @returns one row for each turn
   * @throws EarmarkError model.*, engine.*
   */
  score(turns: readonly Pick<SpokenTurn, 'speaker' | 'text'>[]): Promise<readonly TurnScores[]>;
}
