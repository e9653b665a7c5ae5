/**
 * Dictation into a target: an editor, the source-control box or a terminal. While it records, the
 * target shows the recognised text but does not change. The text is inserted in one step at the
 * end, or phrase by phrase on request.
 */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { SessionSubscription } from '../../client';
import {
  type DictationScope,
  DictationCancel,
  DictationLearn,
  DictationStart,
  DictationStop,
  DictationTake,
} from '../../protocol/dictation';
import type { ResultOf } from '../../protocol/method';
import type { SessionEvent } from '../../protocol/session';
import type { Daemon } from '../daemon/daemon';
import { showError, UserError } from '../errors';
import type { Candidates } from './candidates';
import type { ConsentKeeper } from '../meeting/consent';
import { settings } from '../settings/settings';
import { doubtedWords, type SpokenWord } from './doubted';
import { ghostText } from './insertText';
import { SpeechAdvice } from './speechAdvice';
import { type DictatedText, Refused, type Surface } from './surfaces/surface';
import { tidied, type Tidier } from './tidy/tidied';
import type { Entry, Written } from './written';

export type DictationState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting'; readonly surface: Surface }
  | {
      readonly kind: 'listening';
      readonly surface: Surface;
      readonly sessionId: string;
      readonly subscription: SessionSubscription;
    }
  | { readonly kind: 'finishing'; readonly surface: Surface; readonly sessionId: string };

/** State of the phrases. Phrases are counted from 0. */
interface Progress {
  /** Phrases before this one are settled: the user owns their text. */
  readonly from: number;
  /** Phrases before this one are inserted. */
  readonly through: number;
  /** Their inserted text. */
  readonly entry: Entry | undefined;
  /** Number of earlier dictations removed since `from`. */
  readonly takenBack: number;
}

const NOWHERE: Progress = { from: 0, through: 0, entry: undefined, takenBack: 0 };

/** The last dictation, wherever its text went. In memory only. */
export type LastDictation = Pick<DictatedText, 'raw' | 'text' | 'spelled' | 'doubted' | 'untidied'>;

export class Dictation implements vscode.Disposable {
  private currentState: DictationState = { kind: 'idle' };
  /** Incremented by every start, stop and cancel. Answers to an older call are dropped. */
  private token = 0;
  private finals: string[] = [];
  private partial = '';
  private words: readonly SpokenWord[] = [];
  private lastText: LastDictation | undefined;
  private readonly advice = new SpeechAdvice();
  private byPhrase: () => boolean = () => false;
  private place: Progress = NOWHERE;
  /** Serialises insertions. */
  private turn: Promise<void> = Promise.resolve();
  private putting: Promise<void> = Promise.resolve();
  private taking = 0;
  private readonly changed = new vscode.EventEmitter<{
    readonly from: DictationState;
    readonly to: DictationState;
  }>();
  readonly onDidChangeState = this.changed.event;
  private readonly failed = new vscode.EventEmitter<string>();
  /** Fires when a dictation is interrupted, with the recognised text that is not inserted. */
  readonly onDidFail = this.failed.event;

  constructor(
    private readonly daemon: Daemon,
    private readonly consent: ConsentKeeper,
    private readonly candidates: Candidates,
    private readonly written: Written,
    private readonly log: vscode.LogOutputChannel,
    private readonly tidier?: Tidier,
  ) {}

  /** Session of the running dictation. */
  get sessionId(): string | undefined {
    return this.currentState.kind === 'listening' ? this.currentState.sessionId : undefined;
  }

  get state(): DictationState {
    return this.currentState;
  }

  get last(): LastDictation | undefined {
    return this.lastText;
  }

  get active(): boolean {
    return this.currentState.kind === 'starting' || this.currentState.kind === 'listening';
  }

  /** Text recognised so far; empty if there is none or no dictation runs. */
  get recognised(): string {
    return [...this.finals, this.partial].join(' ').trim();
  }

  /** Recognised text that is not inserted yet. */
  private get waiting(): readonly string[] {
    return this.finals.slice(this.place.through);
  }

