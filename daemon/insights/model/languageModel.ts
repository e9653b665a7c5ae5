/** The port to a language model: what it is asked and what it answers. Adapters implement it. */

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface LanguageModel {
  /** For messages to the user: the model and where it runs. */
  readonly name: string;
  /**
   * @param schema JSON schema of the answer; a model may ignore it
   * @returns what it said, which may be anything
   * @throws EarmarkError engine.unavailable, engine.refused, engine.timeout, rpc.cancelled
   */
  complete(messages: readonly ChatMessage[], schema: object, signal: AbortSignal): Promise<string>;
}
