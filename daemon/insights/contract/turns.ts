/**
 * Types between the stages of insights: detect → write → check → merge. The first stage scores the
 * turns of a meeting; the encoder behind it is known by these types alone.
 */
/** Who speaks and what; one visible segment of the transcript. */
export interface SpokenTurn {
  readonly segmentId: string;
  readonly speaker: string;
  readonly text: string;
}

/** Logits of a turn and the vectors that link it to others, in the order of the model card. */
export interface TurnScores {
  readonly logits: Float32Array;
}

/** A turn with its logits. */
export type ScoredTurn = SpokenTurn & { readonly scores: TurnScores };

/** An encoder that labels turns by their words and neighbours. */
export interface TurnScorer {
  /**
   * @param turns in order of time
   * @returns one row for each turn
   * @throws EarmarkError model.*, engine.*
   */
  score(turns: readonly Pick<SpokenTurn, 'speaker' | 'text'>[]): Promise<readonly TurnScores[]>;
}
