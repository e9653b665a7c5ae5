/** Contract of search by meaning. */
import type { SearchHit, SearchQuery } from './search';

/**
 * Turns sentences into vectors. The cosine of two vectors is high if their sentences have the same
 * meaning.
 */
export interface SentenceEmbedder {
  /** Resolves to true if the model is installed. */
  available(): Promise<boolean>;
  /**
   * @returns unit vectors.
   * @throws EarmarkError model.*, engine.*
   */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
}

/** Vectors of the segments of this machine's sessions. Deleting a segment deletes its vector. */
export interface MeaningStore {
  /** Segments without a vector, newest first. */
  unread(limit: number): Promise<readonly { readonly n: number; readonly text: string }[]>;
  /**
   * Stores vectors. A vector is ignored if its text changed meanwhile. An entry without a vector
   * marks a text that meaning search skips.
   */
  keepMeanings(
    meanings: readonly {
      readonly n: number;
      readonly text: string;
      readonly vector: Float32Array | undefined;
    }[],
  ): Promise<void>;
  /**
   * Finds segments that match the query's filters, nearest first.
   * @param mostDistance 1 − cosine
   */
  nearest(
    query: SearchQuery,
    vector: Float32Array,
    mostDistance: number,
  ): Promise<readonly SearchHit[]>;
}
