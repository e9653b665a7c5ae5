/**
 * Types of the rule tables. A rule is data: patterns, their meaning, and sentences that must and
 * must not match.
 */

/** Function of a clause in the conversation, by its words. */
export type CueKind =
  | 'commit'
  | 'offer'
  | 'request'
  | 'imperative'
  | 'need'
  | 'who'
  | 'assign'
  | 'handOver'
  | 'take'
  | 'thank'
  | 'accept'
  | 'decline'
  | 'agree'
  | 'reject'
  | 'cancel'
  | 'propose'
  | 'deliberate'
  | 'poll'
  | 'decide'
  | 'settle'
  | 'dueChange'
  | 'dueConfirm'
  | 'noted'
  | 'risk'
  | 'open'
  | 'unsure';

/** Modes that stop a clause from being work or a decision. */
export type ModeKind =
  | 'past'
  | 'hypothetical'
  | 'conditional'
  | 'reported'
  | 'general'
  | 'joke'
  | 'housekeeping'
  | 'negated'
  | 'vague';

export interface Rule<K extends string> {
  readonly id: string;
  readonly kind: K;
  /** See language/pattern.ts. A match of any pattern is enough. */
  readonly patterns: readonly string[];
  /** 0–1; confidence from the words alone. */
  readonly weight: number;
  /** Owner of the task: the speaker, the addressee, the named person, or nobody yet. */
  readonly person?: 'speaker' | 'addressee' | 'named' | 'nobody';
  /** Requires a future time in the clause. */
  readonly needsDue?: boolean;
  /** Applies only in questions, or only in statements. */
  readonly mood?: 'question' | 'statement';
  /**
   * Requires an opener like "so", "then", "okay", a phrase like "for now", or a future time. A
   * plain statement of fact has none.
   */
  readonly needsMarker?: boolean;
  readonly examples: readonly string[];
  readonly not?: readonly string[];
}

export type CueRule = Rule<CueKind>;
export type ModeRule = Rule<ModeKind>;
