/** A line of a conversation: one sentence of a speaker. */
import type { ReadClause } from '../cues';
import type { WordToken } from '../language/nlp';
import type { Evidence } from '../types';
import type { SegmentText } from '../../transcript/types';

export interface Line {
  /** Position in the conversation. */
  readonly index: number;
  /**
   * Number of speaker changes so far. Under a label for several people, every pause may be a
   * change.
   */
  readonly turn: number;
  readonly speaker: string;
  /** Clauses and tokens stay the same objects while few other lines are accessed. */
  readonly clauses: readonly ReadClause[];
  readonly mark: string;
  readonly tokens: readonly WordToken[];
  /** Text to which the tokens' offsets refer. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Segments of `text`; the sentence lies in one or more of them. Nothing is unpacked. */
  readonly segments: readonly SegmentText[];
  /** First segment of the sentence. Nothing is unpacked. */
  readonly segmentId: string;
  /** The sentence in its segments, word for word. */
  readonly evidence: readonly Evidence[];
}
