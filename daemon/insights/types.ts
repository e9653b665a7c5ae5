/**
 * Insights in the daemon, and the contract of an analyzer.
 *
 * Functions of this room:
 * - `createAnalyzerFactory(options?: { nlp?, model?: AskedModel }): AnalyzerFactory` in
 *   `analyzerFactory.ts`; words and parts of speech load at the first `create`
 * - `LanguageModel` in `model/languageModel.ts`, the port to a language model, and `ModelQueue` in
 *   front of it
 * - `parseAnalysisInput(text): Segment[]` in `plainText.ts`: `{segments: […]}` or plain `Speaker:
 *   text` lines
 * - `groupInsights(insights): AnalysisResult`, `renderInsightsMarkdown(insights): string` in
 *   `render.ts`
 */
import type { EarmarkError } from '../../protocol/errors';
import type { NoteTemplate } from '../../protocol/templates';
import type { SegmentText } from '../transcript/types';
import type { AskedModel } from './model/modelQueue';
import type { Usage } from './model/usage';
import type { Capability } from './write/exam';

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
   * Section of a summary sentence. Sentences in `decisions` and `next` come from the decisions and
   * actions.
   */
  readonly section?: SummarySection;
  /** Topic of a sentence in the discussion. */
  readonly topic?: { readonly title: string; readonly startMs: number; readonly endMs: number };
  /** Section of the note's template that a sentence of the summary belongs to. */
  readonly heading?: string;
  readonly entity?: 'person' | 'product' | 'file' | 'symbol' | 'ticket' | 'url';
  /** A user changed it, so the analyzer leaves it alone. */
  readonly edited?: boolean;
}

export type InsightChange = { readonly op: 'add' | 'update' | 'remove'; readonly insight: Insight };

/** Suggested name of a speaker, from the conversation. */
export interface SpeakerName {
  /** Label of the speaker in the transcript. */
  readonly speaker: string;
  readonly name: string;
  /** The segment of the first mention. */
  readonly segmentId: string;
}

export interface AnalysisContext {
  /** Start of the session, ISO 8601 with offset; due dates are relative to it. */
  readonly startedAt: string;
  /** Name of the speaker "You", if known. */
  readonly self?: string;
  /** Language model of this analysis; the configured one if absent. */
  readonly model?: AskedModel;
  /** Sections of the note and what to ask the model for. */
  readonly template?: NoteTemplate;
}

/** Progress of a language model. */
export interface WritingStep {
  readonly step: 'exam' | 'reading' | 'summary';
  readonly done: number;
  readonly of: number;
}

/** What a pass of a language model did. */
export interface ModelOutcome {
  readonly changes: readonly InsightChange[];
  /** Parts of the meeting that the model answered. */
  readonly answered: number;
  readonly usage: Usage;
  /** Result of the exam; undefined if it could not be taken. */
  readonly level?: Capability;
  /** A sentence for the user if a part got no answer. */
  readonly failure?: string;
  readonly error?: EarmarkError;
}

/**
 * Analyzes one session. Ids are stable between calls. Insights that a user edited or dismissed stay
 * unchanged.
 */
export interface Analyzer {
  /**
   * Takes segments that became final or were revised since the last call, in order of time. The
   * analyzer keeps these objects.
   */
  update(segments: readonly SegmentText[]): readonly InsightChange[];
  /** The last pass, after the end of the session. */
  finish(): readonly InsightChange[];
  /** Applies a user's change. */
  revise(
    insightId: string,
    change: { text?: string; owner?: string; status?: Insight['status'] },
  ): readonly InsightChange[];
  readonly insights: readonly Insight[];
  /** Suggested names of speakers with numbered labels, updated with the summary. */
  readonly speakerNames: readonly SpeakerName[];
  /** Absent without a turn encoder; the rules then work alone. */
  readonly detector?: DetectorPass | undefined;
  /** Absent if no language model is configured. */
  readonly model?: ModelPass | undefined;
}

/** The turn encoder, asynchronous beside `update`. Its items are united with those of the rules. */
export interface DetectorPass {
  /** True if there are turns without scores. */
  readonly due: boolean;
  /**
   * Scores new turns. The findings stay as they are if the encoder fails.
   * @param final scores the whole conversation again, each turn with both neighbours
   * @throws EarmarkError model.*, engine.*
   */
  read(final: boolean, signal: AbortSignal): Promise<readonly InsightChange[]>;
}

/**
 * A language model that supplements the rules. Its answers pass the same gate. The rules cover all
 * windows without an answer.
 */
export interface ModelPass {
  /** True if there is enough new text for a request. */
  readonly due: boolean;
  /**
   * Sends new text to the model. Never throws. Answers received before the signal aborts are kept.
   * @param final includes the end of the conversation
   */
  read(
    final: boolean,
    signal: AbortSignal,
    onProgress?: (step: WritingStep) => void,
  ): Promise<ModelOutcome>;
}

export interface AnalyzerFactory {
  /** @param restore segments and insights of a session that continues after a restart */
  create(
    context: AnalysisContext,
    restore?: { segments: readonly SegmentText[]; insights: readonly Insight[] },
  ): Analyzer;
}