  /**
   * @param place created if no dictation runs; it ends with the dictation
   * @param byPhrase called at the end of a phrase; true inserts the phrase at once
   * @throws UserError, EarmarkError if recording cannot start; the message says what to do
   */
  async start(place: () => Surface, byPhrase: () => boolean = () => false): Promise<void> {
    if (this.currentState.kind !== 'idle') return;
    const surface = place();
    const token = ++this.token;
    this.finals = [];
    this.words = [];
    this.partial = '';
    this.byPhrase = byPhrase;
    this.place = NOWHERE;
    this.set({ kind: 'starting', surface });
    surface.onDidLose(() => token === this.token && this.abandon());
    try {
      const reason = await surface.refusal();
      if (reason !== undefined) throw new UserError(reason);
      const agreed = await this.consent.ask('dictation');
      // The dictation stopped during the consent question. The microphone stays closed.
      if (token !== this.token) return;
      if (agreed === undefined) return this.reset();
      this.draw();
      const connection = await this.daemon.ready();
      const language = settings.language();
      const [device, microphone] = [settings.device(), settings.microphone()];
      const { document, line } = surface.near ?? { document: undefined, line: 0 };
      const symbols = this.candidates.near(document, line);
      const { sessionId } = await connection.request(DictationStart, {
        key: randomUUID(),
        ...(language === '' ? {} : { language }),
        ...settings.speechModel('dictation'),
        symbols,
        ...settings.wordHints(),
        ...(device === 'auto' ? {} : { device }),
        origin: { type: 'capture', ...(microphone === '' ? {} : { device: microphone }) },
      });
      if (token !== this.token) {
        await connection.request(DictationCancel, { sessionId });
        return;
      }
      const subscription = await connection.attach(sessionId, 0, (event) => {
        if (token === this.token) this.receive(event);
      });
      if (token !== this.token) {
        subscription.dispose();
        await connection.request(DictationCancel, { sessionId });
        return;
      }
      subscription.onDidLose(() => {
        if (token === this.token) this.fail();
      });
      this.set({ kind: 'listening', surface, sessionId, subscription });
      this.draw();
      const learn = async (): Promise<void> => {
        const more = await this.candidates.more(document, line, symbols);
        if (more.length > 0 && token === this.token)
          await connection.request(DictationLearn, { sessionId, symbols: more });
      };
      // Without these names, spelling uses the names known so far.
      void learn().catch(() => undefined);
    } catch (error) {
      if (token !== this.token) return;
      this.reset();
      throw error;
    }
  }

  /**
   * Inserts the text spoken so far and continues to record. A target that takes text only once
   * receives it at the end.
   * @throws EarmarkError
   */
  async insertSoFar(): Promise<void> {
    await this.take(true);
  }

  /**
   * Stops and discards speech since the last insertion. A target that takes text only once receives
   * its text now.
   * @throws EarmarkError
   */
  async end(): Promise<void> {
    const state = this.currentState;
    // The stop also delivers text that is still being decoded, so the microphone closes at once.
    if (state.kind !== 'listening' || !state.surface.grows || this.taking > 0) return this.stop();
    await this.cancel();
  }

  /**
   * Stops recording and inserts the recognised text.
   * @throws EarmarkError if the text is unavailable or cannot be inserted
   */
  async stop(): Promise<void> {
    const state = this.currentState;
    if (state.kind === 'starting') return this.cancel();
    if (state.kind !== 'listening') return;
    const token = this.token;
    const { surface, sessionId, subscription } = state;
    this.set({ kind: 'finishing', surface, sessionId });
    this.draw();
    try {
      const connection = await this.daemon.ready();
      // A running edit is completed first. Text that is still expected arrives with this insertion.
      await this.putting;
      const recognised = await connection.request(DictationStop, {
        sessionId,
        ...this.asked(surface),
      });
      await this.turn;
      if (token !== this.token) return;
      const text = await tidied(surface, recognised, this.tidier);
      if (token === this.token) await this.put(surface, text);
    } catch (error) {
      if (error instanceof Refused) void offerText(error);
      else throw error;
    } finally {
      subscription.dispose();
      if (token === this.token) this.reset();
    }
  }

  /**
   * Inserts the final text.
   * @param flush makes all speech so far final first
   */
  private take(flush: boolean): Promise<void> {
    const token = this.token;
    this.taking++;
    const taken = this.turn.then(async () => {
      const state = this.currentState;
      if (token !== this.token || state.kind !== 'listening' || !state.surface.grows) return;
      if (!flush && this.waiting.length === 0) return;
      const { surface, sessionId } = state;
      const connection = await this.daemon.ready();
      const recognised = await connection.request(DictationTake, {
        sessionId,
        ...this.asked(surface),
        flush,
      });
      const text = flush ? await tidied(surface, recognised, this.tidier) : recognised;
      if (token !== this.token) return;
      const put = this.put(surface, text);
      this.putting = put.catch(() => undefined);
      await put;
      if (!flush) this.draw();
    });
    this.turn = taken.catch(() => undefined).then(() => void this.taking--);
    return taken.catch(async (error: unknown) => {
      // A stop meanwhile delivers the same text and reports the error.
      if (token !== this.token || this.currentState.kind !== 'listening') return;
      if (!(error instanceof Refused)) throw error;
      await this.cancel();
      void offerText(error);
    });
  }

