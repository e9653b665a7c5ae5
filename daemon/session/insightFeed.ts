/**
 * Sends segments to the analyzer at intervals, without delaying recognition, and turns its changes
 * into events.
 */
import type { Analyzer, Insight, InsightChange, SpeakerName } from '../insights/types';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { Logger } from '../base/logger';
import { compareSegments } from '../transcript/transcript';
import type { SegmentText } from '../transcript/types';
import type { DurableEventBody } from './events';

export interface InsightFeedSetup {
  readonly analyzer: Analyzer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs: number;
  /** Adds links from an insight to code symbols. */
  readonly link: (insight: Insight) => Insight;
  /** Maximum total time of the language model at the end. */
  readonly modelMs: number;
  readonly emit: (events: readonly DurableEventBody[]) => void;
  /** Called after every analysis. */
  readonly names: (names: readonly SpeakerName[]) => unknown;
  /** Reports a part that the language model did not read, as a sentence for the user. */
  readonly warn: (message: string) => void;
}

/** Maximum time of a pass of the turn encoder; a meeting of three hours takes about 10 s. */
const DETECT_MS = 60_000;

export class InsightFeed implements Disposable {
  private readonly changed = new Map<string, SegmentText>();
  private timer: Disposable | undefined;
  private failed = false;
  /** Aborted when the session ends. */
  private detecting: AbortController | undefined;
  /** Aborted when the session ends or a new request replaces it. */
  private asking: AbortController | undefined;

  constructor(private readonly setup: InsightFeedSetup) {}

  /** Adds a final or revised segment. */
  add(segment: SegmentText): void {
    this.changed.set(segment.id, segment);
    this.timer ??= this.setup.clock.setTimeout(() => {
      this.timer = undefined;
      this.run(() => this.takeChanged());
      if (!this.detecting && this.setup.analyzer.detector?.due) void this.detect(false);
      if (!this.asking && this.setup.analyzer.model?.due) void this.ask(false);
    }, this.setup.everyMs);
  }

  /**
   * Analyses the waiting segments, then makes the last pass.
   * @returns false if any pass failed, so that insights may be missing
   */
  async finish(): Promise<boolean> {
    this.dispose();
    this.run(() => this.takeChanged());
    this.run(() => this.setup.analyzer.finish());
    if (!this.failed && this.setup.analyzer.detector) await this.detect(true);
    if (!this.failed && this.setup.analyzer.model) await this.ask(true);
    return !this.failed;
  }

  dispose(): void {
    this.timer?.dispose();
    this.timer = undefined;
    this.asking?.abort();
    this.asking = undefined;
    this.detecting?.abort();
    this.detecting = undefined;
  }

  /** Scores new turns. The rules' findings stay if the encoder fails. */
  private async detect(final: boolean): Promise<void> {
    const { analyzer, clock, logger } = this.setup;
    const detecting = (this.detecting = new AbortController());
    const limit = clock.setTimeout(() => detecting.abort(), DETECT_MS);
    try {
      const changes = await analyzer.detector?.read(final, detecting.signal);
      if (this.detecting === detecting && changes) this.tell(changes);
    } catch (error) {
      logger.warn('analysis.detectorFailed', {
        error: error instanceof Error ? error.name : 'unknown',
      });
    } finally {
      limit.dispose();
      if (this.detecting === detecting) this.detecting = undefined;
    }
  }

  /** Asks the language model. The results of the rules are used until it answers or if it fails. */
  private async ask(final: boolean): Promise<void> {
    const { analyzer, clock, modelMs, warn, logger } = this.setup;
    const asking = (this.asking = new AbortController());
    const limit = clock.setTimeout(() => asking.abort(), modelMs);
    try {
      const answer = await analyzer.model?.read(final, asking.signal);
      // Disposed meanwhile: the session ended or a new request replaced this one.
      if (this.asking !== asking || !answer) return;
      this.tell(answer.changes);
      if (answer.failure !== undefined) warn(answer.failure);
    } catch (error) {
      logger.error('analysis.modelFailed', {
        error: error instanceof Error ? error.name : 'unknown',
      });
    } finally {
      limit.dispose();
      if (this.asking === asking) this.asking = undefined;
    }
  }

  private takeChanged(): readonly InsightChange[] {
    if (this.changed.size === 0) return [];
    const segments = [...this.changed.values()].sort(compareSegments);
    this.changed.clear();
    return this.setup.analyzer.update(segments);
  }

  private tell(changes: readonly InsightChange[]): void {
    this.setup.emit(
      eventsOf(
        changes.map(({ op, insight }) => ({
          op,
          insight: op === 'remove' ? insight : this.setup.link(insight),
        })),
      ),
    );
  }

  /**
   * Runs an analysis. A failure must not end the session, because a transcript without insights is
   * still useful.
   */
  private run(analyse: () => readonly InsightChange[]): void {
    try {
      this.tell(analyse());
      this.setup.names(this.setup.analyzer.speakerNames);
    } catch (error) {
      this.failed = true;
      this.setup.logger.error('analysis.failed', {
        error: error instanceof Error ? error.name : 'unknown',
      });
    }
  }
}

export function eventsOf(changes: readonly InsightChange[]): readonly DurableEventBody[] {
  return changes.map(({ op, insight }) => ({ kind: insight.kind, op, insight }));
}
