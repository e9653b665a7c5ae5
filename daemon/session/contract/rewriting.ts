/** Contract of writing the notes of an ended session again. */
import type { AnalysisContext, ModelOutcome, WritingStep } from '../../insights/types';

export interface RewriteRequest {
  readonly model: NonNullable<AnalysisContext['model']>;
  readonly template?: AnalysisContext['template'];
  readonly signal: AbortSignal;
  readonly onProgress: (step: WritingStep) => void;
}

export type Rewritten = Omit<ModelOutcome, 'changes'> & { readonly changed: number };
