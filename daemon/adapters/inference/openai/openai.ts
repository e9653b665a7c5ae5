/**
 * Any server with OpenAI's transcription interface: sends a phrase as a WAV file to
 * `<endpoint>/audio/transcriptions`. Sends nothing unless the user configured the endpoint. The key
 * appears in no log, error or report.
 */
import { redact } from '../../../base/redaction/redact';
import { randomUUID } from 'node:crypto';
import { EarmarkError } from '../../../../protocol/errors';
import { openaiInfo } from '../../../asr/contract/providerInfos';
import type { DecodeRequest, AsrProvider, AsrResult } from '../../../asr/contract/provider';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import { SAMPLE_RATE } from '../../../audio/frame';
import { toInt16 } from '../../../audio/pcm';
import type { Clock } from '../../../base/clock';
import { boundedText, endpointUrl } from '../../endpoint';
import { readAnswer } from './openaiAnswer';
import { decodeCancelled, modelNotLoaded, phraseTooLong } from '../../../asr/contract/errors';
import { wavHeader } from '../../../audio/wavHeader';

export interface OpenaiSetup {
  /** `https://host/v1`. */
  readonly endpoint: string;
  readonly key?: string;
  readonly clock: Clock;
  /** Permits plain http to other machines; to this machine it is always permitted. */
  readonly allowPlainHttp?: boolean;
  /** Time limit of one request, and of a phrase with all its retries. */
  readonly timeoutMs?: number;
  /** Extra trusted certificates, PEM. */
  readonly ca?: string;
  /** Returns 0–1; spreads the waits of many clients. */
  readonly random?: () => number;
}

const TIMEOUT_MS = 30_000;
const TRIES = 3;
/** First wait before a retry; it doubles each time. */
const BACK_OFF_MS = 500;
const MAX_SECONDS = 30;
/** Whisper reads at most 224 tokens of prompt; this number of letters has fewer. */
const PROMPT_CHARS = 600;
/** A longer answer is no transcription. */
const ANSWER_BYTES = 2_000_000;

type Form = 'verbose_json' | 'json';
type Outcome =
  | { readonly body: string }
  | { readonly status: number; readonly retryAfterMs?: number }
  | { readonly failed: 'network' | 'timeout'; readonly code?: string };

export class OpenaiProvider implements AsrProvider {
  readonly info = openaiInfo;
  private readonly key: string | undefined;
  private state:
    | { readonly kind: 'unloaded' }
    | { readonly kind: 'loaded'; readonly url: string; readonly model: string; form: Form } = {
    kind: 'unloaded',
  };

  constructor(private readonly setup: OpenaiSetup) {
    this.key = setup.key;
  }

  /** The model id is the server's name for it; there are no files. */
  async load(model: LoadedModelFiles): Promise<void> {
    this.state = { kind: 'loaded', url: this.address(), model: model.id, form: 'verbose_json' };
    return Promise.resolve();
  }

  unload(): Promise<void> {
    this.state = { kind: 'unloaded' };
    return Promise.resolve();
  }

