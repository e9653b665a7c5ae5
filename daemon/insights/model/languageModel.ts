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

/** Prefix of a local model's id where other models may be named too. */
const LOCAL = 'local:';

/** @returns the model's own id; undefined if `local:ID` is not the form */
export function localModelId(id: string): string | undefined {
  return id.startsWith(LOCAL) && id.length > LOCAL.length ? id.slice(LOCAL.length) : undefined;
}

export interface LanguageModel {
  /** Name of the model and its host, for messages to the user. */
  readonly name: string;
  /** Vendor, family and version, or host and model; results of the exam are stored under it. */
  readonly id: string;
  /** True if it runs on this machine and shares its processors with recognition. */
  readonly local?: boolean;
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
