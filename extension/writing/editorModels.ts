/**
 * The language models of VS Code: which one writes notes, the user's consent for its vendor, and
 * the requests to it. VS Code asks for permission too, before the first request to a vendor.
 */
import { userInfo } from 'node:os';
import * as vscode from 'vscode';
import type { Outcome, Question, WritingHost } from './host';

/** Maximum length of an answer. It is longer than any answer about one window of a meeting. */
const MAX_LETTERS = 200_000;
/** A provider's counter must not delay the note. */
const COUNT_MS = 2_000;
const CONSENT_KEY = 'writing.consent';
const RATE_LIMIT = /rate.?limit|quota|too many requests|\b429\b/i;

interface Consent {
  readonly by: string;
  readonly at: string;
  readonly wording: string;
}

/** Names of vendors that differ from their id. */
const VENDORS: Readonly<Record<string, string>> = { copilot: 'GitHub Copilot' };

export const vendorName = ({ vendor }: Pick<vscode.LanguageModelChat, 'vendor'>): string =>
  VENDORS[vendor] ?? vendor;

/** Id for the result of the exam: a new version is examined again. */
export const modelIdOf = (model: vscode.LanguageModelChat): string =>
  [model.vendor, model.family, model.version].join('/');

export class EditorModels {
  /** Model of this window's offer to the daemon. */
  private offered: vscode.LanguageModelChat | undefined;
  private readonly asked = new Map<number, vscode.CancellationTokenSource>();
  /** The user answered "Not Now" for this vendor in this window. */
  private readonly refused = new Set<string>();

  constructor(private readonly host: WritingHost) {}

  async all(): Promise<readonly vscode.LanguageModelChat[]> {
    return vscode.lm.selectChatModels();
  }

  /** Model for all meetings: the one that the setting names, otherwise the first one. */
  async chosen(): Promise<vscode.LanguageModelChat | undefined> {
    const { settings } = this.host;
    if (!settings.useEditorModel() || settings.remoteUrl() !== '') return undefined;
    const models = await this.all();
    const wanted = settings.editorModel().toLowerCase();
    return (
      models.find(({ id, name, family }) =>
        [id, name, family].some((one) => one.toLowerCase() === wanted),
      ) ?? models[0]
    );
  }

  /** Offers the model for all meetings, or none. Asks for consent once per vendor. */
  async offerChosen(): Promise<void> {
    const model = await this.chosen();
    const allowed = model !== undefined && (await this.mayAlways(model));
    await this.offer(allowed ? model : undefined);
  }

  /** The connection is new, so the daemon has no offer. */
  forgetOffer(): void {
    this.offered = undefined;
  }

  async offer(model: vscode.LanguageModelChat | undefined): Promise<void> {
    if (model?.id === this.offered?.id) return;
    this.offered = model;
    await this.host.daemon.offer(
      model === undefined
        ? {}
        : {
            name: vscode.l10n.t('{0} (VS Code)', model.name).slice(0, 100),
            modelId: modelIdOf(model).slice(0, 300),
          },
    );
  }

