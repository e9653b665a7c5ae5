/** Counts what the work of a language model costs: requests and tokens. */
import type { ChatMessage, Tokens } from './languageModel';

export interface Usage {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** True if a provider counted no tokens, so that they were estimated from the text. */
  readonly estimated: boolean;
}

/** Characters of English text per token, as the providers' guides state. */
const CHARS_PER_TOKEN = 4;

export class UsageCounter {
  private sum: Usage = { requests: 0, inputTokens: 0, outputTokens: 0, estimated: false };

  get total(): Usage {
    return this.sum;
  }

  /** @param counted tokens by the provider's count; estimated if absent */
  add(messages: readonly ChatMessage[], answer: string, counted: Tokens | undefined): void {
    const sent = messages.reduce((chars, { content }) => chars + content.length, 0);
    const { requests, inputTokens, outputTokens, estimated } = this.sum;
    this.sum = {
      requests: requests + 1,
      inputTokens: inputTokens + (counted?.input ?? Math.ceil(sent / CHARS_PER_TOKEN)),
      outputTokens: outputTokens + (counted?.output ?? Math.ceil(answer.length / CHARS_PER_TOKEN)),
      estimated: estimated || counted === undefined,
    };
  }
}
