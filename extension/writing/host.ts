/**
 * What the writing of notes by a language model needs from the window. Types only: the rest of this
 * folder is a bundle of its own, which loads when a model is offered or asked.
 */
import type * as vscode from 'vscode';
import type { InsightWrite, InsightWriting } from '../../protocol/insights';
import type {
  LanguageModelAnswer,
  LanguageModelAsk,
  LanguageModelLevels,
  LanguageModelOffer,
} from '../../protocol/languageModel';
import type { ParamsOf, ResultOf } from '../../protocol/method';
import type { NoteTemplate } from '../../protocol/templates';

export type Question = ParamsOf<typeof LanguageModelAsk>;
export type Outcome = ParamsOf<typeof LanguageModelAnswer>['outcome'];
export type Levels = ResultOf<typeof LanguageModelLevels>;
export type Written = ResultOf<typeof InsightWrite>;
export type Step = ParamsOf<typeof InsightWriting>;

/** Which model writes: that of the editor, the server, or a local one. */
export type Target = Pick<ParamsOf<typeof InsightWrite>, 'model' | 'modelId'>;
export type LocalModel = Levels['local'][number];

export interface WritingHost {
  readonly memory: vscode.Memento;
  warn(event: string, code: string): void;
  /** Requests to the daemon; each rejects with an `EarmarkError`. */
  readonly daemon: {
    offer(model: ParamsOf<typeof LanguageModelOffer>): Promise<unknown>;
    answer(id: number, outcome: Outcome): Promise<unknown>;
    levels(): Promise<Levels>;
    write(
      sessionId: string,
      target: Target,
      signal: AbortSignal,
      template?: NoteTemplate,
    ): Promise<Written>;
    /** Downloads a local model and the program that runs it. */
    pull(modelId: string, signal: AbortSignal): Promise<unknown>;
  };
  readonly settings: {
    useEditorModel(): boolean;
    editorModel(): string;
    /** Address of a remote daemon; empty if there is none. */
    remoteUrl(): string;
    /** Uses a model for all meetings. */
    useAlways(model: string): Promise<void>;
  };
  /** The ended meeting that the panel shows; undefined if it shows none with a transcript. */
  meeting(): { readonly id: string } | undefined;
  /** Gives the note the sections of a template. */
  arrange(sessionId: string, template: NoteTemplate): Promise<void>;
  /** The panel must be drawn again. */
  changed(): void;
  errorText(error: unknown): string;
}
