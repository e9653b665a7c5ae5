/** A target for dictated text: an editor, the source-control box or a terminal. */
import type * as vscode from 'vscode';
import type { DictationScope, DictationStop } from '../../../protocol/dictation';
import type { ResultOf } from '../../../protocol/method';
import { UserError } from '../../errors';
import type { Anchor } from '../anchors';

export type DictatedText = ResultOf<typeof DictationStop> & {
  /** Words that may be wrong; see `doubtedWords`. */
  readonly doubted: readonly string[];
  /** The text before a language model tidied it up; absent if none did. */
  readonly untidied?: string;
};

/** The inserted text, used to remove, hover or correct it. */
export interface Insertion {
  readonly document: vscode.TextDocument;
  /** Offset of each text, in the order of the places. */
  readonly anchors: readonly Anchor[];
  readonly texts: readonly string[];
  /** Text that the insertion replaced. */
  readonly replaced: readonly string[];
}

export interface Surface extends vscode.Disposable {
  /** Document for the search of nearby names; undefined for a terminal. */
  readonly near: { readonly document: vscode.TextDocument; readonly line: number } | undefined;
  /** Fires when the target no longer exists. Its recognised text is then lost. */
  readonly onDidLose: vscode.Event<void>;
  /** Reason why the target cannot take text, for the user; undefined if it can. */
  refusal(): Promise<string | undefined>;
  /** Shows recognised text at the target without changing the target. */
  preview(text: string): void;
  /** One scope for each place. */
  scopes(): DictationScope[];
  /** True if inserted text can be replaced with longer text while the user speaks. */
  readonly grows: boolean;
  /** True for prose that a language model may tidy up: the chat, commit messages, notes. */
  readonly tidies?: boolean;
  /** True if the inserted text is unchanged. */
  intact(): boolean;
  /** Settles the inserted text: it belongs to the user, and further text goes behind it. */
  settle(): void;
  /**
   * Replaces the text inserted before.
   * @returns undefined if nothing was inserted or the target keeps no record of it
   * @throws Refused
   */
  insert(recognised: DictatedText): Promise<Insertion | undefined>;
}

/** The target did not take the text. The user can still copy it. */
export class Refused extends UserError {
  constructor(
    message: string,
    readonly spoken: string,
  ) {
    super(message);
  }
}
