/**
 * Dictation into a surface: an editor, the source-control box, a terminal. While it listens, what was heard is shown
 * there and nothing is changed; at the end the text goes in as one step, or nothing does.
 */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { SessionSubscription } from '../../client';
import { DictationCancel, DictationLearn, DictationStart, DictationStop } from '../../protocol/dictation';
import type { SessionEvent } from '../../protocol/session';
import type { Daemon } from '../daemon/daemon';
import { showError, UserError } from '../errors';
import type { Candidates } from './candidates';
import type { ConsentKeeper } from '../meeting/consent';
import { settings } from '../settings/settings';
import { ghostText } from './insertText';
import { Refused, type Surface } from './surfaces/surface';
import type { Written } from './written';

export type DictationState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting'; readonly surface: Surface }
  | { readonly kind: 'listening'; readonly surface: Surface; readonly sessionId: string; readonly subscription: SessionSubscription }
  | { readonly kind: 'finishing'; readonly surface: Surface; readonly sessionId: string };

export class Dictation implements vscode.Disposable {
  #state: DictationState = { kind: 'idle' };
  /** Raised by every start, stop and cancel: an answer to an older one is dropped. */
  #token = 0;
  #finals: string[] = [];
  #partial = '';
  readonly #changed = new vscode.EventEmitter<{ readonly from: DictationState; readonly to: DictationState }>();
  readonly onDidChangeState = this.#changed.event;
  readonly #failed = new vscode.EventEmitter<string>();
  /** It broke off by itself; with what was heard until then. */
  readonly onDidFail = this.#failed.event;

  constructor(
    private readonly daemon: Daemon,
    private readonly consent: ConsentKeeper,
    private readonly candidates: Candidates,
    private readonly written: Written,
    private readonly log: vscode.LogOutputChannel,
  ) {}

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

  /**
   * @param place made where nothing is on yet; it ends with the dictation
   * @throws UserError, EarmarkError when it cannot listen; the text says what to do
   */
  async start(place: () => Surface): Promise<void> {
    if (this.#state.kind !== 'idle') return;
    const surface = place();
    const token = ++this.#token;
    this.#finals = [];
    this.#partial = '';
    this.#set({ kind: 'starting', surface });
    surface.onDidLose(() => token === this.#token && this.#abandon());
    try {
      const reason = await surface.refusal();
      if (reason !== undefined) throw new UserError(reason);
      if ((await this.consent.ask('dictation')) === undefined) {
        if (token === this.#token) this.#reset();
        return;
      }
      this.#draw();
      const connection = await this.daemon.ready();
      const [language, provider, model] = [settings.language(), settings.provider(), settings.model()];
      const [device, microphone] = [settings.device(), settings.microphone()];
      const { document, line } = surface.near ?? { document: undefined, line: 0 };
      const symbols = this.candidates.near(document, line);
      const { sessionId } = await connection.request(DictationStart, {
        key: randomUUID(),
        ...(language === '' ? {} : { language }),
        ...(provider === '' ? {} : { provider }),
        ...(model === '' ? {} : { model }),
        symbols,
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
      this.#set({ kind: 'listening', surface, sessionId, subscription });
      this.#draw();
      const learn = async (): Promise<void> => {
        const more = await this.candidates.more(document, line, symbols);
        if (more.length > 0 && token === this.#token) await connection.request(DictationLearn, { sessionId, symbols: more });
      };
      // Without them the text is spelled by the names there are.
      void learn().catch(() => undefined);
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
    const { surface, sessionId, subscription } = state;
    this.#set({ kind: 'finishing', surface, sessionId });
    this.#draw();
    try {
      const connection = await this.daemon.ready();
      const heard = await connection.request(DictationStop, { sessionId, scopes: surface.scopes() });
      if (token !== this.#token) return;
      for (let i = 0; i < heard.takeBack; i++) await this.#takeBack();
      const inserted = await surface.insert(heard);
      if (inserted !== undefined) this.written.add(inserted, heard);
    } catch (error) {
      if (error instanceof Refused) void offerText(error);
      else throw error;
    } finally {
      subscription.dispose();
      if (token === this.#token) this.#reset();
    }
  }

  /** "Scratch that": the last dictation goes, where it still stands. */
  async #takeBack(): Promise<void> {
    if (!(await this.written.takeBack())) void vscode.window.showInformationMessage(vscode.l10n.t('The text was changed after the last dictation, so it was not taken back; undo it by hand.'));
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

  /** There is nowhere left to put the words. */
  #abandon(): void {
    this.cancel().catch((error: unknown) => showError(error, this.log));
  }

  #draw(): void {
    const state = this.#state;
    if (state.kind === 'idle') return;
    const text = ghostText(this.#finals, this.#partial);
    const hint = state.kind === 'starting' ? vscode.l10n.t('starting…') : state.kind === 'finishing' ? vscode.l10n.t('…') : vscode.l10n.t('listening…');
    state.surface.preview(text === '' ? hint : text);
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
    const state = this.#state;
    this.#set({ kind: 'idle' });
    if (state.kind !== 'idle') state.surface.dispose();
  }

  #set(to: DictationState): void {
    const from = this.#state;
    this.#state = to;
    this.#changed.fire({ from, to });
  }

  dispose(): void {
    void this.cancel().catch(() => undefined);
    this.#changed.dispose();
    this.#failed.dispose();
  }
}

async function offerText({ message, spoken }: Refused): Promise<void> {
  const copy = vscode.l10n.t('Copy the Text');
  if ((await vscode.window.showWarningMessage(message, copy)) === copy) await vscode.env.clipboard.writeText(spoken);
}
