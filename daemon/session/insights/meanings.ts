/**
 * Search by meaning. A background job embeds the segments of all sessions in small batches. A
 * search then finds segments with the same meaning in other words. Without the model, search uses
 * words alone.
 */
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import { placeOf } from '../../base/placeOf';
import type { Logger } from '../../base/logger';
import type { MeaningStore, SentenceEmbedder } from '../contract/meanings';
import type { SearchHit, SearchQuery } from '../contract/search';
import { within } from '../../base/wait';

/** Interval of the background job; a final can be found by meaning after at most this time. */
const EVERY_MS = 10_000;
/**
 * Interval of the checks for the model and for waiting segments while the model is not installed.
 */
const ABSENT_MS = 300_000;
/**
 * Segments in a run of the model (about 0.1 s) and in a round of the job. The recognisers need the
 * cores.
 */
const BATCH = 16;
const BATCHES = 4;
/** Minimum number of words. Shorter texts such as "Yes, exactly." match every other agreement. */
const LEAST_WORDS = 4;
/** Minimum cosine. Unrelated sentences have 0–0.25, paraphrases 0.3–0.9. */
const LEAST_SIMILARITY = 0.3;
/**
 * Maximum time that a search waits for the model, which may have to start. After it, words alone
 * decide.
 */
const ANSWER_MS = 3_000;
/** Rank offset: lists are merged by 1 / (offset + rank) (Cormack et al. 2009). */
const RANK_OFFSET = 60;

export interface MeaningsSetup {
  readonly store: MeaningStore;
  readonly embedder: SentenceEmbedder;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Meanings implements Disposable {
  private readonly disposables = new DisposableStore();
  /**
   * The last request to the model. Requests run in sequence, so that a search can run between two
   * batches.
   */
  private reading: Promise<void> | undefined;
  private absentUntilMs = 0;

  constructor(private readonly setup: MeaningsSetup) {
    this.disposables.add(
      setup.clock.setInterval(
        () => void (setup.clock.now() >= this.absentUntilMs && this.read()),
        EVERY_MS,
      ),
    );
  }

  /** Embeds segments without a vector. */
  read(): Promise<void> {
    this.reading ??= this.readSome()
      .catch((error: unknown) =>
        this.setup.logger.warn('meanings.failed', { error: placeOf(error) }),
      )
      .finally(() => (this.reading = undefined));
    return this.reading;
  }

  /**
   * Adds segments with a similar meaning to the results of a word search.
   * @param found results of the word search, best first
   * @returns both kinds of results, best first
   */
  async join(query: SearchQuery, found: readonly SearchHit[]): Promise<readonly SearchHit[]> {
    if (query.words.length === 0 || query.kind !== 'transcript') return found;
    const near = await within(this.setup.clock, this.nearest(query), ANSWER_MS);
    return near === 'late' ? found : joinRanks(found, near).slice(0, query.limit);
  }

  dispose(): void {
    this.disposables.dispose();
  }

  private async nearest(query: SearchQuery): Promise<readonly SearchHit[]> {
    const { embedder, store, logger } = this.setup;
    try {
      if (!(await embedder.available())) return [];
      this.absentUntilMs = 0;
      const [vector] = await embedder.embed([query.words.join(' ')]);
      return vector ? await store.nearest(query, vector, 1 - LEAST_SIMILARITY) : [];
    } catch (error) {
      logger.warn('meanings.failed', { error: placeOf(error) });
      return [];
    }
  }

  private async readSome(): Promise<void> {
    const { store, embedder, clock } = this.setup;
    for (let i = 0; i < BATCHES; i++) {
      const unread = await store.unread(BATCH);
      if (unread.length === 0) return;
      if (!(await embedder.available())) {
        this.absentUntilMs = clock.now() + ABSENT_MS;
        return;
      }
      const meant = unread.filter(({ text }) => text.split(/\s+/).length >= LEAST_WORDS);
      const vectors = new Map(
        (await embedder.embed(meant.map(({ text }) => text))).map((vector, k) => [
          meant[k]?.n,
          vector,
        ]),
      );
      await store.keepMeanings(unread.map(({ n, text }) => ({ n, text, vector: vectors.get(n) })));
    }
  }
}

/** Merges lists by rank. Results in both lists come first. */
export function joinRanks(...lists: readonly (readonly SearchHit[])[]): SearchHit[] {
  const found = new Map<string, { readonly hit: SearchHit; score: number }>();
  for (const list of lists) {
    list.forEach((hit, rank) => {
      const key = `${hit.sessionId} ${'segment' in hit ? hit.segment.id : hit.insight.id}`;
      const one = found.get(key) ?? { hit, score: 0 };
      one.score += 1 / (RANK_OFFSET + rank);
      found.set(key, one);
    });
  }
  return [...found.values()].sort((a, b) => b.score - a.score).map(({ hit }) => hit);
}
