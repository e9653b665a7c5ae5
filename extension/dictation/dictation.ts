/**
 * Dictation into the active editor. While it listens, what was heard stands as grey text at the cursor and nothing is
 * in the document; at the end the text goes in as one undo step, or nothing does.
 */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { SessionSubscription } from '../../client';
import { DictationCancel, DictationStart, DictationStop } from '../../protocol/dictation';
import type { SessionEvent } from '../../protocol/session';
import type { Daemon } from '../daemon/daemon';
import { showError, UserError } from '../errors';
import type { Candidates } from './candidates';
import type { ConsentKeeper } from '../meeting/consent';
import { settings } from '../settings/settings';
import { shiftAnchors, type Anchor } from './anchors';
import { Ghost } from './ghost';
import { fitText, ghostText } from './insertText';
import { hasTab, isVisible, readOnlyReason, surroundings } from './target';

/** Where the text will go. */
interface Target {
  readonly document: vscode.TextDocument;
  /** It had a tab when the dictation began. */
  readonly tabbed: boolean;
  anchors: Anchor[];
}

export type DictationState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting'; readonly target: Target }
  | { readonly kind: 'listening'; readonly target: Target; readonly sessionId: string; readonly subscription: SessionSubscription }
  | { readonly kind: 'finishing'; readonly target: Target; readonly sessionId: string };

export class Dictation implements vscode.Disposable {
  #state: DictationState = { kind: 'idle' };
  /** Raised by every start, stop and cancel: an answer to an older one is dropped. */
  #token = 0;
  /** The document as the last dictation left it. */
  #written: { readonly document: vscode.TextDocument; readonly version: number } | undefined;
  #finals: string[] = [];
  #partial = '';
  readonly #ghost = new Ghost();
  readonly #changed = new vscode.EventEmitter<{ readonly from: DictationState; readonly to: DictationState }>();
  readonly onDidChangeState = this.#changed.event;
  readonly #failed = new vscode.EventEmitter<string>();
  /** It broke off by itself; with what was heard until then. */
  readonly onDidFail = this.#failed.event;
  readonly #subscriptions: vscode.Disposable[] = [];

