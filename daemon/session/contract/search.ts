/** Query and results of a search over all sessions. */
import type { Insight } from '../../insights/types';
import type { Segment } from '../../transcript/types';

/** All given filters must match. Names compare without regard to case. */
export interface SearchQuery {
  /** A result contains all of these words. Without words, only the filters apply. */
  readonly words: readonly string[];
  /** The last word may be a prefix, see `begunWord`. */
  readonly begun?: boolean;
  readonly kind: 'transcript' | Insight['kind'];
  readonly limit: number;
  readonly owner?: string;
  /** Name of the speaker, or of the owner of an action. */
  readonly speaker?: string;
  /** Range of session starts, milliseconds since 1970; `untilMs` is excluded. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly repository?: string;
  readonly branch?: string;
  /**
   * A code symbol that an insight links or a segment mentions, or the path of the file that
   * contains it.
   */
  readonly symbol?: string;
}

export type SearchHit = { readonly sessionId: string } & (
  { readonly segment: Segment } | { readonly insight: Insight }
);

/**
 * Index of the word that may be a prefix: the last word, if it has at least two characters. −1 if
 * all words are whole.
 */
export function begunWord({ words, begun }: SearchQuery): number {
  return begun === true && /[\p{L}\p{N}]{2}$/u.test(words.at(-1) ?? '') ? words.length - 1 : -1;
}
