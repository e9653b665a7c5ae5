/**
 * The names that dictation may mean, kept ready while the user works, so that a dictation that begins waits for
 * nothing: symbols of open documents and of the workspace, names of files, the branch, the user's own words.
 */
import * as vscode from 'vscode';
import { bareName, symbolsOf } from '../code/symbols';
import { workspaceInfo } from '../meeting/workspaceInfo';
import { settings } from '../settings/settings';
import { rankCandidates, type NamedLine } from './rankCandidates';

/** As many as the daemon takes and answers for in time. */
const LIMIT = 2_000;
const MAX_DOCUMENTS = 30;
const MAX_FILES = 2_000;
const MAX_WORKSPACE = 50_000;
/** Typing settles before a document is asked again. */
const SETTLE_MS = 1_500;
const WORKSPACE_EVERY_MS = 120_000;
const EXCLUDED = '**/{node_modules,.git,dist,out,build,target,vendor,.venv}/**';

export class Candidates implements vscode.Disposable {
  /** By document, the last used first. */
  readonly #documents = new Map<string, readonly NamedLine[]>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #files: readonly string[] = [];
  #branch: string | undefined;
  #workspace = new Set<string>();
  #workspaceAt = 0;
  readonly #subscriptions: vscode.Disposable[];

  constructor() {
    this.#subscriptions = [
      vscode.window.onDidChangeActiveTextEditor((editor) => editor && this.#later(editor.document, 0)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => document === vscode.window.activeTextEditor?.document && this.#later(document, SETTLE_MS)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#documents.delete(uri.toString())),
      vscode.workspace.onDidCreateFiles(() => void this.#findFiles()),
      vscode.workspace.onDidDeleteFiles(() => void this.#findFiles()),
      vscode.workspace.onDidRenameFiles(() => void this.#findFiles()),
    ];
    const editor = vscode.window.activeTextEditor;
    if (editor !== undefined) this.#later(editor.document, 0);
  }

  /** The nearest names to a line (from 0) of a document. Answers at once with what is known. */
  near(document: vscode.TextDocument, line: number): string[] {
    this.#refreshWorkspace();
    const key = document.uri.toString();
    return rankCandidates(
      {
        vocabulary: [...settings.vocabulary(), ...(this.#branch === undefined ? [] : [this.#branch])],
        here: this.#documents.get(key) ?? [],
        open: [...this.#documents].filter(([uri]) => uri !== key).reverse().map(([, names]) => names.map(({ name }) => name)),
        files: this.#files,
        workspace: this.#workspace,
      },
      line,
      LIMIT,
    );
  }

  #later(document: vscode.TextDocument, ms: number): void {
    const key = document.uri.toString();
    clearTimeout(this.#timers.get(key));
    this.#timers.set(key, setTimeout(() => {
      this.#timers.delete(key);
      void this.#read(document, key);
    }, ms));
    this.#refreshWorkspace();
  }

  async #read(document: vscode.TextDocument, key: string): Promise<void> {
    try {
      const names = (await symbolsOf(document)).map(({ name, range }) => ({ name, line: range.start.line }));
      this.#documents.delete(key);
      if (!document.isClosed) this.#documents.set(key, names);
      for (const oldest of this.#documents.keys()) if (this.#documents.size > MAX_DOCUMENTS) this.#documents.delete(oldest);
    } catch {
      // A language server that fails costs its names, not the dictation.
    }
  }

  /** Not more than every two minutes: a language server may have to read the whole workspace for it. */
  #refreshWorkspace(): void {
    const now = Date.now();
    if (now - this.#workspaceAt < WORKSPACE_EVERY_MS) return;
    this.#workspaceAt = now;
    void this.#findFiles();
    void this.#findWorkspace();
  }

  async #findFiles(): Promise<void> {
    try {
      const uris = await vscode.workspace.findFiles('**/*', EXCLUDED, MAX_FILES);
      this.#files = uris.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
    } catch {
      // As above.
    }
  }

  async #findWorkspace(): Promise<void> {
    try {
      this.#branch = (await workspaceInfo(vscode.workspace.workspaceFolders?.[0]))?.branch;
      const found = (await vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>('vscode.executeWorkspaceSymbolProvider', '')) ?? [];
      this.#workspace = new Set(found.slice(0, MAX_WORKSPACE).flatMap((symbol) => bareName(symbol) ?? []));
    } catch {
      // As above.
    }
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
