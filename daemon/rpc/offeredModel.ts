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
import type { ChatMessage, LanguageModel, Tokens } from '../insights/model/languageModel';
import { redact } from '../base/redaction/redact';
import type { ClientContext } from './clientContext';
import type { Registry } from './registry';

interface Answer {
  readonly text: string;
  readonly tokens?: Tokens | undefined;
}

interface Pending {
  readonly client: ClientContext;
  readonly settle: (answer: Answer | EarmarkError) => void;
}

interface Offer {
  readonly name: string;
  readonly id: string;
}

type Outcome = ParamsOf<typeof LanguageModelAnswer>['outcome'];

export class OfferedModel implements LanguageModel {
  /** Offers in order: client → its model. */
  private readonly offers = new Map<ClientContext, Offer>();
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;

  get available(): boolean {
    return this.offers.size > 0;
  }

  get name(): string {
    return nameOf([...this.offers.values()][0]);
  }

  get id(): string {
    return [...this.offers.values()][0]?.id ?? '';
  }

  /** The model that a client offers, for requests of that client; undefined if it offers none. */
  of(client: ClientContext): LanguageModel | undefined {
    if (!this.offers.has(client)) return undefined;
    const offer = (): Offer | undefined => this.offers.get(client);
    return {
      get name() {
        return nameOf(offer());
      },
      get id() {
        return offer()?.id ?? '';
      },
      complete: (...request) => this.ask(client, ...request),
    };
  }

  /** @param modelId vendor, family and version; the name if absent */
  offer(client: ClientContext, name: string | undefined, modelId = name): void {
    if (name === undefined) return this.withdraw(client);
    if (!this.offers.has(client)) client.disposables.add({ dispose: () => this.withdraw(client) });
    this.offers.set(client, { name, id: `editor/${modelId ?? name}` });
  }

  async complete(...request: Parameters<LanguageModel['complete']>): Promise<string> {
    const [client] = this.offers.keys();
    if (!client) throw this.unavailable();
    return this.ask(client, ...request);
  }

  private async ask(
    client: ClientContext,
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
    used?: (tokens: Tokens) => void,
  ): Promise<string> {
    const id = ++this.lastId;
    const answer = await new Promise<Answer | EarmarkError>((resolve) => {
      const cancel = (): void => {
        client.notify(LanguageModelCancel, { id });
        settle(
          new EarmarkError('rpc.cancelled', 'The request to the language model was cancelled.'),
        );
      };
      const settle = (outcome: Answer | EarmarkError): void => {
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
    if (answer.tokens) used?.(answer.tokens);
    return answer.text;
  }

  /** Takes an answer; only the client that received the question may answer. */
  answer(client: ClientContext, id: number, outcome: Outcome): void {
    const asked = this.pending.get(id);
    if (asked?.client !== client) return;
    asked.settle(outcome.kind === 'text' ? outcome : this.failure(client, outcome.reason));
  }

  private failure(
    client: ClientContext,
    reason: Extract<Outcome, { kind: 'failed' }>['reason'],
  ): EarmarkError {
    const name = nameOf(this.offers.get(client));
    if (reason === 'unavailable') return this.unavailable(name);
    return reason === 'refused'
      ? new EarmarkError(
          'engine.refused',
          `Earmark may not use ${name}. Allow it, or turn off "earmark.llm.useEditorModel".`,
        )
      : new EarmarkError(
          'engine.rateLimited',
          `${name} takes no more requests for now. Wait some minutes, then write again.`,
        );
  }

  private withdraw(client: ClientContext): void {
    this.offers.delete(client);
    for (const asked of [...this.pending.values()])
      if (asked.client === client) asked.settle(this.unavailable());
  }

  private unavailable(name = this.name): EarmarkError {
    return new EarmarkError(
      'engine.unavailable',
      `${name} does not answer. Keep its window open, or name a server in ` +
        '"earmark.llm.endpoint".',
    );
  }
}

function nameOf(offer: Offer | undefined): string {
  return offer ? `The language model ${offer.name}` : 'The language model of the editor';
}

export function languageModelHandlers(registry: Registry, model: OfferedModel): void {
  registry
    .on(LanguageModelOffer, ({ name, modelId }, client) => {
      if (client.peer.identity.kind !== 'local')
        throw new EarmarkError(
          'rpc.forbidden',
          'Only an editor on the same machine can offer a language model, because ' +
            'transcripts are sent to it.',
        );
      model.offer(client, name, modelId);
      return {};
    })
    .on(LanguageModelAnswer, ({ id, outcome }, client) => {
      model.answer(client, id, outcome);
      return {};
    });
}
