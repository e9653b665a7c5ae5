/**
 * Tells the daemon, while a meeting runs, which names the open code has and what the user looks at, so that what is
 * said about the code is linked to it. Asks language servers for the symbols of open documents alone.
 */
import * as vscode from 'vscode';
import type { RangedSymbol } from '../code/documentSymbols';
import type { SymbolIndex } from '../code/symbolIndex';
import { SessionContext } from '../../protocol/session';
import type { Daemon } from '../daemon/daemon';
import type { Meeting } from './meeting';

/** A look that lasts less says nothing. */
const SETTLE_MS = 1_000;
const MAX_DOCUMENTS = 20;
const MAX_SYMBOLS = 3_000;
const MAX_NAME = 200;

interface Named {
  readonly name: string;
  readonly uri: string;
  readonly line: number;
}

export class CodeTrack implements vscode.Disposable {
  #timer: NodeJS.Timeout | undefined;
  #toldDocuments = '';
  readonly #subscriptions: vscode.Disposable[];

  constructor(
    private readonly daemon: Daemon,
    private readonly meeting: Meeting,
    private readonly index: SymbolIndex,
  ) {
    const settle = (): void => this.#settle();
    this.#subscriptions = [vscode.window.onDidChangeActiveTextEditor(settle), vscode.window.onDidChangeTextEditorSelection(settle), meeting.onDidChangeState(() => {
      this.#toldDocuments = '';
      settle();
    })];
  }

  #settle(): void {
    clearTimeout(this.#timer);
    if (this.meeting.running === undefined) return;
    this.#timer = setTimeout(() => void this.#tell(), SETTLE_MS);
  }

  async #tell(): Promise<void> {
    const session = this.meeting.running;
    const editor = vscode.window.activeTextEditor;
    if (session === undefined || editor === undefined || editor.document.uri.scheme === 'output') return;
    const { document, selection } = editor;
    try {
      const here = await this.index.of(document);
      const focus = here.filter(({ range }) => range.contains(selection.active)).at(-1);
      const path = vscode.workspace.asRelativePath(document.uri, false);
      const symbols = await this.#symbols(document, here);
      await this.daemon.connection.request(SessionContext, {
        sessionId: session.id,
        focus: focus === undefined ? { name: path.split('/').at(-1)?.slice(0, MAX_NAME) || 'untitled', uri: path } : { name: focus.name, uri: path, line: focus.range.start.line + 1 },
        ...(symbols === undefined ? {} : { symbols }),
      });
    } catch {
      // A meeting without links to the code is a meeting; the next look tries again.
    }
  }

  /** Names of the open documents, the active one first; undefined when they were told already. */
  async #symbols(active: vscode.TextDocument, here: readonly RangedSymbol[]): Promise<Named[] | undefined> {
    const open = [active, ...vscode.workspace.textDocuments.filter((document) => document !== active && document.uri.scheme === 'file' && !document.isClosed)].slice(0, MAX_DOCUMENTS);
    const key = open.map(({ uri, version }) => `${uri.toString()} ${version}`).join('\n');
    if (key === this.#toldDocuments) return undefined;
    const named: Named[] = [];
    for (const document of open) {
      const uri = vscode.workspace.asRelativePath(document.uri, false);
      named.push({ name: uri.split('/').at(-1) ?? uri, uri, line: 1 });
      for (const { name, range } of document === active ? here : await this.index.of(document)) named.push({ name, uri, line: range.start.line + 1 });
    }
    this.#toldDocuments = key;
    return named.filter(({ name }) => name.length > 0 && name.length <= MAX_NAME).slice(0, MAX_SYMBOLS);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
