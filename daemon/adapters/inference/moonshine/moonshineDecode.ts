/**
 * Moonshine's encoder and merged decoder: the encoder runs once, then tokens with the key-value
 * cache. One decoder step verifies a draft (the tokens of an earlier decode of the same phrase).
 * Tokens are decoded singly only after the search leaves the draft, which takes a third of the
 * time. The check is that of Leviathan, Kalman, Matias 2023, "Fast Inference from Transformers via
 * Speculative Decoding".
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { EarmarkError } from '../../../../protocol/errors';
import {
  type Continued,
  type NextToken,
  type SearchOptions,
  type TokenModel,
  beamSearch,
} from '../../../asr/decoding/beamSearch';
import type { ScoredToken } from '../../../asr/decoding/tokenWords';
import { SAMPLE_RATE } from '../../../audio/frame';
import { joinSamples } from '../../../audio/pcm';
import type { Ort } from '../graphs/onnx';
import { decodeCancelled } from '../../../asr/contract/errors';

const START_TOKEN = 1;
const END_TOKEN = 2;
/** Limit of the speaking rate; the model's authors use the same. It bounds a loop. */
const TOKENS_PER_SECOND = 6;
/**
 * Shorter audio is padded with silence to this length: the model was trained on whole utterances.
 */
const MIN_SECONDS = 1;

/**
 * Size of the decoder, read from its inputs: 6 layers of 8 heads of 36 in Moonshine tiny, 8 of 8 of
 * 52 in base.
 */
interface DecoderShape {
  readonly heads: number;
  readonly headSize: number;
  /**
   * Names of the decoder's half of the key-value cache, `0.key`: `past.0.key` goes in,
   * `present.0.key` comes out.
   */
  readonly cache: readonly string[];
}

export interface MoonshineModel {
  readonly ort: Ort;
  readonly encoder: InferenceSession;
  /** The encoder's half of the key-value cache. */
  readonly cross: InferenceSession;
  readonly decoder: InferenceSession;
  readonly shape: DecoderShape;
}

/** @throws EarmarkError model.incompatible */
export function decoderShape(decoder: Pick<InferenceSession, 'inputMetadata'>): DecoderShape {
  const cache: string[] = [];
  let heads: number | string | undefined;
  let headSize: number | string | undefined;
  for (const input of decoder.inputMetadata) {
    if (!input.isTensor || !input.name.startsWith('past.')) continue;
    cache.push(input.name.slice('past.'.length));
    [, heads, , headSize] = input.shape;
  }
  if (typeof heads !== 'number' || typeof headSize !== 'number')
    throw new EarmarkError(
      'model.incompatible',
      'The decoder of the speech model lacks its size; run `earmark models pull` to ' +
        'fetch the right model.',
    );
  return { heads, headSize, cache };
}

export interface DecodeInput {
  readonly pcm: Float32Array;
  /** Prompt tokens before the text; not part of the result. */
  readonly given: readonly number[];
  readonly draft: readonly number[];
  readonly search: SearchOptions;
}

/** @returns the maximum number of tokens for a stretch of audio */
export function tokenLimit(samples: number): number {
  return Math.max(1, Math.trunc(Math.max(MIN_SECONDS, samples / SAMPLE_RATE) * TOKENS_PER_SECOND));
}

/** @throws EarmarkError rpc.cancelled between two steps, model.incompatible */
export async function decodePhrase(
  model: MoonshineModel,
  { given, draft, search, ...input }: DecodeInput,
): Promise<readonly ScoredToken[]> {
  if (search.signal?.aborted) throw decodeCancelled();
  const { ort } = model;
  const pcm = lengthen(input.pcm, MIN_SECONDS * SAMPLE_RATE);
  const encoded = (
    await model.encoder.run({ input_values: new ort.Tensor('float32', pcm, [1, pcm.length]) })
  )['last_hidden_state'];
  if (!encoded)
    throw new EarmarkError(
      'model.incompatible',
      'The speech model returned an unexpected result; run `earmark models pull` to ' +
        'fetch it again.',
    );
  const cross = await model.cross.run({ encoder_hidden_states: encoded });
  return beamSearch(new Run(model, cross, given, draft.slice(0, search.maxTokens - 1)), search);
}

type Cache = Readonly<Record<string, Tensor>>;

/** A text's cache behind all its tokens, within a batch. */
interface Row {
  readonly cache: Cache;
  readonly row: number;
}

/** A partial text: a number of draft tokens, or the cache behind all its tokens. */
type Step = { readonly drafted: number } | Row;

/** Runs the decoder over one audio. */
class Run implements TokenModel<Step> {
  readonly endToken = END_TOKEN;
  /** Logits and cache behind the given tokens and each draft token. */
  private drafted: { readonly logits: readonly Float32Array[]; readonly cache: Cache } | undefined;

  constructor(
    private readonly model: MoonshineModel,
    private readonly cross: Cache,
    private readonly given: readonly number[],
    private readonly draft: readonly number[],
  ) {}

  async first(): Promise<NextToken<Step>> {
    const { heads, headSize, cache } = this.model.shape;
    const nothing = new this.model.ort.Tensor('float32', new Float32Array(0), [
      1,
      heads,
      0,
      headSize,
    ]);
    this.drafted ??= await this.run(
      Object.fromEntries(cache.map((name) => [`past.${name}`, nothing])),
      0,
      [[START_TOKEN, ...this.given, ...this.draft]],
      this.draft.length + 1,
    );
    return { logits: this.behind(this.drafted.logits, 0), step: { drafted: 0 } };
  }

