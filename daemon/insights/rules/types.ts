/**
 * The shape of the rule tables. A rule is data: patterns, what they mean, and sentences that must
 * and must not match.
 */

/** What a clause does in the conversation, as far as its words tell. */
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

/** What keeps a clause from being work to do or a decision. */
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
  /** See language/pattern.ts. Any of them is enough. */
  readonly patterns: readonly string[];
  /** 0–1; how sure the words alone make it. */
  readonly weight: number;
  /** Who does the task: whoever speaks, whoever is spoken to, the one named, or nobody yet. */
  readonly person?: 'speaker' | 'addressee' | 'named' | 'nobody';
  /** Holds only where the clause names a time to come. */
  readonly needsDue?: boolean;
  /** Holds in a question only, or in a statement only. */
  readonly mood?: 'question' | 'statement';
  /**
   * Holds only after an opener like "so", "then", "okay", or with words like "for now" or a time to
   * come: a plain statement of fact has none.
   */
  readonly needsMarker?: boolean;
  readonly examples: readonly string[];
  readonly not?: readonly string[];
}

export type CueRule = Rule<CueKind>;
export type ModeRule = Rule<ModeKind>;
