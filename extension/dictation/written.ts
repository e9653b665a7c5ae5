/**
 * Recent dictations and their current positions. They serve hovers, "scratch that" and the
 * detection of corrections. They exist in memory until the window closes.
 */
import * as vscode from 'vscode';
import { shiftAnchors, type Anchor } from './anchors';
import type { DictatedText, Insertion } from './surfaces/surface';

/** Maximum number of remembered dictations. */
const MAX = 50;

export interface Entry {
  readonly document: vscode.TextDocument;
  anchors: readonly Anchor[];
  readonly texts: readonly string[];
  readonly replaced: readonly string[];
  readonly recognised: Pick<DictatedText, 'raw' | 'spelled' | 'doubted'>;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Version of the document after the insertion. */
  readonly version: number;
  /** Edits that inserted the text. */
  readonly steps: number;
}

export class Written implements vscode.Disposable {
  private entries: Entry[] = [];
  private hover: vscode.Disposable | undefined;
  private readonly edited = new vscode.EventEmitter<Entry>();
  /** Fires when the user edits dictated text. */
  readonly onDidEdit = this.edited.event;
  private readonly subscriptions: vscode.Disposable[];

  constructor() {
    this.subscriptions = [
      vscode.workspace.onDidChangeTextDocument((event) => this.follow(event)),
      vscode.workspace.onDidCloseTextDocument(
        (document) => (this.entries = this.entries.filter((entry) => entry.document !== document)),
      ),
    ];
  }

  /** @param steps edits that inserted the text */
  add(
    { document, anchors, texts, replaced }: Insertion,
    { raw, spelled, doubted }: DictatedText,
    steps = 1,
  ): Entry {
    const entry: Entry = {
      document,
      anchors,
      texts,
      replaced,
      recognised: { raw, spelled, doubted },
      at: Date.now(),
      version: document.version,
      steps,
    };
    this.entries = [...this.entries, entry].slice(-MAX);
    this.hover ??= vscode.languages.registerHoverProvider(
      [{ scheme: '*' }, { notebookType: '*' }],
      { provideHover: (at, position) => this.provideHover(at, position) },
    );
    return entry;
  }

  /** Forgets a dictation that is replaced with another text. */
  remove(entry: Entry): void {
    this.entries = this.entries.filter((other) => other !== entry);
  }

  /**
   * Removes the last dictation, if it is unchanged.
   * @returns false if it was changed
   */
  async takeBack(): Promise<boolean> {
    const entry = this.entries.pop();
    if (entry === undefined) return false;
    const { document, anchors, texts, replaced, version, steps } = entry;
    if (document.isClosed) return false;
    if (
      steps === 1 &&
      document.version === version &&
      vscode.window.activeTextEditor?.document === document
    ) {
      await vscode.commands.executeCommand('undo');
      return true;
    }
    const ranges = anchors.map((anchor) => rangeOf(document, anchor));
    if (ranges.some((range, i) => document.getText(range) !== texts[i])) return false;
    const edit = new vscode.WorkspaceEdit();
    ranges.forEach((range, i) => edit.replace(document.uri, range, replaced[i] ?? ''));
    return vscode.workspace.applyEdit(edit);
  }

  private follow({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const changes = contentChanges.map((c) => ({
      offset: c.rangeOffset,
      removed: c.rangeLength,
      inserted: c.text.length,
    }));
    if (changes.length === 0) return;
    for (const entry of this.entries) {
      if (entry.document !== document || entry.version >= document.version) continue;
      const inside = entry.anchors.some(({ start, end }) =>
        changes.some(({ offset, removed }) => offset + removed >= start && offset <= end),
      );
      entry.anchors = shiftAnchors(entry.anchors, changes);
      if (inside) this.edited.fire(entry);
    }
    // Deleted or undone text has no hover.
    this.entries = this.entries.filter(
      (entry) => entry.document !== document || entry.anchors.some(({ start, end }) => start < end),
    );
  }

  private provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): vscode.Hover | undefined {
    const at = document.offsetAt(position);
    const entry = this.entries.findLast(
      (one) =>
        one.document === document && one.anchors.some(({ start, end }) => start <= at && at < end),
    );
    const anchor = entry?.anchors.find(({ start, end }) => start <= at && at < end);
    if (entry === undefined || anchor === undefined) return undefined;
    const text = new vscode.MarkdownString('$(mic) ', true);
    text.appendText(vscode.l10n.t('Recognised: “{0}”', entry.recognised.raw));
    for (const { recognised, written } of entry.recognised.spelled) {
      text.appendMarkdown('\n\n');
      text.appendText(vscode.l10n.t('“{0}” was replaced with {1}', recognised, written));
    }
    if (entry.recognised.doubted.length > 0) {
      text.appendMarkdown('\n\n$(question) ');
      text.appendText(vscode.l10n.t('Unsure: {0}', entry.recognised.doubted.join(', ')));
    }
    return new vscode.Hover(text, rangeOf(document, anchor));
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.hover?.dispose();
    this.edited.dispose();
    this.entries = [];
  }
}

export const rangeOf = (document: vscode.TextDocument, { start, end }: Anchor): vscode.Range =>
  new vscode.Range(document.positionAt(start), document.positionAt(end));
