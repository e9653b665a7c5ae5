/**
 * A language model behind `<endpoint>/chat/completions`, the interface of Ollama, llama-server,
 * vLLM and OpenAI. Sends nothing unless the user configured the endpoint. The key and spoken text
 * appear in no error or log.
 */
import { redact } from '../../base/redaction/redact';
import { z } from 'zod';
import { EarmarkError } from '../../../protocol/errors';
import type { ChatMessage, LanguageModel, Tokens } from '../../insights/model/languageModel';
import { boundedText, endpointUrl } from '../endpoint';

export interface OpenaiCompatibleSetup {
  /** `http://127.0.0.1:11434/v1`. */
  readonly endpoint: string;
  /** The server's name for the model. */
  readonly model: string;
  readonly key?: string;
  /** Permits plain http to other machines; to this machine it is always permitted. */
  readonly allowPlainHttp?: boolean;
}

const ANSWER_BYTES = 2_000_000;
/** Longer than any answer about an hour of talk; stops a model that does not stop by itself. */
const MAX_TOKENS = 8_000;

const Count = z.number().int().min(0);
const Completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
  usage: z.object({ prompt_tokens: Count, completion_tokens: Count }).optional().catch(undefined),
});

/**
 * JSON modes of a server, strictest first. Not all support schemas; an unsupported mode is
 * remembered.
 */
type Form = 'json_schema' | 'json_object' | 'text';
const SIMPLER: Readonly<Record<Form, Form | undefined>> = {
  json_schema: 'json_object',
  json_object: 'text',
  text: undefined,
};

export class OpenaiCompatibleModel implements LanguageModel {
  readonly name: string;
  readonly id: string;
  private readonly key: string | undefined;
  private readonly url: URL;
  private form: Form = 'json_schema';

  /** @throws EarmarkError engine.unavailable for an invalid address */
  constructor(private readonly setup: OpenaiCompatibleSetup) {
    this.key = setup.key;
    this.url = endpointUrl(setup.endpoint, {
      what: 'language model',
      sent: 'transcripts',
      setting: 'earmark.llm.endpoint',
      allowPlainHttp: setup.allowPlainHttp,
      path: '/chat/completions',
    });
    this.id = `server/${this.url.host}/${setup.model}`;
    this.name = `The language model ${setup.model === '' ? '' : `${setup.model} `}at ${this.url.host}`;
  }

  async complete(
    messages: readonly ChatMessage[],
    schema: object,
    signal: AbortSignal,
    used?: (tokens: Tokens) => void,
  ): Promise<string> {
    for (;;) {
      const { form } = this;
      const response = await this.post(this.body(messages, schema, form), signal);
      if (response.status === 400) {
        const simpler = SIMPLER[form];
        if (simpler !== undefined) {
          // Another request may have changed the mode in the meantime.
          if (this.form === form) this.form = simpler;
          continue;
        }
      }
      if (response.status !== 200) throw this.refused(response.status, response.retryAfterMs);
      return this.content(response.text, used);
    }
  }

  /**
   * Removes keys, tokens, card numbers and addresses before sending, also for a server on this
   * machine: it may be a tunnel.
   */
  private body(messages: readonly ChatMessage[], schema: object, form: Form): string {
    const format =
      form === 'json_schema'
        ? { response_format: { type: form, json_schema: { name: 'meeting', schema } } }
        : form === 'json_object'
          ? { response_format: { type: form } }
          : {};
    return JSON.stringify({
      ...(this.setup.model === '' ? {} : { model: this.setup.model }),
      messages: messages.map((message) => ({ ...message, content: redact(message.content) })),
      temperature: 0,
      max_tokens: MAX_TOKENS,
      stream: false,
      ...format,
    });
  }

  private async post(
    body: string,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string; readonly retryAfterMs?: number }> {
    const { default: fetch } = await import('make-fetch-happen');
    try {
      const response = await fetch(this.url.href, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...(this.key === undefined ? {} : { authorization: `Bearer ${this.key}` }),
        },
        // The key and the words go only to the configured server.
        redirect: 'manual',
        retry: false,
        strictSSL: true,
        // The queue in front of the model applies the time limit.
        timeout: 0,
        signal,
      } as never);
      if (response.status === 200)
        return {
          status: 200,
          text: await boundedText(response.body as AsyncIterable<Uint8Array>, ANSWER_BYTES),
        };
      response.body?.resume();
      return {
        status: response.status,
        text: '',
        retryAfterMs: retryAfter(response.headers.get('retry-after')),
      };
    } catch (error) {
      if (signal.aborted)
        throw new EarmarkError('rpc.cancelled', 'The request to the language model was cancelled.');
      const { code } = error as { code?: unknown };
      throw new EarmarkError(
        'engine.unavailable',
        `Could not reach ${this.name}${typeof code === 'string' ? ` (${code})` : ''}; ` +
          'start it, or correct "earmark.llm.endpoint".',
      );
    }
  }

  private content(text: string, used?: (tokens: Tokens) => void): string {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    const completion = Completion.safeParse(value);
    if (!completion.success)
      throw new EarmarkError(
        'engine.refused',
        `${this.name} does not answer like a chat server; check "earmark.llm.endpoint".`,
      );
    const { usage, choices } = completion.data;
    if (usage) used?.({ input: usage.prompt_tokens, output: usage.completion_tokens });
    return choices[0]?.message.content ?? '';
  }

  /** Leaves out the server's text, which may quote the key or the words. */
  private refused(status: number, retryAfterMs = 0): EarmarkError {
    if (status === 401 || status === 403)
      return new EarmarkError(
        'engine.refused',
        `${this.name} refused the key (HTTP ${status}). Set the right one in ` +
          'EARMARK_LLM_KEY and restart the daemon.',
      );
    if (status === 404)
      return new EarmarkError(
        'engine.refused',
        `${this.name} does not exist (HTTP 404); check "earmark.llm.endpoint" and ` +
          '"earmark.llm.model".',
      );
    if (status >= 300 && status < 400)
      return new EarmarkError(
        'engine.refused',
        `${this.name} redirects (HTTP ${status}), and Earmark sends transcripts only ` +
          'to the address you set. Set "earmark.llm.endpoint" to the final address.',
      );
    if (status === 429)
      return new EarmarkError(
        'engine.rateLimited',
        `${this.name} takes no more requests for now (HTTP 429). Wait some minutes, then write again.`,
        { retryAfterMs },
      );
    if (status >= 500)
      return new EarmarkError(
        'engine.unavailable',
        `${this.name} is overloaded or failed (HTTP ${status}).`,
        status === 503 ? { retryAfterMs } : {},
      );
    return new EarmarkError(
      'engine.refused',
      `${this.name} refused the request (HTTP ${status}); check "earmark.llm.model".`,
    );
  }
}

/**
 * The header of RFC 9110, section 10.2.3: seconds, or a date.
 * @returns milliseconds; 0 if the server names no time
 */
function retryAfter(header: string | null): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
