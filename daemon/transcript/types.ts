/** Segments as the daemon holds them. */
import type { Source } from '../audio/frame';
import type { AsrWord } from '../asr/provider';

export interface Segment {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly source: Source;
  readonly speaker: string;
  readonly text: string;
  readonly confidence: number;
  readonly words?: readonly AsrWord[];
  readonly hidden?: boolean;
  readonly revision: number;
}

/** A segment for who does not ask when each word was said, whatever form its words are kept in. */
export type SegmentText = Omit<Segment, 'words'>;

export interface Speaker {
  readonly id: string;
  readonly name: string;
  readonly source: Source;
  /** A person gave the name. */
  readonly named?: boolean;
  /**
   * Whose kept voice it is like, by the cosine; `name` is the same where that named the speaker,
   * else it is a suggestion.
   */
  readonly recognised?: { readonly name: string; readonly similarity: number };
  /**
   * What others call this person, where they plainly do; a suggestion, for who has no name yet.
   * `segmentId`: where it was said.
   */
  readonly called?: { readonly name: string; readonly segmentId: string };
  /**
   * When it was heard, once the session is over and its voices were told apart; empty where the
   * voice turned out to be another one's.
   */
  readonly turns?: readonly { readonly startMs: number; readonly endMs: number }[];
}
