/**
 * Connects the writing of notes to the daemon, the meeting and the panel. Its work is in a bundle
 * that loads when a model is offered or asked, or when a meeting has ended.
 */
import * as vscode from 'vscode';
import type { Connection } from '../../client';
import { InsightWrite, InsightWriting } from '../../protocol/insights';
import {
  LanguageModelAnswer,
  LanguageModelAsk,
  LanguageModelCancel,
  LanguageModelLevels,
  LanguageModelOffer,
} from '../../protocol/languageModel';
import { ModelsPull } from '../../protocol/models';
import type { PanelWriting } from '../../protocol/panel';
import type { NoteTemplate } from '../../protocol/templates';
import type { Daemon } from '../daemon/daemon';
import { errorText, UserError } from '../errors';
import type { Meeting } from '../meeting/meeting';
import { settings } from '../settings/settings';
import { DECLINED_KEY } from './declinedKey';
import type { WritingHost } from './host';
import type { NoteWriting } from './noteWriting';

/** A model on a slow machine reads a long meeting in this time. */
const WRITE_TIMEOUT_MS = 60 * 60_000;

export class Writing implements vscode.Disposable {
  private loading: Promise<NoteWriting> | undefined;
  private loaded: NoteWriting | undefined;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly daemon: Daemon,
    private readonly meeting: Meeting,
    private readonly memory: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
    private readonly onDidChange: () => void,
    private readonly arrange: (sessionId: string, template: NoteTemplate) => Promise<void>,
  ) {
    daemon.onDidMake((connection) => this.listen(connection));
    this.subscriptions = [
      vscode.workspace.onDidChangeConfiguration(
        (change) => change.affectsConfiguration('earmark.llm') && this.offer(),
      ),
      vscode.lm.onDidChangeChatModels(() => {
        this.offer();
        void this.loaded?.refresh();
      }),
      meeting.onDidChangeState(() => this.look()),
      meeting.onDidReceive((event) => event.kind === 'state' && this.look()),
    ];
  }

  /** Block of the panel below an ended meeting. */
  view(): PanelWriting | undefined {
    return this.loaded?.view();
  }

  /** True if the note of that meeting shows the offer: the meeting is over, and nobody declined. */
  offeredIn(sessionId: string): boolean {
    return (
      this.memory.get(DECLINED_KEY) !== true &&
      settings.remoteUrl() === '' &&
      this.meeting.running?.id !== sessionId
    );
  }

  /** Takes a button of the panel. */
  async run(command: string, argument?: string): Promise<void> {
    await (await this.load()).run(command, argument);
  }

  /**
   * Lets the user select a model for the notes of a meeting; the shown one if absent.
   * @param withTemplate lets the user select a template first
   * @throws UserError, EarmarkError
   */
  async pick(sessionId?: string, withTemplate = false): Promise<void> {
    if (sessionId !== undefined) await this.meeting.show(sessionId);
    const ended = this.ended();
    if (!ended)
      throw new UserError(
        vscode.l10n.t('Show an ended meeting with a transcript, then try again.'),
      );
    await this.daemon.ready();
    const loaded = await this.load();
    await (withTemplate ? loaded.pickTemplate(ended.id) : loaded.pick(ended.id));
  }

  private listen(connection: Connection): void {
    connection.onNotification(LanguageModelAsk, (question) => {
      void this.load().then(({ models }) => models.answer(question));
    });
    connection.onNotification(LanguageModelCancel, ({ id }) => this.loaded?.models.cancel(id));
    connection.onNotification(InsightWriting, (step) => this.loaded?.progress(step));
    connection.onDidChangeState(({ to }) => {
      this.loaded?.models.cancelAll();
      this.loaded?.models.forgetOffer();
      if (to.kind === 'connected') this.offer();
    });
  }

  /** Offers the model for all meetings to the daemon, if the user set one. */
  private offer(): void {
    if (this.daemon.existing?.state.kind !== 'connected') return;
    if (!settings.useEditorModel() && this.loaded === undefined) return;
    void this.load()
      .then(({ models }) => models.offerChosen())
      .catch(() => this.log.warn('llm.notOffered'));
  }

  /** A meeting has ended or is shown: reads the models for the offer. */
  private look(): void {
    if (!this.ended() || this.daemon.existing?.state.kind !== 'connected') return;
    void this.load()
      .then((writing) => writing.refresh())
      .catch(() => this.log.warn('writing.noOffer'));
  }

  private ended(): { readonly id: string } | undefined {
    const { model } = this.meeting;
    return model?.state === 'DONE' && model.info.kind === 'meeting' && model.speakerNames.length > 0
      ? { id: model.id }
      : undefined;
  }

  private load(): Promise<NoteWriting> {
    this.loading ??= import('./noteWriting').then(
      ({ startNoteWriting }) => (this.loaded = startNoteWriting(this.host())),
    );
    return this.loading;
  }

  private host(): WritingHost {
    const { daemon, memory, log } = this;
    const request: Connection['request'] = (...args) => daemon.connection.request(...args);
    return {
      memory,
      warn: (event, code) => log.warn(event, { code }),
      daemon: {
        offer: (model) => request(LanguageModelOffer, model),
        answer: (id, outcome) => request(LanguageModelAnswer, { id, outcome }),
        levels: () => request(LanguageModelLevels, {}),
        write: (sessionId, target, signal, template) =>
          request(
            InsightWrite,
            { sessionId, ...target, ...(template && { template }) },
            { signal, timeoutMs: WRITE_TIMEOUT_MS },
          ),
        pull: (modelId, signal) =>
          request(ModelsPull, { modelId }, { signal, timeoutMs: WRITE_TIMEOUT_MS }),
      },
      settings: {
        useEditorModel: () => settings.useEditorModel(),
        editorModel: () => settings.editorModel(),
        remoteUrl: () => settings.remoteUrl(),
        useAlways: (model) => settings.useEditorModelAlways(model),
      },
      meeting: () => this.ended(),
      arrange: this.arrange,
      changed: () => this.onDidChange(),
      errorText,
    };
  }

  dispose(): void {
    this.loaded?.models.cancelAll();
    for (const one of this.subscriptions) one.dispose();
  }
}
