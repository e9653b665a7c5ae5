/**
 * Applies a person's change to an insight: through the analyzer while it exists, otherwise to the
 * stored insight.
 */
import type { Analyzer, Insight } from '../../insights/types';
import type { SessionProjection } from '../events/sessionProjection';
import type { Planned } from '../events/eventLog';
import { eventsOf } from './insightFeed';
import { insightGone } from '../contract/errors';

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
   * Changes the analyzer's copy now, so that its next results include the change.
   * @throws EarmarkError insight.notFound, also when the plan runs
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
