/** Where dictated words can go: an editor, the source-control box, a terminal. */
import type * as vscode from 'vscode';
import type { DictationScope, DictationStop } from '../../../protocol/dictation';
import type { ResultOf } from '../../../protocol/method';
import { UserError } from '../../errors';
import type { Anchor } from '../anchors';

export type DictatedText = ResultOf<typeof DictationStop>;

/** What went in, for whoever takes it back, hovers over it or corrects it. */
export interface Insertion {
  readonly document: vscode.TextDocument;
  /** Of each text, in the order of the places. */
  readonly anchors: readonly Anchor[];
  readonly texts: readonly string[];
  /** What stood there before. */
  readonly replaced: readonly string[];
}

export interface Surface extends vscode.Disposable {
  /** What it is about, to find names that are near; undefined for a terminal. */
  readonly near: { readonly document: vscode.TextDocument; readonly line: number } | undefined;
  /** It is gone, and so is what was said. */
  readonly onDidLose: vscode.Event<void>;
  /** Why it cannot take text, for the user; undefined where it can. */
  refusal(): Promise<string | undefined>;
  /** Shows recognised text at the target without changing the target. */
  preview(text: string): void;
  /** One for each place. */
  scopes(): DictationScope[];
  /** What it was given can be given again, longer, while more is said. */
  readonly grows: boolean;
  /** What it was given stands there as it was given. */
  intact(): boolean;
  /** What it was given is the user's from now on: what comes goes behind it. */
  settle(): void;
  /**
   * In place of what it was given before.
   * @returns undefined where nothing of it is there, or the place keeps no record of it. @throws
   * Refused
   */
  insert(recognised: DictatedText): Promise<Insertion | undefined>;
}

/** The place did not take the words; they are the user's to have all the same. */
export class Refused extends UserError {
  constructor(
    message: string,
    readonly spoken: string,
  ) {
    super(message);
  }
}
