/**
 * A document, with one place for each cursor at the start of the dictation. The places move with
 * other edits. The text is inserted at all of them in one undo step, even if the editor loses
 * focus.
 */
import * as vscode from 'vscode';
import type { DictationScope } from '../../../protocol/dictation';
import { NOTE_SUFFIX } from '../../../protocol/noteNames';
import { UserError } from '../../errors';
import { settings } from '../../settings/settings';
import { type Anchor, shiftAnchors } from '../anchors';
import { Ghost } from '../ghost';
import { fitText } from '../insertText';
import { LOOKED_AT, type ScopeAt, scopeAt } from '../scopeAt';
import { hasTab, isVisible, readOnlyReason, surroundings } from './editability';
import { Preview } from './preview';
import { rangeOf } from '../written';
import { type DictatedText, type Insertion, Refused, type Surface } from './surface';

export class EditorSurface implements Surface {
  private anchors: readonly Anchor[];
  private shown = '';
  /**
   * The inserted text and the text it replaced, one entry for each place. Empty before the first
   * insertion.
   */
  private given: readonly string[] = [];
  private original: readonly string[] = [];
  private readonly lost = new vscode.EventEmitter<void>();
  readonly onDidLose = this.lost.event;
  private readonly ghost = new Ghost();
  private readonly previewText: Preview | undefined;
  private readonly subscriptions: vscode.Disposable[];
  /** True if the document had a tab when the dictation began. */
  private readonly tabbed: boolean;

