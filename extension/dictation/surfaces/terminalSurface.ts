/** The active terminal. Text is pasted at the prompt and never run. */
import * as vscode from 'vscode';
import type { DictationScope } from '../../../protocol/dictation';
import { UserError } from '../../errors';
import { pastable } from '../insertText';
import { Preview } from './preview';
import type { DictatedText, Surface } from './surface';

export class TerminalSurface implements Surface {
  readonly near = undefined;
  private readonly lost = new vscode.EventEmitter<void>();
  readonly onDidLose = this.lost.event;
  private readonly previewText = new Preview();
  private readonly closing: vscode.Disposable;

  /** @throws UserError if no terminal is open */
  static active(): TerminalSurface {
    const terminal = vscode.window.activeTerminal;
    if (terminal === undefined)
      throw new UserError(
        vscode.l10n.t('Open a terminal first. Dictation inserts text at its prompt.'),
      );
    return new TerminalSurface(terminal);
  }

  private constructor(private readonly terminal: vscode.Terminal) {
    this.closing = vscode.window.onDidCloseTerminal(
      (closed) => closed === terminal && this.lost.fire(),
    );
  }

  refusal(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  preview(text: string): void {
    this.previewText.show(text);
  }

  scopes(): DictationScope[] {
    return [{ kind: 'code', indent: '' }];
  }

  readonly grows = false;

  intact(): boolean {
    return true;
  }

  settle(): void {
    // A terminal takes text only once.
  }

  insert({ text, texts: [written = text], named }: DictatedText): Promise<undefined> {
    const command = pastable(written, named);
    if (command !== '') this.terminal.sendText(command, false);
    return Promise.resolve(undefined);
  }

  dispose(): void {
    this.closing.dispose();
    this.previewText.dispose();
    this.lost.dispose();
  }
}
