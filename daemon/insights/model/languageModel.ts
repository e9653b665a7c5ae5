/** The port to a language model. Adapters implement it. */

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface LanguageModel {
  /** Name of the model and its host, for messages to the user. */
  readonly name: string;
  /**
   * @param schema JSON schema of the answer; a model may ignore it
   * @returns the model's answer, which may be invalid
   * @throws EarmarkError engine.unavailable, engine.refused, engine.timeout, rpc.cancelled
   */
  complete(messages: readonly ChatMessage[], schema: object, signal: AbortSignal): Promise<string>;
}
