/**
 * A language model offered by an editor. Questions are sent to the client that offered it, and its
 * answers arrive as requests. The oldest offer is used; when its client disconnects, the next offer
 * is used. Secrets are removed before a question is sent.
 */
import { EarmarkError } from '../../protocol/errors';
import {
  LanguageModelAnswer,
  LanguageModelAsk,
  LanguageModelCancel,
  LanguageModelOffer,
} from '../../protocol/languageModel';
import type { ParamsOf } from '../../protocol/method';
import type { ChatMessage, LanguageModel } from '../insights/model/languageModel';
import { redact } from '../base/redact';
import type { ClientContext } from './clientContext';
import type { Registry } from './registry';

interface Pending {
  readonly client: ClientContext;
  readonly settle: (answer: string | EarmarkError) => void;
}

type Outcome = ParamsOf<typeof LanguageModelAnswer>['outcome'];

export class OfferedModel implements LanguageModel {
  /** Offers in order: client → name of its model. */
  private readonly offers = new Map<ClientContext, string>();
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;

  get available(): boolean {
    return this.offers.size > 0;
  }

  get name(): string {
    const [name] = this.offers.values();
    return name === undefined ? 'The language model of the editor' : `The language model ${name}`;
  }

  offer(client: ClientContext, name: string | undefined): void {
    if (name === undefined) return this.withdraw(client);
    if (!this.offers.has(client)) client.disposables.add({ dispose: () => this.withdraw(client) });
    this.offers.set(client, name);
  }

  async complete(
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
  ): Promise<string> {
    const [client] = this.offers.keys();
    if (!client) throw this.unavailable();
    const id = ++this.lastId;
    const answer = await new Promise<string | EarmarkError>((resolve) => {
      const cancel = (): void => {
        client.notify(LanguageModelCancel, { id });
        settle(
          new EarmarkError('rpc.cancelled', 'The request to the language model was cancelled.'),
        );
      };
      const settle = (outcome: string | EarmarkError): void => {
        signal.removeEventListener('abort', cancel);
        this.pending.delete(id);
        resolve(outcome);
      };
      this.pending.set(id, { client, settle });
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
      else
        client.notify(LanguageModelAsk, {
          id,
          messages: messages.map(({ role, content }) => ({ role, content: redact(content) })),
          schema: { ...schema },
        });
    });
    if (answer instanceof EarmarkError) throw answer;
    return answer;
  }

  /** Takes an answer; only the client that received the question may answer. */
  answer(client: ClientContext, id: number, outcome: Outcome): void {
    const asked = this.pending.get(id);
    if (asked?.client !== client) return;
    if (outcome.kind === 'text') asked.settle(outcome.text);
    else
      asked.settle(
        outcome.reason === 'refused'
          ? new EarmarkError(
              'engine.refused',
              `Earmark may not use ${this.name}. Allow it, or turn off ` +
                '"earmark.llm.useEditorModel".',
            )
          : this.unavailable(),
      );
  }

  private withdraw(client: ClientContext): void {
    this.offers.delete(client);
    for (const asked of [...this.pending.values()])
      if (asked.client === client) asked.settle(this.unavailable());
  }

  private unavailable(): EarmarkError {
    return new EarmarkError(
      'engine.unavailable',
      `${this.name} does not answer. Keep its window open, or name a server in ` +
        '"earmark.llm.endpoint".',
    );
  }
}

export function languageModelHandlers(registry: Registry, model: OfferedModel): void {
  registry
    .on(LanguageModelOffer, ({ name }, client) => {
      if (client.peer.identity.kind !== 'local')
        throw new EarmarkError(
          'rpc.forbidden',
          'Only an editor on the same machine can offer a language model, because ' +
            'transcripts are sent to it.',
        );
      model.offer(client, name);
      return {};
    })
    .on(LanguageModelAnswer, ({ id, outcome }, client) => {
      model.answer(client, id, outcome);
      return {};
    });
}
