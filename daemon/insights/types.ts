/**
 * Insights as the daemon holds them, and the contract of whatever finds them.
 *
 * Functions of this room:
 * - `createAnalyzerFactory(options?: { nlp?, model?: ModelQueue }): AnalyzerFactory` in
 *   `analyzerFactory.ts`; words and parts of speech load at the first `create`
 * - `LanguageModel` in `model/languageModel.ts`, the port to a language model, and `ModelQueue` in
 *   front of it
 * - `parseAnalysisInput(text): Segment[]` in `plainText.ts`: `{segments: […]}` or plain `Speaker:
 *   text` lines
 * - `groupInsights(insights): AnalysisResult`, `renderInsightsMarkdown(insights): string` in
 *   `render.ts`
 */
import type { SegmentText } from '../transcript/types';

export type InsightKind = 'action' | 'decision' | 'risk' | 'question' | 'entity' | 'summary';

export type SummarySection = 'context' | 'discussion' | 'decisions' | 'next';

export interface Evidence {
  readonly segmentId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly quote: string;
}

export interface Insight {
  readonly id: string;
  readonly kind: InsightKind;
  readonly text: string;
  readonly owner?: string;
  readonly due?: { readonly phrase: string; readonly date?: string };
  readonly status: 'open' | 'done' | 'cancelled' | 'dismissed';
  readonly confidence: number;
  readonly evidence: readonly Evidence[];
  readonly symbols: readonly {
    readonly name: string;
    readonly uri?: string;
    readonly line?: number;
  }[];
  /**
   * Of a sentence of the summary: where it belongs. `decisions` and `next` are told from the
   * decisions and actions themselves.
   */
  readonly section?: SummarySection;
  /** Of a sentence of the discussion: what was spoken of there. */
  readonly topic?: { readonly title: string; readonly startMs: number; readonly endMs: number };
  readonly entity?: 'person' | 'product' | 'file' | 'symbol' | 'ticket' | 'url';
  /** A person changed it; the machine leaves it alone. */
  readonly edited?: boolean;
}

export type InsightChange = { readonly op: 'add' | 'update' | 'remove'; readonly insight: Insight };

/** What the others call somebody in the conversation. */
export interface SpeakerName {
  /** As the transcript labels who speaks. */
  readonly speaker: string;
  readonly name: string;
  /** The segment in which it was said first. */
  readonly segmentId: string;
}

export interface AnalysisContext {
  /** When the session began, ISO 8601 with offset; due dates count from it. */
  readonly startedAt: string;
  /** Who "You" is, where known. */
  readonly self?: string;
}

/** Follows one session. Ids are stable over calls; what a person edited or dismissed stays so. */
export interface Analyzer {
  /**
   * Segments that became final or were revised since the last call, in order of time; they are kept
   * as they are given.
   */
  update(segments: readonly SegmentText[]): readonly InsightChange[];
  /** The last pass, when nothing more will be said. */
  finish(): readonly InsightChange[];
  /** A person's change. */
  revise(
    insightId: string,
    change: { text?: string; owner?: string; status?: Insight['status'] },
  ): readonly InsightChange[];
  readonly insights: readonly Insight[];
  /** What those are called who are labelled by a number, as often as the summary is made. */
  readonly speakerNames: readonly SpeakerName[];
  /** Absent where no language model is configured. */
  readonly model?: ModelPass | undefined;
}

/**
 * A language model beside the rules. What it says passes the same gate; what it does not answer
 * stays with the rules.
 */
export interface ModelPass {
  /** True where enough was said since that asking is worth it. */
  readonly due: boolean;
  /**
   * Has it read what is new; never throws. What was answered before the signal aborts is kept.
   * @param final the end of the talk too
   * @returns `failure`: a sentence for the user where a part was not answered
   */
  read(
    final: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly changes: readonly InsightChange[]; readonly failure?: string }>;
}

export interface AnalyzerFactory {
  /** @param restore segments and insights of a session that goes on after a restart. */
  create(
    context: AnalysisContext,
    restore?: { segments: readonly SegmentText[]; insights: readonly Insight[] },
  ): Analyzer;
}