  async transcribe(
    pcm: Float32Array,
    options: DecodeRequest,
    signal?: AbortSignal,
  ): Promise<AsrResult> {
    const { state } = this;
    if (state.kind !== 'loaded') throw modelNotLoaded();
    if (pcm.length > MAX_SECONDS * SAMPLE_RATE) throw phraseTooLong(MAX_SECONDS);
    if (signal?.aborted) throw decodeCancelled();
    const { clock } = this.setup;
    const begun = clock.now();
    if (pcm.length === 0)
      return { text: '', words: [], confidence: 0, language: options.language, inferenceMs: 0 };
    const until = begun + (this.setup.timeoutMs ?? TIMEOUT_MS);
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.ask(state, pcm, options, until - clock.now(), signal);
      if (signal?.aborted) throw decodeCancelled();
      if ('body' in outcome) {
        const result = readAnswer(outcome.body, pcm, options.language, clock.now() - begun);
        if (!result)
          throw new EarmarkError(
            'engine.refused',
            `${this.host()} returned no transcription; check the address of the speech ` +
              'server.',
          );
        return result;
      }
      // Some models of the original service support only the short form; this is remembered.
      if ('status' in outcome && outcome.status === 400 && state.form === 'verbose_json') {
        state.form = 'json';
        attempt--;
        continue;
      }
      const wait = attempt < TRIES && mayHelp(outcome) ? this.waitMs(outcome, attempt) : undefined;
      if (wait === undefined || clock.now() + wait >= until) throw this.sentence(outcome);
      await this.pause(wait, signal);
    }
  }

  private address(): string {
    return endpointUrl(this.setup.endpoint, {
      what: 'speech server',
      sent: 'speech',
      setting: 'earmark.openai.endpoint',
      allowPlainHttp: this.setup.allowPlainHttp,
      path: '/audio/transcriptions',
    }).href;
  }

  private host(): string {
    return this.state.kind === 'loaded' ? new URL(this.state.url).host : 'the speech server';
  }

  private async ask(
    { url, model, form }: { url: string; model: string; form: Form },
    pcm: Float32Array,
    options: DecodeRequest,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Outcome> {
    const { default: fetch } = await import('make-fetch-happen');
    const fields: [string, string][] = [
      ['model', model],
      ['response_format', form],
      ['temperature', '0'],
      ['language', options.language.split('-')[0] ?? 'en'],
    ];
    if (form === 'verbose_json')
      fields.push(['timestamp_granularities[]', 'word'], ['timestamp_granularities[]', 'segment']);
    const prompt = redact(promptOf(options.prompt ?? []));
    if (prompt !== '') fields.push(['prompt', prompt]);
    const boundary = `earmark-${randomUUID()}`;
    const limit = new AbortController();
    const timer = this.setup.clock.setTimeout(() => limit.abort(), Math.max(1, timeoutMs));
    try {
      const response = await fetch(url, {
        method: 'POST',
        body: multipart(boundary, fields, wav(pcm)),
        headers: {
          'content-type': `multipart/form-data; boundary=${boundary}`,
          accept: 'application/json',
          ...(this.key === undefined ? {} : { authorization: `Bearer ${this.key}` }),
        },
        // The key and the speech go only to the configured server.
        redirect: 'manual',
        retry: false,
        strictSSL: true,
        signal: AbortSignal.any([limit.signal, ...(signal ? [signal] : [])]),
        ...(this.setup.ca === undefined ? {} : { ca: this.setup.ca }),
      } as never);
      if (response.ok)
        return {
          body: await boundedText(response.body as AsyncIterable<Uint8Array>, ANSWER_BYTES),
        };
      response.body?.resume();
      const retryAfterMs = retryAfter(response.headers.get('retry-after'), this.setup.clock.wall());
      return { status: response.status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    } catch (error) {
      if (limit.signal.aborted) return { failed: 'timeout' };
      const { code } = error as { code?: unknown };
      return { failed: 'network', ...(typeof code === 'string' ? { code } : {}) };
    } finally {
      timer.dispose();
    }
  }

  private waitMs(outcome: Outcome, attempt: number): number {
    if ('retryAfterMs' in outcome && outcome.retryAfterMs !== undefined)
      return outcome.retryAfterMs;
    const whole = BACK_OFF_MS * 2 ** (attempt - 1);
    return whole / 2 + (whole / 2) * (this.setup.random ?? Math.random)();
  }

  private pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        timer.dispose();
        reject(decodeCancelled());
      };
      const timer = this.setup.clock.setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  /** Leaves out the server's text, which may quote the key or the words. */
  private sentence(outcome: Exclude<Outcome, { body: string }>): EarmarkError {
    const host = this.host();
    if ('failed' in outcome) {
      if (outcome.failed === 'timeout')
        return new EarmarkError(
          'engine.timeout',
          `${host} did not answer in time; check the network, or choose a local speech engine.`,
        );
      return new EarmarkError(
        'engine.unavailable',
        `Could not reach ${host}${outcome.code === undefined ? '' : ` (${outcome.code})`}; ` +
          'check the network and "earmark.openai.endpoint".',
      );
    }
    const { status } = outcome;
    if (status === 401 || status === 403)
      return new EarmarkError(
        'engine.refused',
        `${host} refused the key (HTTP ${status}). Set the right one in ` +
          'EARMARK_OPENAI_KEY and restart the daemon.',
      );
    if (status === 404)
      return new EarmarkError(
        'engine.refused',
        `${host} has no such address or model (HTTP 404); check "earmark.openai.endpoint" and "earmark.openai.model".`,
      );
    if (status >= 300 && status < 400)
      return new EarmarkError(
        'engine.refused',
        `${host} redirects (HTTP ${status}), and Earmark sends speech only to the ` +
          'address you set. Set "earmark.openai.endpoint" to the final address.',
      );
    if (status === 429)
      return new EarmarkError(
        'engine.unavailable',
        `${host} has reached its request limit (HTTP 429); wait, or choose a local ` +
          'speech engine.',
        outcome.retryAfterMs === undefined ? {} : { retryAfterMs: outcome.retryAfterMs },
      );
    if (status >= 500)
      return new EarmarkError(
        'engine.unavailable',
        `${host} failed (HTTP ${status}); try again later, or choose a local speech ` + 'engine.',
      );
    return new EarmarkError(
      'engine.refused',
      `${host} refused the request (HTTP ${status}); check "earmark.openai.model".`,
    );
  }
}

function mayHelp(outcome: Outcome): boolean {
  if ('failed' in outcome) return outcome.failed === 'network';
  return 'status' in outcome && (outcome.status === 429 || outcome.status >= 500);
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function promptOf(words: readonly string[]): string {
  let text = '';
  for (const word of words) {
    const next = text === '' ? word : `${text}, ${word}`;
    if (next.length > PROMPT_CHARS) break;
    text = next;
  }
  return text;
}

function multipart(
  boundary: string,
  fields: readonly (readonly [string, string])[],
  audio: Buffer,
): Buffer {
  const parts = fields.map(([name, value]) =>
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    ),
  );
  const file = Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="phrase.wav"\r\n` +
      'content-type: audio/wav\r\n\r\n',
  );
  return Buffer.concat([...parts, file, audio, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

/** 16-bit mono WAV. */
function wav(pcm: Float32Array): Buffer {
  const samples = toInt16(pcm);
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return Buffer.concat([wavHeader(data.length), data]);
}