  constructor(
    private readonly daemon: Daemon,
    private readonly consent: ConsentKeeper,
    private readonly candidates: Candidates,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.#subscriptions.push(
      vscode.workspace.onDidChangeTextDocument((event) => this.#follow(event)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#closed(document)),
      // Which of the two comes first differs; after both the document is gone from tabs and editors.
      vscode.window.tabGroups.onDidChangeTabs(() => this.#endIfHidden()),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        this.#endIfHidden();
        this.#draw();
      }),
    );
  }

  get state(): DictationState {
    return this.#state;
  }

  get active(): boolean {
    return this.#state.kind === 'starting' || this.#state.kind === 'listening';
  }

  /** What was heard so far; empty when nothing was, or nothing is on. */
  get heard(): string {
    return [...this.#finals, this.#partial].join(' ').trim();
  }

  /** @throws UserError, EarmarkError when it cannot listen; the text says what to do */
  async start(): Promise<void> {
    if (this.#state.kind !== 'idle') return;
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) throw new UserError(vscode.l10n.t('Put the cursor into an editor first: dictation goes to where the cursor stands.'));
    const token = ++this.#token;
    const { document } = editor;
    const anchors = editor.selections.map((s) => ({ start: document.offsetAt(s.start), end: document.offsetAt(s.end) }));
    const target: Target = { document, tabbed: hasTab(document), anchors };
    this.#finals = [];
    this.#partial = '';
    this.#set({ kind: 'starting', target });
    try {
      const reason = await readOnlyReason(document);
      if (reason !== undefined) throw new UserError(reason);
      if ((await this.consent.ask('dictation')) === undefined) {
        if (token === this.#token) this.#reset();
        return;
      }
      this.#draw();
      const connection = await this.daemon.ready();
      const [language, provider, model] = [settings.language(), settings.provider(), settings.model()];
      const [device, microphone] = [settings.device(), settings.microphone()];
      const { sessionId } = await connection.request(DictationStart, {
        key: randomUUID(),
        ...(language === '' ? {} : { language }),
        ...(provider === '' ? {} : { provider }),
        ...(model === '' ? {} : { model }),
        symbols: this.candidates.near(document, editor.selection.active.line),
        ...settings.wordHints(),
        ...(device === 'auto' ? {} : { device }),
        origin: { type: 'capture', ...(microphone === '' ? {} : { device: microphone }) },
      });
      if (token !== this.#token) {
        await connection.request(DictationCancel, { sessionId });
        return;
      }
      const subscription = await connection.attach(sessionId, 0, (event) => {
        if (token === this.#token) this.#receive(event);
      });
      if (token !== this.#token) {
        subscription.dispose();
        await connection.request(DictationCancel, { sessionId });
        return;
      }
      subscription.onDidLose(() => {
        if (token === this.#token) this.#fail();
      });
      this.#set({ kind: 'listening', target, sessionId, subscription });
      this.#draw();
    } catch (error) {
      if (token !== this.#token) return;
      this.#reset();
      throw error;
    }
  }

  /** Stops listening and inserts what was said. @throws EarmarkError when the text could not be had or inserted */
  async stop(): Promise<void> {
    const state = this.#state;
    if (state.kind === 'starting') return this.cancel();
    if (state.kind !== 'listening') return;
    const token = this.#token;
    this.#set({ kind: 'finishing', target: state.target, sessionId: state.sessionId });
    try {
      const connection = await this.daemon.ready();
      const { text, named, takeBack } = await connection.request(DictationStop, { sessionId: state.sessionId });
      state.subscription.dispose();
      if (token !== this.#token) return;
      this.#reset();
      for (let i = 0; i < takeBack; i++) await this.#takeBack(state.target.document);
      await insert(state.target, text, named);
      this.#written = { document: state.target.document, version: state.target.document.version };
    } catch (error) {
      state.subscription.dispose();
      if (token === this.#token) this.#reset();
      throw error;
    }
  }

  /** "Scratch that": the last dictation goes, where nothing was changed since. */
  async #takeBack(document: vscode.TextDocument): Promise<void> {
    const written = this.#written;
    this.#written = undefined;
    if (written === undefined || written.document !== document || written.version !== document.version || vscode.window.activeTextEditor?.document !== document) {
      void vscode.window.showInformationMessage(vscode.l10n.t('The text was changed after the last dictation, so it was not taken back; undo it by hand.'));
      return;
    }
    await vscode.commands.executeCommand('undo');
  }

  /** Stops and leaves nothing behind. */
  async cancel(): Promise<void> {
    const state = this.#state;
    if (state.kind === 'idle') return;
    this.#token += 1;
    this.#reset();
    if (state.kind === 'listening') state.subscription.dispose();
    if (state.kind === 'starting') return;
    const connection = await this.daemon.ready();
    await connection.request(DictationCancel, { sessionId: state.sessionId });
  }

  #receive(event: SessionEvent): void {
    if (event.kind === 'partial') this.#partial = `${event.stable} ${event.unstable}`;
    else if (event.kind === 'final') {
      this.#finals.push(event.segment.text);
      this.#partial = '';
    } else if (event.kind === 'state' && event.to === 'FAILED') {
      this.#fail();
      return;
    } else return;
    this.#draw();
  }

  #follow(event: vscode.TextDocumentChangeEvent): void {
    const state = this.#state;
    if (state.kind === 'idle' || state.target.document !== event.document || event.contentChanges.length === 0) return;
    state.target.anchors = shiftAnchors(state.target.anchors, event.contentChanges.map((c) => ({ offset: c.rangeOffset, removed: c.rangeLength, inserted: c.text.length })));
    this.#draw();
  }

  #closed(document: vscode.TextDocument): void {
    if (this.#state.kind !== 'idle' && this.#state.target.document === document) this.#abandon();
  }

  /** The editor keeps a document for minutes after its last tab was closed. */
  #endIfHidden(): void {
    if (this.#state.kind === 'idle') return;
    const { document, tabbed } = this.#state.target;
    if (tabbed && !hasTab(document) && !isVisible(document)) this.#abandon();
  }

  /** There is nowhere left to put the words. */
  #abandon(): void {
    this.cancel().catch((error: unknown) => showError(error, this.log));
  }

  #draw(): void {
    const state = this.#state;
    if (state.kind === 'idle') {
      this.#ghost.clear();
      return;
    }
    const text = ghostText(this.#finals, this.#partial);
    const hint = state.kind === 'starting' ? vscode.l10n.t('starting…') : state.kind === 'finishing' ? vscode.l10n.t('…') : vscode.l10n.t('listening…');
    this.#ghost.show(state.target.document, state.target.anchors, text === '' ? hint : text);
  }

  #fail(): void {
    const { heard } = this;
    this.#token += 1;
    this.#reset();
    this.#failed.fire(heard);
  }

  #reset(): void {
    this.#finals = [];
    this.#partial = '';
    this.#set({ kind: 'idle' });
    this.#ghost.clear();
  }

  #set(to: DictationState): void {
    const from = this.#state;
    this.#state = to;
    this.#changed.fire({ from, to });
  }

  dispose(): void {
    void this.cancel().catch(() => undefined);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#ghost.dispose();
    this.#changed.dispose();
    this.#failed.dispose();
  }
}

/** One undo step at every cursor, in place of what was selected. */
async function insert(target: Target, spoken: string, named: boolean): Promise<void> {
  if (spoken.trim() === '') return;
  const { document, anchors } = target;
  const smart = settings.smartSpacing();
  const edits = anchors.map(({ start, end }) => {
    const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
    return { range, text: smart ? fitText(spoken, surroundings(document, range), named) : spoken };
  });
  const editor = vscode.window.visibleTextEditors.find((e) => e.document === document);
  let done = false;
  if (editor !== undefined) {
    done = await editor.edit((edit) => edits.forEach(({ range, text }) => edit.replace(range, text)), { undoStopBefore: true, undoStopAfter: true });
  } else if (!document.isClosed) {
    const workspaceEdit = new vscode.WorkspaceEdit();
    edits.forEach(({ range, text }) => workspaceEdit.replace(document.uri, range, text));
    done = await vscode.workspace.applyEdit(workspaceEdit);
  }
  if (done) return;
  const copy = vscode.l10n.t('Copy the Text');
  const answer = await vscode.window.showWarningMessage(vscode.l10n.t('The editor did not take the dictated text: it is read-only or was closed.'), copy);
  if (answer === copy) await vscode.env.clipboard.writeText(spoken);
}