  async next(texts: readonly Continued<Step>[]): Promise<readonly NextToken<Step>[]> {
    const drafted = texts.map((text) => this.draftedBehind(text));
    const rest = texts.filter((_, i) => drafted[i] === undefined);
    const past = this.stacked(
      rest.map(({ step }) =>
        'cache' in step ? step : { cache: this.cacheAt(step.drafted), row: 0 },
      ),
    );
    const read =
      rest.length === 0
        ? undefined
        : await this.run(
            past,
            past[`past.${this.model.shape.cache[0]}`]?.dims[2] ?? 0,
            rest.map(({ token }) => [token]),
            1,
          );
    let row = 0;
    return drafted.map((tokens) => {
      if (tokens !== undefined)
        return {
          logits: this.behind(this.drafted?.logits ?? [], tokens),
          step: { drafted: tokens },
        };
      return {
        logits: this.behind(read?.logits ?? [], row),
        step: { cache: read?.cache ?? {}, row: row++ },
      };
    });
  }

  /** Number of draft tokens that the text has, if its last token matches the draft. */
  private draftedBehind({ step, token }: Continued<Step>): number | undefined {
    return 'drafted' in step && this.drafted && this.draft[step.drafted] === token
      ? step.drafted + 1
      : undefined;
  }

  /**
   * One decoder step over the same number of tokens of each text, all with a past of equal length.
   * Returns the logits of the last `wanted` tokens of each.
   */
  private async run(
    past: Cache,
    seen: number,
    feeds: readonly (readonly number[])[],
    wanted: number,
  ): Promise<{ readonly logits: readonly Float32Array[]; readonly cache: Cache }> {
    const { ort, decoder, shape } = this.model;
    const integers = (...values: readonly number[]): Tensor =>
      new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]);
    const length = feeds[0]?.length ?? 0;
    const output: InferenceSession.OnnxValueMapType = await decoder.run({
      input_ids: integers(...feeds.flat()).reshape([feeds.length, length]),
      start: integers(seen),
      from: integers(length - wanted),
      mask: this.mask(length),
      ...past,
      ...this.cross,
    });
    const logits = (output['logits'] as Tensor).data as Float32Array;
    const width = logits.length / (feeds.length * wanted);
    return {
      logits: Array.from({ length: feeds.length * wanted }, (_, i) =>
        logits.subarray(i * width, (i + 1) * width),
      ),
      cache: Object.fromEntries(
        shape.cache.map((name) => [`past.${name}`, output[`present.${name}`] as Tensor]),
      ),
    };
  }

  /** Stacks the caches of texts of equal length. */
  private stacked(rows: readonly Row[]): Cache {
    const whole = rows[0]?.cache ?? {};
    const stack = (name: string, first: Tensor): Tensor => {
      const [batch = 0, ...shape] = first.dims;
      if (batch === rows.length && rows.every(({ cache, row }, i) => cache === whole && row === i))
        return first;
      const parts = rows.map(({ cache, row }) => rowOf(cache[name] as Tensor, row));
      return new this.model.ort.Tensor(
        'float32',
        parts.length === 1 ? (parts[0] as Float32Array) : joinSamples(parts),
        [rows.length, ...shape],
      );
    };
    return Object.fromEntries(
      Object.entries(whole).map(([name, tensor]) => [name, stack(name, tensor)]),
    );
  }

  /** A token attends to the tokens before it; several at once occur only without a past. */
  private mask(tokens: number): Tensor {
    const mask = new Float32Array(tokens * tokens);
    for (let row = 0; row < tokens; row++)
      mask.fill(-Infinity, row * tokens + row + 1, (row + 1) * tokens);
    return new this.model.ort.Tensor('float32', mask, [1, 1, tokens, tokens]);
  }

  private behind(logits: readonly Float32Array[], index: number): Float32Array {
    const found = logits[index];
    if (!found)
      throw new EarmarkError(
        'model.incompatible',
        'The speech model returned an unexpected result; run `earmark models pull` to ' +
          'fetch it again.',
      );
    return found;
  }

  /** The cache behind a number of draft tokens: cuts the decoder's half. */
  private cacheAt(drafted: number): Cache {
    const whole = this.drafted?.cache ?? {};
    const dropped = this.draft.length - drafted;
    const { heads, headSize } = this.model.shape;
    if (dropped === 0) return whole;
    const cut = (tensor: Tensor): Tensor => {
      const before = tensor.dims[2] ?? 0;
      const after = before - dropped;
      const kept = new Float32Array(heads * after * headSize);
      for (let head = 0; head < heads; head++)
        kept.set(
          (tensor.data as Float32Array).subarray(
            head * before * headSize,
            (head * before + after) * headSize,
          ),
          head * after * headSize,
        );
      return new this.model.ort.Tensor('float32', kept, [1, heads, after, headSize]);
    };
    return Object.fromEntries(Object.entries(whole).map(([name, tensor]) => [name, cut(tensor)]));
  }
}

function rowOf({ data, dims }: Tensor, row: number): Float32Array {
  const size = data.length / (dims[0] ?? 1);
  return (data as Float32Array).subarray(row * size, (row + 1) * size);
}

function lengthen(pcm: Float32Array, samples: number): Float32Array {
  if (pcm.length >= samples) return pcm;
  const longer = new Float32Array(samples);
  longer.set(pcm, 0);
  return longer;
}
