/**
 * A person's change to an insight: through the analyzer while it lives, straight to the insight
 * afterwards.
 */
import type { Analyzer, Insight } from '../insights/types';
import type { SessionProjection } from './sessionProjection';
import type { Planned } from './eventLog';
import { eventsOf } from './insightFeed';
import { insightGone } from './errors';

export interface InsightEdit {
  readonly text?: string;
  readonly owner?: string;
  readonly status?: Insight['status'];
}

export class InsightRevisions {
  constructor(
    private readonly projection: SessionProjection,
    private readonly analyzer: () => Analyzer | undefined = () => undefined,
  ) {}

  /**
   * What the analyzer holds is changed now, so that what it finds next has it. @throws EarmarkError
   * insight.notFound, also later
   */
  plan(insightId: string, edit: InsightEdit): Planned {
    const insight = this.projection.insights.get(insightId);
    if (!insight) throw insightGone();
    const analyzer = this.analyzer();
    if (analyzer?.insights.some(({ id }) => id === insightId))
      return eventsOf(analyzer.revise(insightId, { ...edit }));
    return () => {
      const now = this.projection.insights.get(insightId) ?? insight;
      return eventsOf([{ op: 'update', insight: { ...now, ...edit, edited: true } }]);
    };
  }
}