  /** @throws UserError if no editor has a cursor */
  static active(): EditorSurface {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined)
      throw new UserError(
        vscode.l10n.t('Place the cursor in an editor first. Dictation inserts text at the cursor.'),
      );
    const { document, selections } = editor;
    return new EditorSurface(
      document,
      selections.map((s) => ({ start: document.offsetAt(s.start), end: document.offsetAt(s.end) })),
      editor,
    );
  }

  /**
   * The message box of source control. Text goes to its end, because VS Code does not report its
   * cursor.
   * @throws UserError if there is no message box
   */
  static commitBox(repository?: vscode.Uri): EditorSurface {
    const boxes = vscode.workspace.textDocuments.filter(
      ({ uri, isClosed }) => uri.scheme === 'vscode-scm' && !isClosed,
    );
    const document =
      boxes.find(
        ({ uri }) =>
          repository !== undefined && uri.query.includes(encodeURIComponent(repository.toString())),
      ) ?? boxes[0];
    if (document === undefined)
      throw new UserError(
        vscode.l10n.t('Open Source Control first. Dictation inserts text into the commit message.'),
      );
    const end = document.getText().length;
    return new EditorSurface(document, [{ start: end, end }], undefined);
  }

  private constructor(
    private readonly document: vscode.TextDocument,
    anchors: readonly Anchor[],
    private readonly editor: vscode.TextEditor | undefined,
  ) {
    this.anchors = anchors;
    this.tabbed = hasTab(document);
    this.previewText = editor === undefined ? new Preview() : undefined;
    this.subscriptions = [
      vscode.workspace.onDidChangeTextDocument((event) => this.follow(event)),
      vscode.workspace.onDidCloseTextDocument((closed) => closed === document && this.lost.fire()),
      // The order of these two events varies. After both, the document has no tab and no editor.
      vscode.window.tabGroups.onDidChangeTabs(() => this.loseIfHidden()),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        this.loseIfHidden();
        this.preview(this.shown);
      }),
    ];
  }

  get near(): Surface['near'] {
    const [first] = this.anchors;
    return {
      document: this.document,
      line: first === undefined ? 0 : this.document.positionAt(first.end).line,
    };
  }

  refusal(): Promise<string | undefined> {
    return readOnlyReason(this.document);
  }

  preview(text: string): void {
    this.shown = text;
    if (text === '') return;
    if (this.previewText === undefined) this.ghost.show(this.document, this.anchors, text);
    else this.previewText.show(text);
  }

  scopes(): DictationScope[] {
    return this.selectionScopes().map(({ scope }) => scope);
  }

  readonly grows = true;

  get tidies(): boolean {
    const { uri, languageId } = this.document;
    return (
      (uri.scheme === 'vscode-scm' ||
        languageId === 'git-commit' ||
        uri.path.endsWith(NOTE_SUFFIX)) &&
      this.scopes().every(({ kind }) => kind !== 'code')
    );
  }

  intact(): boolean {
    return this.given.every((text, i) => this.textAt(this.anchors[i]) === text);
  }

  settle(): void {
    this.anchors = this.anchors.map(({ end }) => ({ start: end, end }));
    this.given = this.original = [];
  }

  async insert(recognised: DictatedText): Promise<Insertion | undefined> {
    this.shown = '';
    this.ghost.clear();
    const { document } = this;
    const nothing = recognised.text.trim() === '';
    if (nothing && this.given.length === 0) return undefined;
    for (let tries = 1; ; tries++) {
      const original =
        this.given.length > 0 ? this.original : this.anchors.map((anchor) => this.textAt(anchor));
      const edits = nothing
        ? this.anchors.map((anchor, i) => this.edit(anchor, original[i] ?? ''))
        : this.edits(recognised);
      const anchors = landed(edits);
      if (await this.apply(edits)) {
        this.anchors = anchors;
        const texts = edits.map(({ text }) => text);
        [this.given, this.original] = nothing ? [[], []] : [texts, original];
        return nothing ? undefined : { document, texts, replaced: original, anchors };
      }
      // The editor refuses an edit made for an older version of the text.
      if (tries === TRIES || document.isClosed)
        throw new Refused(
          vscode.l10n.t('The text was not inserted. The editor is read-only or closed.'),
          recognised.text,
        );
    }
  }

  private edits(recognised: DictatedText): Edit[] {
    const { document } = this;
    const smart = settings.smartSpacing();
    const scopes = this.selectionScopes();
    return this.anchors.map((anchor, i) => {
      const range = rangeOf(document, anchor);
      const { scope, gap, opens }: ScopeAt = scopes[i] ??
        scopes[0] ?? { scope: { kind: 'prose' }, gap: '' };
      const written = recognised.texts[i] ?? recognised.texts[0] ?? recognised.text;
      const { before, after } = surroundings(document, range);
      const text = smart
        ? gap +
          fitText(
            written,
            { before: opens === true ? '' : before + gap, after },
            { named: recognised.named, sentences: scope.kind !== 'code' },
          )
        : written;
      return this.edit(
        anchor,
        document.eol === vscode.EndOfLine.CRLF ? text.replaceAll('\n', '\r\n') : text,
      );
    });
  }

  private edit(anchor: Anchor, text: string): Edit {
    return { anchor, text, old: this.textAt(anchor) };
  }

  private textAt(anchor: Anchor | undefined): string {
    return anchor === undefined ? '' : this.document.getText(rangeOf(this.document, anchor));
  }

  private apply(whole: readonly Edit[]): Thenable<boolean> {
    const { document } = this;
    // Unchanged text is left alone, which keeps the cursor behind it and the undo step small.
    const edits = whole
      .map(({ anchor: { start, end }, text, old }) => {
        const same = this.given.length > 0 ? commonStart(old, text) : 0;
        return {
          range: rangeOf(document, { start: start + same, end }),
          text: text.slice(same),
          changed: old !== text || same === 0,
        };
      })
      .filter(({ changed }) => changed);
    if (edits.length === 0) return Promise.resolve(true);
    const editor = vscode.window.visibleTextEditors.find((e) => e.document === document);
    if (editor !== undefined)
      return editor.edit((edit) => edits.forEach(({ range, text }) => edit.replace(range, text)), {
        undoStopBefore: true,
        undoStopAfter: true,
      });
    if (document.isClosed) return Promise.resolve(false);
    const workspaceEdit = new vscode.WorkspaceEdit();
    edits.forEach(({ range, text }) => workspaceEdit.replace(document.uri, range, text));
    return vscode.workspace.applyEdit(workspaceEdit);
  }

  private selectionScopes(): ScopeAt[] {
    const { document, editor } = this;
    const set = vscode.workspace.getConfiguration('editor', document);
    const [ruler] = set.get<unknown[]>('rulers') ?? [];
    const column =
      typeof ruler === 'number'
        ? ruler
        : typeof ruler === 'object' && ruler !== null && 'column' in ruler
          ? Number(ruler.column)
          : NaN;
    const tab = Number(editor?.options.tabSize ?? set.get('tabSize'));
    const anchors = this.anchors.slice(0, SCOPES_MAX);
    return anchors.map(({ start }) => {
      const from = document.positionAt(Math.max(0, start - Math.floor(LOOKED_AT / anchors.length)));
      return scopeAt({
        languageId: document.languageId,
        before: document.getText(new vscode.Range(from, document.positionAt(start))),
        tabSize: tab > 0 ? tab : 4,
        columns: column > 0 ? column : DEFAULT_COLUMNS,
      });
    });
  }

  private follow(event: vscode.TextDocumentChangeEvent): void {
    if (this.document !== event.document || event.contentChanges.length === 0) return;
    this.anchors = shiftAnchors(
      this.anchors,
      event.contentChanges.map((c) => ({
        offset: c.rangeOffset,
        removed: c.rangeLength,
        inserted: c.text.length,
      })),
    );
    this.preview(this.shown);
  }

  /** The editor keeps a document for minutes after its last tab closes. */
  private loseIfHidden(): void {
    if (this.tabbed && !hasTab(this.document) && !isVisible(this.document)) this.lost.fire();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.ghost.clear();
    this.ghost.dispose();
    this.previewText?.dispose();
    this.lost.dispose();
  }
}

/**
 * Maximum number of cursors whose preceding text is read. More cursors form a column, and the first
 * represents all.
 */
const SCOPES_MAX = 20;
/** Column limit for comments if the user has set no ruler. */
const DEFAULT_COLUMNS = 80;

/** An edit fails if the user types faster than the editor applies it. */
const TRIES = 3;

/** The current text of a place. */
interface Edit {
  readonly anchor: Anchor;
  readonly old: string;
  readonly text: string;
}

/** Positions of the texts after all insertions. */
function landed(edits: readonly Edit[]): Anchor[] {
  return edits.map(({ anchor: { start }, text }) => {
    const moved = edits.reduce(
      (sum, other) =>
        other.anchor.start < start ? sum + other.text.length - other.old.length : sum,
      0,
    );
    return { start: start + moved, end: start + moved + text.length };
  });
}

/** Length of the common prefix of two texts in UTF-16 units. It never splits a surrogate pair. */
function commonStart(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return /[\uD800-\uDBFF\r]$/.test(one.slice(0, at)) ? at - 1 : at;
}
