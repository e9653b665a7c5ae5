/** Segments as the daemon holds them. */
import type { Source } from '../audio/frame';
import type { AsrWord } from '../asr/contract/provider';

export interface Segment {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly source: Source;
  readonly speaker: string;
  /** Names of speakers who talk at the same time; absent if nobody does. */
  readonly alsoSpeaking?: readonly string[];
  readonly text: string;
  readonly confidence?: number;
  readonly words?: readonly AsrWord[];
  readonly hidden?: boolean;
  readonly revision: number;
}

/** A segment without word times, in whatever form its words are kept. */
export type SegmentText = Omit<Segment, 'words'>;

export interface Speaker {
  readonly id: string;
  readonly name: string;
  readonly source: Source;
  /** A person gave the name. */
  readonly named?: boolean;
  /**
   * The stored voiceprint that it resembles, by cosine similarity. `name` is the same where the
   * voiceprint named the speaker; else it is a suggestion.
   */
  readonly recognised?: { readonly name: string; readonly similarity: number };
  /**
   * The name by which others address this person; a suggestion for a speaker without a name.
   * `segmentId` is the segment that contains it.
   */
  readonly called?: { readonly name: string; readonly segmentId: string };
  /**
   * Times of the speech, after the session's final pass. Empty where the voice turned out to be
   * another speaker's.
   */
  readonly turns?: readonly { readonly startMs: number; readonly endMs: number }[];
}
