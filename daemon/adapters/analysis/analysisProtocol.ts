/** Messages between the daemon and the thread that analyses one transcript. */
import type { AnalysedTranscript, GivenTranscript } from '../../insights/analyseText';
import type { SpokenTurn, TurnScores } from '../../insights/contract/turns';
import type { ChatMessage } from '../../insights/model/languageModel';
import type { Capability } from '../../insights/write/exam';
import type { SentError } from '../sentError';

/** Given to the thread at its start. */
export interface AnalysisSetup {
  readonly given: GivenTranscript;
  /** Name of the language model, if there is one. */
  readonly model?: string;
  /** True if there is a turn encoder. */
  readonly scorer: boolean;
}

/** What the thread asks the daemon for, since workers and servers are reached from there. */
export interface Questions {
  readonly score: {
    readonly asked: readonly Pick<SpokenTurn, 'speaker' | 'text'>[];
    readonly answer: readonly TurnScores[];
  };
  readonly capability: { readonly asked: null; readonly answer: Capability };
  readonly complete: {
    readonly asked: { readonly messages: readonly ChatMessage[]; readonly schema: object };
    readonly answer: string;
  };
}

export type Question = {
  readonly [N in keyof Questions]: { readonly name: N; readonly asked: Questions[N]['asked'] };
}[keyof Questions];

export type FromAnalysis =
  { readonly question: Question; readonly id: number } | { readonly done: AnalysedTranscript };

export type ToAnalysis =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: SentError };