  /**
   * Returns the requested text. Inserted text that the user changed belongs to the user and is not
   * inserted again.
   */
  private asked(surface: Surface): { readonly from: number; readonly scopes: DictationScope[] } {
    if (!surface.intact()) {
      surface.settle();
      const { through } = this.place;
      this.place = { ...NOWHERE, from: through, through };
    }
    return { from: this.place.from, scopes: surface.scopes() };
  }

  private async put(
    surface: Surface,
    answer: ResultOf<typeof DictationStop> & Pick<DictatedText, 'untidied'>,
  ): Promise<void> {
    const token = this.token;
    const recognised: DictatedText = {
      ...answer,
      doubted: doubtedWords(answer.text, answer.spelled, this.words),
    };
    this.lastText = recognised;
    const { entry, takenBack } = this.place;
    this.place = {
      ...this.place,
      through: recognised.phrases,
      takenBack: recognised.takeBack,
      entry: undefined,
    };
    // This dictation is replaced below, so it does not count as an earlier one.
    if (entry !== undefined) this.written.remove(entry);
    for (let i = takenBack; i < recognised.takeBack; i++) await this.takeBack();
    const inserted = await surface.insert(recognised);
    if (inserted === undefined) return;
    const asBefore = inserted.texts.every((text, i) => text === entry?.texts[i]);
    const added = this.written.add(inserted, recognised, (entry?.steps ?? 0) + (asBefore ? 0 : 1));
    if (token === this.token) this.place = { ...this.place, entry: added };
  }

  /** "Scratch that": removes the last dictation, if it is unchanged. */
  private async takeBack(): Promise<void> {
    if (!(await this.written.takeBack()))
      void vscode.window.showInformationMessage(
        vscode.l10n.t('The text changed after the last dictation. Undo it manually.'),
      );
  }

  /** Stops and discards all text. */
  async cancel(): Promise<void> {
    const state = this.currentState;
    if (state.kind === 'idle') return;
    this.token += 1;
    this.reset();
    if (state.kind === 'listening') state.subscription.dispose();
    if (state.kind === 'starting') return;
    const connection = await this.daemon.ready();
    await connection.request(DictationCancel, { sessionId: state.sessionId });
  }

  private receive(event: SessionEvent): void {
    if (event.kind === 'partial') this.partial = `${event.stable} ${event.unstable}`;
    else if (event.kind === 'final') {
      this.finals.push(event.segment.text);
      this.words = [...this.words, ...(event.segment.words ?? [])];
      this.partial = '';
      if (this.byPhrase()) this.take(false).catch((error: unknown) => showError(error, this.log));
    } else if (event.kind === 'warning') {
      this.advice.show(event);
      return;
    } else if (event.kind === 'state' && event.to === 'FAILED') {
      this.fail();
      return;
    } else return;
    this.draw();
  }

  /** The target no longer exists. */
  private abandon(): void {
    this.cancel().catch((error: unknown) => showError(error, this.log));
  }

  private draw(): void {
    const state = this.currentState;
    if (state.kind === 'idle') return;
    const text = ghostText(this.waiting, this.partial);
    const hint =
      state.kind === 'starting'
        ? vscode.l10n.t('starting…')
        : state.kind === 'finishing'
          ? vscode.l10n.t('…')
          : vscode.l10n.t('listening…');
    state.surface.preview(text === '' ? hint : text);
  }

  private fail(): void {
    const recognised = [...this.waiting, this.partial].join(' ').trim();
    this.token += 1;
    this.reset();
    this.failed.fire(recognised);
  }

  private reset(): void {
    this.finals = [];
    this.partial = '';
    const state = this.currentState;
    this.set({ kind: 'idle' });
    if (state.kind !== 'idle') state.surface.dispose();
  }

  private set(to: DictationState): void {
    const from = this.currentState;
    this.currentState = to;
    this.changed.fire({ from, to });
  }

  dispose(): void {
    void this.cancel().catch(() => undefined);
    this.changed.dispose();
    this.failed.dispose();
  }
}

async function offerText({ message, spoken }: Refused): Promise<void> {
  const copy = vscode.l10n.t('Copy Text');
  if ((await vscode.window.showWarningMessage(message, copy)) === copy)
    await vscode.env.clipboard.writeText(spoken);
}
