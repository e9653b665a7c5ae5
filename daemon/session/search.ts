/** Query and results of a search over all sessions. */
import type { Insight } from '../insights/types';
import type { Segment } from '../transcript/types';

/** Every filter that is given must hold. Names compare without regard to case. */
export interface SearchQuery {
  /** All of them stand in what is found; none means that the filters alone decide. */
  readonly words: readonly string[];
  /** The last word may be the beginning of one, see `begunWord`. */
  readonly begun?: boolean;
  readonly kind: 'transcript' | Insight['kind'];
  readonly limit: number;
  readonly owner?: string;
  /** Name of the speaker, or of the owner of an action. */
  readonly speaker?: string;
  /** Milliseconds since 1970 between which the session began; `untilMs` excluded. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly repository?: string;
  readonly branch?: string;
  /**
   * A name of the code that an insight links, or that was said; or the path of a file that such a
   * name stands in.
   */
  readonly symbol?: string;
}

export type SearchHit = { readonly sessionId: string } & (
  { readonly segment: Segment } | { readonly insight: Insight }
);

/**
 * Index of the word that may be the beginning of one: the last, from two characters on; -1 where
 * all are whole.
 */
export function begunWord({ words, begun }: SearchQuery): number {
  return begun === true && /[\p{L}\p{N}]{2}$/u.test(words.at(-1) ?? '') ? words.length - 1 : -1;
}
