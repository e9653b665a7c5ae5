/**
 * Greedy decoding with Moonshine's encoder and merged decoder: the encoder once, then always the likeliest token with the
 * key-value cache. A draft (the tokens of an earlier decode of the same phrase) is checked in one step of the decoder and
 * only what differs is decoded anew, which takes a third of the time.
 * The check is that of Leviathan, Kalman, Matias 2023, "Fast Inference from Transformers via Speculative Decoding", for greedy text.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { EarmarkError } from '../../../protocol/errors';
import type { ScoredToken } from '../../asr/tokenWords';
import { SAMPLE_RATE } from '../../audio/frame';
import type { Ort } from './onnx';

const LAYERS = 6;
const HEADS = 8;
const HEAD_SIZE = 36;
const START_TOKEN = 1;
const END_TOKEN = 2;
/** Nobody says more in a second; the model's authors stop there too, which bounds a loop. */
const TOKENS_PER_SECOND = 6;
/** Shorter audio is lengthened with silence to this: the model was trained on whole utterances. */
const MIN_SECONDS = 1;

/** Names of the cache tensors: `past` goes in, `present` comes out. */
const CACHE = Array.from({ length: LAYERS }, (_, layer) => ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'].map((part) => ({ past: `past_key_values.${layer}.${part}`, present: `present.${layer}.${part}`, encoder: part.startsWith('encoder') }))).flat();

export const DECODER_INPUTS = ['input_ids', 'encoder_hidden_states', 'use_cache_branch', ...CACHE.map((c) => c.past)];

export interface MoonshineModel {
  readonly ort: Ort;
  readonly encoder: InferenceSession;
  readonly decoder: InferenceSession;
}

export interface GreedyInput {
  readonly pcm: Float32Array;
  /** Tokens that stand before the text that is looked for, and are not part of it. */
  readonly given: readonly number[];
  readonly draft: readonly number[];
  readonly maxTokens: number;
  readonly signal: AbortSignal | undefined;
}

/** @returns how many tokens a stretch of audio may have at most */
export function tokenLimit(samples: number): number {
  return Math.max(1, Math.trunc(Math.max(MIN_SECONDS, samples / SAMPLE_RATE) * TOKENS_PER_SECOND));
}

/** @throws EarmarkError rpc.cancelled between two steps, model.incompatible */
export async function decodeGreedily(model: MoonshineModel, input: GreedyInput): Promise<readonly ScoredToken[]> {
  throwIfAborted(input.signal);
  const { ort } = model;
  const pcm = lengthen(input.pcm, MIN_SECONDS * SAMPLE_RATE);
  const encoded = (await model.encoder.run({ input_values: new ort.Tensor('float32', pcm, [1, pcm.length]) }))['last_hidden_state'];
  if (!encoded) throw new EarmarkError('model.incompatible', 'The speech model gave no answer of the expected kind; run `earmark models pull` to fetch it again.');
  const run = new Run(model, encoded);
  const tokens: ScoredToken[] = [];
  const draft = input.draft.slice(0, input.maxTokens - 1);
  let feed: readonly number[] = [START_TOKEN, ...input.given, ...draft];
  let unchecked: readonly number[] = draft;
  while (tokens.length < input.maxTokens) {
    throwIfAborted(input.signal);
    const answers = await run.step(feed, unchecked.length + 1);
    let accepted = 0;
    for (const answer of answers) {
      if (answer.id === END_TOKEN) return tokens;
      tokens.push(answer);
      if (answer.id !== unchecked[accepted]) break;
      accepted++;
    }
    run.forget(unchecked.length - accepted);
    unchecked = [];
    feed = [tokens.at(-1)?.id ?? START_TOKEN];
  }
  return tokens;
}

/** The decoder with its cache. */
class Run {
  private readonly cache: Record<string, Tensor> = {};
  private begun = false;

  constructor(
    private readonly model: MoonshineModel,
    private readonly encoded: Tensor,
  ) {
    for (const { past } of CACHE) this.cache[past] = new model.ort.Tensor('float32', new Float32Array(0), [0, HEADS, 1, HEAD_SIZE]);
  }

  /** @returns the likeliest token behind each of the last `count` tokens of the feed */
  async step(feed: readonly number[], count: number): Promise<ScoredToken[]> {
    const { ort, decoder } = this.model;
    const output: InferenceSession.OnnxValueMapType = await decoder.run({
      input_ids: new ort.Tensor('int64', BigInt64Array.from(feed, BigInt), [1, feed.length]),
      encoder_hidden_states: this.encoded,
      use_cache_branch: new ort.Tensor('bool', [this.begun], [1]),
      ...this.cache,
    });
    // The encoder's half of the cache is made by the first step and stays.
    for (const { past, present, encoder: once } of CACHE) if (!this.begun || !once) this.cache[past] = output[present] as Tensor;
    this.begun = true;
    const logits = (output['logits'] as Tensor).data as Float32Array;
    const width = logits.length / feed.length;
    return Array.from({ length: count }, (_, i) => likeliest(logits.subarray((feed.length - count + i) * width, (feed.length - count + i + 1) * width)));
  }

  /** Takes the last tokens out of the decoder's half of the cache. */
  forget(count: number): void {
    if (count === 0) return;
    for (const { past, encoder } of CACHE) {
      const tensor = this.cache[past];
      if (encoder || !tensor) continue;
      const before = tensor.dims[2] ?? 0;
      const after = before - count;
      const kept = new Float32Array(HEADS * after * HEAD_SIZE);
      for (let head = 0; head < HEADS; head++) kept.set((tensor.data as Float32Array).subarray(head * before * HEAD_SIZE, (head * before + after) * HEAD_SIZE), head * after * HEAD_SIZE);
      this.cache[past] = new this.model.ort.Tensor('float32', kept, [1, HEADS, after, HEAD_SIZE]);
    }
  }
}

/** The greatest logit and its probability. */
function likeliest(logits: Float32Array): ScoredToken {
  let id = 0;
  let top = -Infinity;
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i] as number;
    if (value > top) {
      top = value;
      id = i;
    }
  }
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] as number) - top);
  return { id, probability: 1 / sum };
}

function lengthen(pcm: Float32Array, samples: number): Float32Array {
  if (pcm.length >= samples) return pcm;
  const longer = new Float32Array(samples);
  longer.set(pcm, 0);
  return longer;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EarmarkError('rpc.cancelled', 'The decode was cancelled.');
}
