/**
 * Gives the analyzer what was said, now and then and never in the way of recognition; its changes
 * become events.
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
  /** Adds what an insight names in the code. */
  readonly link: (insight: Insight) => Insight;
  /** Longest time that the language model may take at the end, all its answers together. */
  readonly modelMs: number;
  readonly emit: (events: readonly DurableEventBody[]) => void;
  /** Told after every look at the conversation. */
  readonly names: (names: readonly SpeakerName[]) => unknown;
  /** A part was not read by the language model: a sentence for the user. */
  readonly warn: (message: string) => void;
}

export class InsightFeed implements Disposable {
  private readonly changed = new Map<string, SegmentText>();
  private timer: Disposable | undefined;
  private failed = false;
  /** Aborted when the session ends, or what is asked now is asked anew. */
  private asking: AbortController | undefined;

  constructor(private readonly setup: InsightFeedSetup) {}

  /** A segment became final or was revised. */
  add(segment: SegmentText): void {
    this.changed.set(segment.id, segment);
    this.timer ??= this.setup.clock.setTimeout(() => {
      this.timer = undefined;
      this.run(() => this.takeChanged());
      if (!this.asking && this.setup.analyzer.model?.due) void this.ask(false);
    }, this.setup.everyMs);
  }

  /**
   * What waits is analysed now, then the last pass is made.
   * @returns false where any pass failed: something may be missing
   */
  async finish(): Promise<boolean> {
    this.dispose();
    this.run(() => this.takeChanged());
    this.run(() => this.setup.analyzer.finish());
    if (!this.failed && this.setup.analyzer.model) await this.ask(true);
    return !this.failed;
  }

  dispose(): void {
    this.timer?.dispose();
    this.timer = undefined;
    this.asking?.abort();
    this.asking = undefined;
  }

  /** Results of the rules, used until the model answers and if it fails. */
  private async ask(final: boolean): Promise<void> {
    const { analyzer, clock, modelMs, warn, logger } = this.setup;
    const asking = (this.asking = new AbortController());
    const limit = clock.setTimeout(() => asking.abort(), modelMs);
    try {
      const answer = await analyzer.model?.read(final, asking.signal);
      // Disposed meanwhile: the session is over, or asks anew.
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

  /** A transcript without insights is better than none: what fails here ends nothing. */
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
