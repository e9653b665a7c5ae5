/**
 * The input of the editor's chat. Files and symbols become attachments. The text is put at the
 * cursor: `query` would replace what the user typed, and nothing could undo it.
 */
import * as vscode from 'vscode';
import type { DictationScope } from '../../../protocol/dictation';
import { Preview } from '../surfaces/preview';
import type { DictatedText, Surface } from '../surfaces/surface';
import { nearCursor } from './nearCursor';
import { lookUp } from './lookUp';
import { begun, promptOf, type PromptParts } from './promptParts';
import { namesIn } from './promptText';

const OPEN = 'workbench.action.chat.open';
const SUBMIT = 'workbench.action.chat.submit';

export class ChatSurface implements Surface {
  readonly near = nearCursor();
  private readonly lost = new vscode.EventEmitter<void>();
  /** The chat opens again if it was closed. */
  readonly onDidLose = this.lost.event;
  private readonly previewText = new Preview();

  /** @param behindText the input has text before the cursor */
  constructor(
    private readonly parts: PromptParts,
    private readonly behindText: boolean,
  ) {}

  async refusal(): Promise<string | undefined> {
    const off =
      vscode.workspace.getConfiguration('chat').get<unknown>('disableAIFeatures') === true;
    return !off && (await vscode.commands.getCommands(true)).includes(OPEN)
      ? undefined
      : vscode.l10n.t('This window has no chat. Turn on chat, or dictate to a terminal.');
  }

  preview(text: string): void {
    this.previewText.show(text);
  }

  scopes(): DictationScope[] {
    return [{ kind: 'prose' }];
  }

  readonly grows = false;
  readonly tidies = true;

  intact(): boolean {
    return true;
  }

  settle(): void {
    // The chat takes text only once.
  }

  async insert(recognised: DictatedText): Promise<undefined> {
    const { text, send, trail } = promptOf(recognised, this.parts);
    if (text === '' && !send) return;
    const spelled = recognised.spelled.map(({ written }) => written);
    const found = await lookUp(namesIn(text, spelled), this.parts.index);
    const joined = this.behindText ? ` ${text}` : begun(text, recognised.named);
    const refuse = (): Error =>
      this.parts.refused(
        vscode.l10n.t('The chat did not take the text. Copy it and paste it there.'),
        text,
      );
    try {
      await vscode.commands.executeCommand(OPEN, {
        attachFiles: found.map(({ uri, range }) =>
          range === undefined ? uri : { uri, range: counted(range) },
        ),
      });
    } catch {
      throw refuse();
    }
    if (!(await putAtFocus(joined + trail))) throw refuse();
    if (send) await vscode.commands.executeCommand(SUBMIT);
  }

  dispose(): void {
    this.previewText.dispose();
    this.lost.dispose();
  }
}

/** The chat's form of a range, counted from 1; VS Code does not convert one inside an argument. */
const counted = ({ start, end }: vscode.Range) => ({
  startLineNumber: start.line + 1,
  startColumn: start.character + 1,
  endLineNumber: end.line + 1,
  endColumn: end.character + 1,
});

/**
 * Puts text at the cursor of the input that has the focus, as one step that undo takes back. If the
 * focus is in an editor, its document gets the text; that is undone.
 * @returns false if the text went into a document
 */
async function putAtFocus(text: string): Promise<boolean> {
  if (text.trim() === '') return true;
  let isElsewhere = false;
  const changes = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
    const isShown = vscode.window.visibleTextEditors.some((one) => one.document === document);
    if (isShown && contentChanges.some((change) => change.text === text)) isElsewhere = true;
  });
  try {
    await vscode.commands.executeCommand('paste', { text });
    if (isElsewhere) await vscode.commands.executeCommand('undo');
  } finally {
    changes.dispose();
  }
  return !isElsewhere;
}
