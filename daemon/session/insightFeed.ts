/** Gives the analyzer what was said, now and then and never in the way of recognition; its changes become events. */
import type { Analyzer, Insight, InsightChange } from '../analysis/types';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { Logger } from '../base/logger';
import { compareSegments } from '../transcript/transcript';
import type { Segment } from '../transcript/types';
import type { DurableEventBody } from './events';

export interface InsightFeedSetup {
  readonly analyzer: Analyzer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs: number;
  /** Adds what an insight names in the code. */
  readonly link: (insight: Insight) => Insight;
  readonly emit: (events: readonly DurableEventBody[]) => void;
}

export class InsightFeed implements Disposable {
  private readonly changed = new Map<string, Segment>();
  private timer: Disposable | undefined;
  private failed = false;

  constructor(private readonly setup: InsightFeedSetup) {}

  /** A segment became final or was revised. */
  add(segment: Segment): void {
    this.changed.set(segment.id, segment);
    this.timer ??= this.setup.clock.setTimeout(() => {
      this.timer = undefined;
      this.run(() => this.takeChanged());
    }, this.setup.everyMs);
  }

  /** What waits is analysed now, then the last pass is made. @returns false where any pass failed: something may be missing */
  finish(): boolean {
    this.dispose();
    this.run(() => this.takeChanged());
    this.run(() => this.setup.analyzer.finish());
    return !this.failed;
  }

  dispose(): void {
    this.timer?.dispose();
    this.timer = undefined;
  }

  private takeChanged(): readonly InsightChange[] {
    if (this.changed.size === 0) return [];
    const segments = [...this.changed.values()].sort(compareSegments);
    this.changed.clear();
    return this.setup.analyzer.update(segments);
  }

  /** A transcript without insights is better than none: what fails here ends nothing. */
  private run(analyse: () => readonly InsightChange[]): void {
    try {
      this.setup.emit(eventsOf(analyse().map(({ op, insight }) => ({ op, insight: op === 'remove' ? insight : this.setup.link(insight) }))));
    } catch (error) {
      this.failed = true;
      this.setup.logger.error('analysis.failed', { error: error instanceof Error ? error.name : 'unknown' });
    }
  }
}

export function eventsOf(changes: readonly InsightChange[]): readonly DurableEventBody[] {
  return changes.map(({ op, insight }) => ({ kind: insight.kind, op, insight }));
}