  /** @returns the user's answer; consent for the vendor is stored */
  async consent(model: vscode.LanguageModelChat): Promise<'once' | 'always' | undefined> {
    if (this.consented(model)) return 'once';
    const once = vscode.l10n.t('Write This Note');
    const always = vscode.l10n.t('Use for All Meetings');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('Send this transcript to {0}?', vendorName(model)),
      { modal: true, detail: wording(model) },
      once,
      always,
    );
    if (answer === undefined) return undefined;
    await this.store(model);
    return answer === always ? 'always' : 'once';
  }

  private async mayAlways(model: vscode.LanguageModelChat): Promise<boolean> {
    if (this.consented(model)) return true;
    if (this.refused.has(model.vendor)) return false;
    const allow = vscode.l10n.t('Allow');
    this.refused.add(model.vendor);
    const answer = await vscode.window.showInformationMessage(wording(model), allow);
    if (answer !== allow) return false;
    await this.store(model);
    return true;
  }

  private consented(model: vscode.LanguageModelChat): boolean {
    return this.consents()[model.vendor]?.wording === wording(model);
  }

  private consents(): Readonly<Record<string, Consent>> {
    return this.host.memory.get<Record<string, Consent>>(CONSENT_KEY) ?? {};
  }

  private async store(model: vscode.LanguageModelChat): Promise<void> {
    const consent = { by: userName(), at: new Date().toISOString(), wording: wording(model) };
    await this.host.memory.update(CONSENT_KEY, { ...this.consents(), [model.vendor]: consent });
  }

  /** Answers a question of the daemon with the offered model. */
  async answer(question: Question): Promise<void> {
    const source = new vscode.CancellationTokenSource();
    this.asked.set(question.id, source);
    try {
      const outcome = await this.ask(question, source.token);
      if (!source.token.isCancellationRequested)
        await this.host.daemon.answer(question.id, outcome);
    } catch {
      this.host.warn('llm.notAnswered', 'unexpected');
    } finally {
      this.asked.delete(question.id);
      source.dispose();
    }
  }

  cancel(id: number): void {
    this.asked.get(id)?.cancel();
  }

  cancelAll(): void {
    for (const source of this.asked.values()) source.cancel();
  }

  /** Leaves out the provider's message, which may quote the transcript. */
  private async ask(
    { messages, schema }: Question,
    token: vscode.CancellationToken,
  ): Promise<Outcome> {
    const model = this.offered;
    if (!model) return { kind: 'failed', reason: 'unavailable' };
    // VS Code's API has no system role and no schema, so both go into the prompt.
    const form = `Answer with JSON alone, by this schema: ${JSON.stringify(schema)}`;
    try {
      const answer = await model.sendRequest(
        [
          ...messages.map(({ role, content }) =>
            role === 'assistant'
              ? vscode.LanguageModelChatMessage.Assistant(content)
              : vscode.LanguageModelChatMessage.User(content),
          ),
          vscode.LanguageModelChatMessage.User(form),
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
      const sent = [...messages.map(({ content }) => content), form].join('\n');
      const tokens = await count(model, sent, text);
      return {
        kind: 'text',
        text: text.slice(0, MAX_LETTERS),
        ...(tokens === undefined ? {} : { tokens }),
      };
    } catch (error) {
      return { kind: 'failed', reason: reasonOf(error) };
    }
  }
}

/** VS Code has no code for a limit of requests; its providers say it in the message or its cause. */
function reasonOf(error: unknown): Extract<Outcome, { kind: 'failed' }>['reason'] {
  const { code = '', message = '', cause } = error as Partial<vscode.LanguageModelError>;
  const texts = [code, message, cause instanceof Error ? cause.message : ''];
  if (texts.some((text) => RATE_LIMIT.test(text))) return 'rateLimited';
  const refusals: readonly string[] = [
    vscode.LanguageModelError.NoPermissions.name,
    vscode.LanguageModelError.Blocked.name,
  ];
  return error instanceof vscode.LanguageModelError && refusals.includes(code)
    ? 'refused'
    : 'unavailable';
}

/** @returns undefined if the provider does not count in time */
async function count(
  model: vscode.LanguageModelChat,
  sent: string,
  text: string,
): Promise<{ input: number; output: number } | undefined> {
  const late = new Promise<undefined>((done) => setTimeout(() => done(undefined), COUNT_MS));
  const counted = Promise.all([model.countTokens(sent), model.countTokens(text)])
    .then(([input, output]) => ({ input: Math.ceil(input), output: Math.ceil(output) }))
    .catch(() => undefined);
  const tokens = await Promise.race([counted, late]);
  return tokens !== undefined && tokens.input >= 0 && tokens.output >= 0 ? tokens : undefined;
}

/** What the user agrees to. The vendor's name is the place where the text goes. */
function wording(model: vscode.LanguageModelChat): string {
  return vscode.l10n.t(
    'Earmark sends the transcripts of your meetings to {0}, whose terms apply. Passwords, keys and card numbers that Earmark recognises are removed first. Audio stays on this machine.',
    vendorName(model),
  );
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user id has no entry in the user database.
    return 'unknown';
  }
}
