/**
 * Sends segments to the analyzer at intervals, without delaying recognition, and turns its changes
 * into events.
 */
import type { Analyzer, Insight, InsightChange, SpeakerName } from '../../insights/types';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import { compareSegments } from '../../transcript/transcript';
import type { SegmentText } from '../../transcript/types';
import type { DurableEventBody } from '../contract/events';

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
  private readonly detecting: LimitedPass;
  private readonly asking: LimitedPass;

  constructor(private readonly setup: InsightFeedSetup) {
    this.detecting = new LimitedPass(setup.clock);
    this.asking = new LimitedPass(setup.clock);
  }

  /** Adds a final or revised segment. */
  add(segment: SegmentText): void {
    this.changed.set(segment.id, segment);
    this.timer ??= this.setup.clock.setTimeout(() => {
      this.timer = undefined;
      this.run(() => this.takeChanged());
      if (!this.detecting.running && this.setup.analyzer.detector?.due) void this.detect(false);
      if (!this.asking.running && this.setup.analyzer.model?.due) void this.ask(false);
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
    this.asking.abort();
    this.detecting.abort();
  }

  /** Scores new turns. The rules' findings stay if the encoder fails. */
  private async detect(final: boolean): Promise<void> {
    const { analyzer, logger } = this.setup;
    try {
      await this.detecting.run(
        DETECT_MS,
        (signal) => analyzer.detector?.read(final, signal),
        (changes) => this.tell(changes),
      );
    } catch (error) {
      logger.warn('analysis.detectorFailed', { error: nameOf(error) });
    }
  }

  /** Asks the language model. The results of the rules are used until it answers or if it fails. */
  private async ask(final: boolean): Promise<void> {
    const { analyzer, modelMs, warn, logger } = this.setup;
    try {
      await this.asking.run(
        modelMs,
        (signal) => analyzer.model?.read(final, signal),
        (answer) => {
          this.tell(answer.changes);
          if (answer.failure !== undefined) warn(answer.failure);
        },
      );
    } catch (error) {
      logger.error('analysis.modelFailed', { error: nameOf(error) });
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

/** A pass with a time limit. Its result is dropped after an abort or when another pass began. */
class LimitedPass {
  private current: AbortController | undefined;

  constructor(private readonly clock: Clock) {}

  get running(): boolean {
    return this.current !== undefined;
  }

  abort(): void {
    this.current?.abort();
    this.current = undefined;
  }

  async run<T>(
    limitMs: number,
    work: (signal: AbortSignal) => Promise<T> | undefined,
    take: (result: T) => void,
  ): Promise<void> {
    const own = (this.current = new AbortController());
    const limit = this.clock.setTimeout(() => own.abort(), limitMs);
    try {
      const result = await work(own.signal);
      if (this.current === own && result) take(result);
    } finally {
      limit.dispose();
      if (this.current === own) this.current = undefined;
    }
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');
