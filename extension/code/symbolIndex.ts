/**
 * Symbol names of open documents, read from language servers once for each document version.
 * Dictation and meetings share the answers. Workspace symbols are read when a dictation or a
 * meeting begins, not before.
 */
import * as vscode from 'vscode';
import { byNearness } from '../dictation/rankCandidates';
import { bareName, symbolsOf, type RangedSymbol } from './documentSymbols';
import { EXCLUDED } from './excluded';

/** Maximum number of documents in the index. The least recently used one is dropped first. */
const MAX_DOCUMENTS = 30;
const MAX_FILES = 2_000;
const MAX_WORKSPACE = 50_000;
/** A document is read again after this pause in typing, in milliseconds. */
const SETTLE_MS = 1_500;
/** Minimum time between workspace reads, which are expensive for a language server. */
const WORKSPACE_EVERY_MS = 120_000;

interface IndexedDocument {
  readonly version: number;
  readonly symbols: readonly RangedSymbol[];
}

export interface WorkspaceNames {
  /** Without their folders. */
  readonly files: readonly string[];
  readonly symbols: ReadonlySet<string>;
}

export class SymbolIndex implements vscode.Disposable {
  /** The last used document last. */
  private readonly documents = new Map<string, IndexedDocument>();
  private readonly asked = new Map<
    string,
    { readonly version: number; readonly answer: Promise<readonly RangedSymbol[]> }
  >();
  private timer: NodeJS.Timeout | undefined;
  private workspaceNames: WorkspaceNames = { files: [], symbols: new Set() };
  private workspaceAt = -Infinity;
  private refreshing: Promise<WorkspaceNames> | undefined;
  private readonly subscriptions: vscode.Disposable[];

  constructor() {
    this.subscriptions = [
      vscode.window.onDidChangeActiveTextEditor(
        (editor) => editor && this.later(editor.document, 0),
      ),
      vscode.workspace.onDidChangeTextDocument(
        ({ document }) =>
          document === vscode.window.activeTextEditor?.document && this.later(document, SETTLE_MS),
      ),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.documents.delete(uri.toString())),
    ];
    const editor = vscode.window.activeTextEditor;
    if (editor !== undefined) this.later(editor.document, 0);
  }

  /**
   * Symbols of the current version of a document, outer before inner.
   * @throws the error of the language server
   */
  of(document: vscode.TextDocument): Promise<readonly RangedSymbol[]> {
    const key = document.uri.toString();
    const { version } = document;
    const known = this.documents.get(key);
    if (known?.version === version) {
      this.keep(key, known);
      return Promise.resolve(known.symbols);
    }
    const asked = this.asked.get(key);
    if (asked?.version === version) return asked.answer;
    const answer = symbolsOf(document).then((symbols) => {
      if (!document.isClosed) this.keep(key, { version, symbols });
      return symbols;
    });
    this.asked.set(key, { version, answer });
    const done = (): void =>
      void (this.asked.get(key)?.answer === answer && this.asked.delete(key));
    answer.then(done, done);
    return answer;
  }

  /** Cached symbols of a document, possibly of an older version. Does not wait. */
  known(document: vscode.TextDocument | undefined): readonly RangedSymbol[] {
    return document === undefined
      ? []
      : (this.documents.get(document.uri.toString())?.symbols ?? []);
  }

  /** Cached symbols of other documents, most recently used first. */
  others(document: vscode.TextDocument | undefined): (readonly RangedSymbol[])[] {
    const key = document?.uri.toString();
    return [...this.documents]
      .filter(([uri]) => uri !== key)
      .reverse()
      .map(([, { symbols }]) => symbols);
  }

  /** Cached places of a symbol in documents that were open. */
  places(name: string): vscode.Location[] {
    return [...this.documents].flatMap(([uri, { symbols }]) =>
      symbols
        .filter((symbol) => symbol.name === name)
        .map(({ range }) => new vscode.Location(vscode.Uri.parse(uri), range)),
    );
  }

  get workspace(): WorkspaceNames {
    return this.workspaceNames;
  }

  /**
   * Reads the workspace symbols, at most every two minutes. Called when a user starts to speak.
   * @returns undefined if no newer answer is expected
   */
  refreshWorkspace(now = Date.now()): Promise<WorkspaceNames> | undefined {
    if (this.refreshing !== undefined) return this.refreshing;
    if (now - this.workspaceAt < WORKSPACE_EVERY_MS) return undefined;
    this.workspaceAt = now;
    this.refreshing = Promise.all([files(), workspaceSymbols()]).then(([found, symbols]) => {
      this.refreshing = undefined;
      return (this.workspaceNames = { files: found, symbols });
    });
    return this.refreshing;
  }

  private keep(key: string, known: IndexedDocument): void {
    this.documents.delete(key);
    this.documents.set(key, known);
    for (const oldest of this.documents.keys())
      if (this.documents.size > MAX_DOCUMENTS) this.documents.delete(oldest);
  }

  private later(document: vscode.TextDocument, ms: number): void {
    clearTimeout(this.timer);
    // If a language server fails, only its names are missing.
    this.timer = setTimeout(() => void this.of(document).catch(() => undefined), ms);
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

async function files(): Promise<string[]> {
  try {
    return (await vscode.workspace.findFiles('**/*', EXCLUDED, MAX_FILES)).map(({ path }) =>
      path.slice(path.lastIndexOf('/') + 1),
    );
  } catch {
    return [];
  }
}

async function workspaceSymbols(): Promise<ReadonlySet<string>> {
  try {
    const found =
      (await vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
        'vscode.executeWorkspaceSymbolProvider',
        '',
      )) ?? [];
    const named = found.slice(0, MAX_WORKSPACE).flatMap((symbol) => {
      const name = bareName(symbol);
      return name === undefined ? [] : [{ name, path: symbol.location.uri.path }];
    });
    // The editor answers in alphabetical order. In a large workspace only the nearest names are
    // useful.
    return new Set(byNearness(named, vscode.window.activeTextEditor?.document.uri.path ?? ''));
  } catch {
    return new Set();
  }
}
