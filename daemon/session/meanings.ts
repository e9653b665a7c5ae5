/**
 * Search by meaning: the segments of all sessions get their vectors in the background, a few at a
 * time, and a search finds those that say the same in other words. Without the model nothing
 * happens and words alone are searched.
 */
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import { placeOf } from '../base/placeOf';
import type { Logger } from '../base/logger';
import type { MeaningStore, SentenceEmbedder } from './ports';
import type { SearchHit, SearchQuery } from './search';
import { within } from './wait';

/** Vectors are made so often; a final is found by its meaning that much later. */
const EVERY_MS = 10_000;
/** Without the model it is looked for, and the sentences that wait for it, only so often. */
const ABSENT_MS = 300_000;
/**
 * Segments in one run of the model, some 0.1 s, and in one round; the recognisers need the cores.
 */
const BATCH = 16;
const BATCHES = 4;
/** Fewer words mean too little: "Yes, exactly." is like every other agreement. */
const LEAST_WORDS = 4;
/** Sentences of other things lie at 0–0.25, the same in other words at 0.3–0.9. */
const LEAST_SIMILARITY = 0.3;
/** A search waits so long for the model, which may have to start; then words alone decide. */
const ANSWER_MS = 3_000;
/** Ranks are joined by 1 / (this + rank) (Cormack et al. 2009). */
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
   * What it was asked to do last, so that a search comes between two batches and never two runs at
   * once.
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

  /** Gives vectors to segments that have none. */
  read(): Promise<void> {
    this.reading ??= this.readSome()
      .catch((error: unknown) =>
        this.setup.logger.warn('meanings.failed', { error: placeOf(error) }),
      )
      .finally(() => (this.reading = undefined));
    return this.reading;
  }

  /**
   *
   * @param found by their words, best first.
   * @returns these and those of like meaning, best first
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

/** Results that both searches found come first. */
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
