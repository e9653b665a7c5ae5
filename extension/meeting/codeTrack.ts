/**
 * Sends symbol names and the visible code to the daemon during a meeting. The daemon recognises the
 * names and links the transcript to the code. Names of open documents come first, then workspace
 * symbols, which are read once for each meeting.
 */
import * as vscode from 'vscode';
import type { SymbolIndex } from '../code/symbolIndex';
import { SessionContext } from '../../protocol/session';
import type { Daemon } from '../daemon/daemon';
import type { Meeting } from './meeting';

/** Minimum time in milliseconds that a view of the code must last to be sent. */
const SETTLE_MS = 1_000;
const MAX_DOCUMENTS = 20;
const MAX_SYMBOLS = 3_000;
const MAX_NAME = 200;

interface Named {
  readonly name: string;
  readonly uri?: string;
  readonly line?: number;
}

export class CodeTrack implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  /** Key of the names that were last sent. */
  private sent = '';
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly daemon: Daemon,
    private readonly meeting: Meeting,
    private readonly index: SymbolIndex,
  ) {
    const settle = (): void => this.settle();
    this.subscriptions = [
      vscode.window.onDidChangeActiveTextEditor(settle),
      vscode.window.onDidChangeTextEditorSelection(settle),
      meeting.onDidChangeState(() => {
        this.sent = '';
        settle();
        if (meeting.running !== undefined) void this.index.refreshWorkspace()?.then(settle);
      }),
    ];
  }

  private settle(): void {
    clearTimeout(this.timer);
    if (this.meeting.running === undefined) return;
    this.timer = setTimeout(() => void this.tell(), SETTLE_MS);
  }

  private async tell(): Promise<void> {
    const session = this.meeting.running;
    const editor = vscode.window.activeTextEditor;
    if (session === undefined || editor?.document.uri.scheme === 'output') return;
    try {
      const focus = editor && (await this.focus(editor));
      const symbols = await this.symbols(editor?.document);
      if (focus !== undefined || symbols !== undefined)
        await this.daemon.connection.request(SessionContext, {
          sessionId: session.id,
          ...(focus && { focus }),
          ...(symbols && { symbols }),
        });
    } catch {
      this.sent = '';
      // A meeting works without links to the code. The next view change tries again.
    }
  }

  private async focus({ document, selection }: vscode.TextEditor): Promise<Named> {
    const here = await this.index.of(document);
    const path = vscode.workspace.asRelativePath(document.uri, false);
    const focus = here.filter(({ range }) => range.contains(selection.active)).at(-1);
    return focus === undefined
      ? { name: path.split('/').at(-1)?.slice(0, MAX_NAME) || 'untitled', uri: path }
      : { name: focus.name, uri: path, line: focus.range.start.line + 1 };
  }

  /**
   * Names of the open documents, the active one first, then of the workspace. Undefined if they
   * were already sent.
   */
  private async symbols(active: vscode.TextDocument | undefined): Promise<Named[] | undefined> {
    const others = vscode.workspace.textDocuments.filter(
      (document) => document !== active && document.uri.scheme === 'file' && !document.isClosed,
    );
    const open = [...(active ? [active] : []), ...others].slice(0, MAX_DOCUMENTS);
    const { files, symbols } = this.index.workspace;
    const sent = [
      ...open.map(({ uri, version }) => `${uri.toString()} ${version}`),
      `${files.length} ${symbols.size}`,
    ].join('\n');
    if (sent === this.sent) return undefined;
    const named = new Map<string, Named>();
    const add = (one: Named): void => {
      if (
        one.name.length > 0 &&
        one.name.length <= MAX_NAME &&
        named.size < MAX_SYMBOLS &&
        !named.has(one.name)
      )
        named.set(one.name, one);
    };
    for (const document of open) {
      const uri = vscode.workspace.asRelativePath(document.uri, false);
      add({ name: uri.split('/').at(-1) ?? uri, uri, line: 1 });
      for (const { name, range } of await this.index.of(document))
        add({ name, uri, line: range.start.line + 1 });
    }
    for (const name of symbols) add({ name });
    for (const name of files) add({ name });
    this.sent = sent;
    return [...named.values()];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}
