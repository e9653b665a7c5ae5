/** A person's change to an insight: through the analyzer while it lives, straight to the insight afterwards. */
import { EarmarkError } from '../../protocol/errors';
import type { Analyzer, Insight, InsightChange } from '../analysis/types';
import type { Book } from './book';

export interface InsightEdit {
  readonly text?: string;
  readonly owner?: string;
  readonly status?: Insight['status'];
}

export class InsightRevisions {
  constructor(
    private readonly book: Book,
    private readonly analyzer: () => Analyzer | undefined = () => undefined,
  ) {}

  /** @throws EarmarkError insight.notFound */
  plan(insightId: string, edit: InsightEdit): readonly InsightChange[] {
    const insight = this.book.insights.get(insightId);
    if (!insight) throw new EarmarkError('insight.notFound', 'This card is no longer there; the list is being brought up to date.');
    const analyzer = this.analyzer();
    if (analyzer?.insights.some(({ id }) => id === insightId)) return analyzer.revise(insightId, { ...edit });
    return [{ op: 'update', insight: { ...insight, ...edit, edited: true } }];
  }
}
