/**
 * A terminal. A coding agent gets a prompt with `@path` for files and symbols, pasted in brackets.
 * A shell gets one line at its prompt. Nothing is run.
 */
import { isAbsolute, relative, sep } from 'node:path';
import * as vscode from 'vscode';
import type { DictationScope } from '../../../protocol/dictation';
import { pastable } from '../insertText';
import { type Found, lookUp } from '../prompt/lookUp';
import { nearCursor } from '../prompt/nearCursor';
import { begun, promptOf, type PromptParts } from '../prompt/promptParts';
import { bracketed, namesIn, withPaths } from '../prompt/promptText';
import type { TerminalAgents } from '../prompt/terminals';
import { Preview } from './preview';
import type { DictatedText, Surface } from './surface';

export class TerminalSurface implements Surface {
  readonly near = nearCursor();
  private readonly lost = new vscode.EventEmitter<void>();
  readonly onDidLose = this.lost.event;
  private readonly previewText = new Preview();
  private readonly closing: vscode.Disposable;
  private terminal: vscode.Terminal | undefined;
  private isAgent = false;

  /** @param anyAgent the active terminal if an agent runs there, else another one with an agent */
  constructor(
    private readonly parts: PromptParts,
    private readonly agents: TerminalAgents,
    private readonly anyAgent: boolean,
  ) {
    this.terminal = vscode.window.activeTerminal;
    this.closing = vscode.window.onDidCloseTerminal(
      (closed) => closed === this.terminal && this.lost.fire(),
    );
  }

  /** Looks for agents too, because the microphone is not open yet. */
  async refusal(): Promise<string | undefined> {
    if (this.anyAgent) {
      const all = await this.agents.all();
      if (this.terminal === undefined || !all.has(this.terminal)) [this.terminal] = all.keys();
      this.isAgent = this.terminal !== undefined;
      if (!this.isAgent)
        return vscode.l10n.t('No coding agent runs in a terminal. Start one, then dictate.');
      return undefined;
    }
    if (this.terminal === undefined)
      return vscode.l10n.t('Open a terminal first. Dictation inserts text at its prompt.');
    this.isAgent = (await this.agents.in(this.terminal)) !== undefined;
    return undefined;
  }

  preview(text: string): void {
    this.previewText.show(text);
  }

  scopes(): DictationScope[] {
    return [this.isAgent ? { kind: 'prose' } : { kind: 'code', indent: '' }];
  }

  readonly grows = false;

  intact(): boolean {
    return true;
  }

  settle(): void {
    // A terminal takes text only once.
  }

  async insert(recognised: DictatedText): Promise<undefined> {
    const { terminal, parts } = this;
    if (terminal === undefined) return;
    if (!this.isAgent) {
      const [written = recognised.text] = recognised.texts;
      const command = pastable(written, recognised.named);
      if (command !== '') terminal.sendText(command, false);
      return;
    }
    const { text, send, trail } = promptOf(recognised, parts);
    if (text !== '') {
      const spelled = recognised.spelled.map(({ written }) => written);
      const found = await lookUp(namesIn(text, spelled), parts.index);
      const references = found.map((one) => referenceFrom(one, folderOf(terminal)));
      terminal.sendText(
        bracketed(begun(withPaths(text, references), recognised.named) + trail),
        false,
      );
    }
    if (send) terminal.sendText('\r', false);
  }

  dispose(): void {
    this.closing.dispose();
    this.previewText.dispose();
    this.lost.dispose();
  }
}

/** The folder that an agent in the terminal starts its paths from, as far as it is known. */
function folderOf(terminal: vscode.Terminal): string | undefined {
  return (terminal.shellIntegration?.cwd ?? vscode.workspace.workspaceFolders?.[0]?.uri)?.fsPath;
}

function referenceFrom({ name, uri, range }: Found, folder: string | undefined) {
  const path = folder === undefined ? uri.fsPath : relative(folder, uri.fsPath);
  const isInside = !path.startsWith('..') && !isAbsolute(path);
  return {
    name,
    path: (isInside ? path : uri.fsPath).split(sep).join('/'),
    isFile: range === undefined,
  };
}
