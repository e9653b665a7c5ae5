/** The port to a language model. Adapters implement it. */

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Tokens of one request. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
}

export interface LanguageModel {
  /** Name of the model and its host, for messages to the user. */
  readonly name: string;
  /** Vendor, family and version, or host and model; results of the exam are stored under it. */
  readonly id: string;
  /**
   * @param schema JSON schema of the answer; a model may ignore it
   * @param used receives the tokens if the provider counts them
   * @returns the model's answer, which may be invalid
   * @throws EarmarkError engine.unavailable, engine.refused, engine.rateLimited, engine.timeout,
   * rpc.cancelled
   */
  complete(
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
    used?: (tokens: Tokens) => void,
  ): Promise<string>;
}
