/** `insights/revise`, `insights/derive`, `insights/analyze`. */
import { EarmarkError } from '../../protocol/errors';
import { InsightAnalyze, InsightDerive, InsightRevise } from '../../protocol/insights';
import type { Source } from '../audio/frame';
import { derive } from '../notes/derive';
import type { Segment } from '../transcript/types';
import { defined } from '../base/defined';
import { toInsight } from './convert';
import type { RpcDeps } from './deps';
import type { Registry } from './registry';
import { insightGone } from '../session/errors';

export function insightHandlers(registry: Registry, { sessions, analyzers, clock }: RpcDeps): void {
  registry
    .on(InsightRevise, async ({ sessionId, insightId, ...change }) => {
      await sessions.reviseInsight(sessionId, insightId, defined(change));
      return {};
    })
    .on(InsightDerive, async ({ sessionId, insightId, as, languageId }) => {
      const { record, insights } = await sessions.get(sessionId);
      const insight = insights.find(({ id }) => id === insightId);
      if (!insight) throw insightGone();
      return {
        ...derive(
          as,
          insight,
          { title: record.title, startedAt: record.startedAt, ...record.workspace },
          languageId,
        ),
      };
    })
    .on(InsightAnalyze, async ({ segments, self, date }, _client, { signal }) => {
      if (date !== undefined && Number.isNaN(Date.parse(date)))
        throw new EarmarkError(
          'analysis.badInput',
          'The date is not an ISO date (YYYY-MM-DD); correct it.',
        );
      const ids = new Set(segments.map((s) => s.id));
      if (ids.size < segments.length)
        throw new EarmarkError(
          'analysis.badInput',
          'Two segments have the same id; give each its own.',
        );
      const analyzer = analyzers.create({
        startedAt: date ?? new Date(clock.wall()).toISOString(),
        ...(self === undefined ? {} : { self }),
      });
      analyzer.update(segments.map(fromAnalysisSegment));
      analyzer.finish();
      await analyzer.detector?.read(true, signal).catch(() => undefined);
      const failure = (await analyzer.model?.read(true, signal))?.failure;
      return {
        insights: analyzer.insights.map(toInsight),
        ...(failure === undefined ? {} : { warnings: [failure] }),
      };
    });
}

function fromAnalysisSegment(given: {
  id: string;
  start: number;
  end: number;
  source: string;
  speaker: string;
  text: string;
}): Segment {
  const source: Source =
    given.source === 'mic' || given.source === 'system' ? given.source : 'file';
  return {
    id: given.id,
    startMs: given.start * 1000,
    endMs: given.end * 1000,
    source,
    speaker: given.speaker,
    text: given.text,
    confidence: 1,
    revision: 0,
  };
}
