/** Analysis of a transcript given as text, in one pass, and the port of its adapter. */
import type { Segment } from '../transcript/types';
import type { AnalysisContext, AnalyzerFactory, Insight } from './types';

export interface GivenTranscript {
  /** In order of time, each with its own id. */
  readonly segments: readonly Segment[];
  readonly context: AnalysisContext;
}

export interface AnalysedTranscript {
  readonly insights: readonly Insight[];
  /** Sentence for the user if the language model gave no answer for a part. */
  readonly failure?: string;
}

export interface TranscriptAnalysis {
  /**
   * Analyses away from the event loop.
   * @param owner whose work it is; owners take turns
   * @throws EarmarkError rpc.tooMany, rpc.cancelled, analysis.badInput if it takes too long
   */
  analyse(given: GivenTranscript, owner: string, signal: AbortSignal): Promise<AnalysedTranscript>;
}

/** Runs rules, turn encoder and language model, as at the end of a session. */
export async function analyseText(
  analyzers: AnalyzerFactory,
  { segments, context }: GivenTranscript,
  signal: AbortSignal,
): Promise<AnalysedTranscript> {
  const analyzer = analyzers.create(context);
  analyzer.update(segments);
  analyzer.finish();
  await analyzer.detector?.read(true, signal).catch(() => undefined);
  const failure = (await analyzer.model?.read(true, signal))?.failure;
  return { insights: analyzer.insights, ...(failure === undefined ? {} : { failure }) };
}
