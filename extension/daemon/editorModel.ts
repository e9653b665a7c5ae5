/**
 * Offers a VS Code language model to the local daemon, if the user enabled it. VS Code asks the
 * user for permission before the first request. A remote daemon gets no offer.
 */
import * as vscode from 'vscode';
import type { Connection } from '../../client';
import { isEarmarkError } from '../../protocol/errors';
import {
  LanguageModelAnswer,
  LanguageModelAsk,
  LanguageModelCancel,
  LanguageModelOffer,
} from '../../protocol/languageModel';
import type { ParamsOf } from '../../protocol/method';
import { settings } from '../settings/settings';
import type { Daemon } from './daemon';

/** Maximum length of an answer. It is longer than any answer about one window of a meeting. */
const MAX_LETTERS = 200_000;

type Question = ParamsOf<typeof LanguageModelAsk>;
type Outcome = ParamsOf<typeof LanguageModelAnswer>['outcome'];

export class EditorModel implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[] = [];
  private readonly asked = new Map<number, vscode.CancellationTokenSource>();
  private connection: Connection | undefined;
  /** Last offer on this connection. */
  private offered: string | undefined;

  constructor(
    daemon: Daemon,
    private readonly log: vscode.LogOutputChannel,
  ) {
    daemon.onDidMake((connection) => {
      this.connection = connection;
      connection.onNotification(
        LanguageModelAsk,
        (question) => void this.answer(connection, question),
      );
      connection.onNotification(LanguageModelCancel, ({ id }) => this.asked.get(id)?.cancel());
      connection.onDidChangeState(({ to }) => {
        if (to.kind !== 'connected') return this.drop();
        this.offered = undefined;
        void this.offer();
      });
    });
    this.subscriptions.push(
      vscode.workspace.onDidChangeConfiguration(
        (change) => change.affectsConfiguration('earmark.llm') && void this.offer(),
      ),
      vscode.lm.onDidChangeChatModels(() => void this.offer()),
    );
  }

  dispose(): void {
    this.drop();
    for (const one of this.subscriptions) one.dispose();
  }

  /** Sends the current offer, if it differs from the last one. */
  private async offer(): Promise<void> {
    const connection = this.connection;
    if (connection?.state.kind !== 'connected' || settings.remoteUrl() !== '') return;
    const model = await this.model();
    const name = model && vscode.l10n.t('{0} (VS Code)', model.name).slice(0, 100);
    if (name === this.offered) return;
    this.offered = name;
    await connection
      .request(LanguageModelOffer, name === undefined ? {} : { name })
      .catch((error: unknown) =>
        this.log.warn('llm.notOffered', {
          error: isEarmarkError(error) ? error.code : 'unexpected',
        }),
      );
  }

  /** The model whose name or family the setting names, otherwise the first model. */
  private async model(): Promise<vscode.LanguageModelChat | undefined> {
    if (!settings.useEditorModel()) return undefined;
    const models = await vscode.lm.selectChatModels();
    const wanted = settings.editorModel().toLowerCase();
    return (
      models.find(({ id, name, family }) =>
        [id, name, family].some((one) => one.toLowerCase() === wanted),
      ) ?? models[0]
    );
  }

  private async answer(connection: Connection, question: Question): Promise<void> {
    const source = new vscode.CancellationTokenSource();
    this.asked.set(question.id, source);
    try {
      const outcome = await this.ask(question, source.token);
      if (!source.token.isCancellationRequested)
        await connection.request(LanguageModelAnswer, { id: question.id, outcome });
    } catch (error) {
      this.log.warn('llm.notAnswered', {
        error: isEarmarkError(error) ? error.code : 'unexpected',
      });
    } finally {
      this.asked.delete(question.id);
      source.dispose();
    }
  }

  /** Leaves out the provider's message, which may quote the transcript. */
  private async ask(
    { messages, schema }: Question,
    token: vscode.CancellationToken,
  ): Promise<Outcome> {
    try {
      const model = await this.model();
      if (!model) return { kind: 'failed', reason: 'unavailable' };
      // VS Code's API has no system role and no schema, so both go into the prompt.
      const sent = messages.map(({ role, content }) =>
        role === 'assistant'
          ? vscode.LanguageModelChatMessage.Assistant(content)
          : vscode.LanguageModelChatMessage.User(content),
      );
      const answer = await model.sendRequest(
        [
          ...sent,
          vscode.LanguageModelChatMessage.User(
            `Answer with JSON alone, by this schema: ${JSON.stringify(schema)}`,
          ),
        ],
        {
          justification: vscode.l10n.t(
            'Earmark finds action items and decisions in the meeting transcript.',
          ),
        },
        token,
      );
      let text = '';
      for await (const part of answer.text) {
        text += part;
        if (text.length > MAX_LETTERS) break;
      }
      return { kind: 'text', text: text.slice(0, MAX_LETTERS) };
    } catch (error) {
      const refused =
        error instanceof vscode.LanguageModelError &&
        [
          vscode.LanguageModelError.NoPermissions.name,
          vscode.LanguageModelError.Blocked.name,
        ].includes(error.code);
      return { kind: 'failed', reason: refused ? 'refused' : 'unavailable' };
    }
  }

  private drop(): void {
    for (const source of this.asked.values()) source.cancel();
  }
}
