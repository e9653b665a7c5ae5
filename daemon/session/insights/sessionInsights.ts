/**
 * Insights and speaker names of a session: analysis during the session, the last pass, and a
 * person's changes.
 */
import type { Analyzer, AnalyzerFactory, Insight, SpeakerName } from '../../insights/types';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { SegmentText } from '../../transcript/types';
import type { SessionProjection } from '../events/sessionProjection';
import { calledEvents } from '../speakers/calledNames';
import type { EventLog } from '../events/eventLog';
import type { DurableEvent } from '../contract/events';
import { InsightFeed } from './insightFeed';
import { type InsightEdit, InsightRevisions } from './insightRevisions';
import type { SessionOptions } from '../contract/options';
import { delay } from '../../base/wait';

export interface SessionInsightsSetup {
  readonly analyzers: AnalyzerFactory;
  /** ISO 8601 with offset. */
  readonly startedAt: string;
  readonly options: Pick<SessionOptions, 'analysisMs' | 'analysisRetryMs' | 'modelMs'>;
  readonly projection: SessionProjection;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Transcript of a resumed session. */
  readonly restore: readonly SegmentText[] | undefined;
  /** Adds links from an insight to code symbols. */
  readonly link: (insight: Insight) => Insight;
  readonly warn: (code: 'analysis.fallback' | 'analysis.failed', message: string) => void;
}

export class SessionInsights implements Disposable {
  /** True if all tries of the last pass failed. */
  failed = false;
  private analyzer: Analyzer;
  private feed: InsightFeed;
  private readonly revisions: InsightRevisions;

  constructor(private readonly setup: SessionInsightsSetup) {
    this.analyzer = this.newAnalyzer(setup.restore);
    this.feed = this.newFeed();
    this.revisions = new InsightRevisions(setup.projection, () => this.analyzer);
  }

  /** @param event already applied to the projection */
  follow(event: DurableEvent): void {
    if (event.kind === 'final') this.read(event.segment);
    if (event.kind !== 'revision') return;
    this.read(event.revision.segment);
    for (const segment of event.revision.added ?? []) this.read(segment);
  }

  /** @throws EarmarkError insight.notFound, store.unwritable */
  async revise(insightId: string, change: InsightEdit): Promise<void> {
    await this.setup.log.appendNow(this.revisions.plan(insightId, change));
  }

  /**
   * Runs the last pass over the transcript. A failed pass is repeated from the transcript. The
   * session ends even if all tries fail.
   * @param givenUp returns true if the result is no longer needed
   */
  async finish(givenUp: () => boolean): Promise<void> {
    const { clock, options, projection, warn } = this.setup;
    for (const wait of options.analysisRetryMs) {
      if (await this.feed.finish()) return;
      await delay(clock, wait);
      if (givenUp()) return;
      this.feed.dispose();
      this.analyzer = this.newAnalyzer(projection.transcript.packed());
      this.feed = this.newFeed();
    }
    if (await this.feed.finish()) return;
    this.failed = true;
    warn(
      'analysis.failed',
      'The transcript is complete, but its actions, decisions and summary are not. ' +
        'Run "earmark sessions recover" to try again.',
    );
  }

  dispose(): void {
    this.feed.dispose();
  }

  /** Sends a segment to the analyzer, which shares the transcript's text and makes no copy. */
  private read({ id }: SegmentText): void {
    const kept = this.setup.projection.transcript.packedOf(id);
    if (kept) this.feed.add(kept);
  }

  private newAnalyzer(restore: readonly SegmentText[] | undefined): Analyzer {
    const { analyzers, startedAt, projection } = this.setup;
    return analyzers.create(
      { startedAt },
      restore && { segments: restore, insights: [...projection.insights.values()] },
    );
  }

  private newFeed(): InsightFeed {
    const { clock, logger, options, log, link, warn } = this.setup;
    return new InsightFeed({
      analyzer: this.analyzer,
      clock,
      logger,
      link,
      everyMs: options.analysisMs,
      modelMs: options.modelMs,
      emit: (events) => log.append(events),
      names: (names) => this.suggest(names),
      warn: (message) => warn('analysis.fallback', message),
    });
  }

  private suggest(names: readonly SpeakerName[]): void {
    const { projection, log } = this.setup;
    if (calledEvents(projection, names).length > 0)
      log.append(() => calledEvents(projection, names));
  }
}
