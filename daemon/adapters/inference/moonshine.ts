/**
 * Moonshine tiny in ONNX Runtime: encoder once per phrase, then the merged decoder token by token with its key-value
 * cache, always the likeliest token. Runs inside an inference worker.
 * Model: Jeffries et al. 2024, "Moonshine: Speech Recognition for Live Transcription and Voice Commands".
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { EarmarkError } from '../../../protocol/errors';
import type { AsrOptions, AsrProvider, AsrResult, LoadedModelFiles } from '../../asr/provider';
import { moonshineInfo } from '../../asr/providerInfos';
import { type PieceDecoder, type ScoredToken, tokensToWords } from '../../asr/tokenWords';
import { estimateWordTimes, soundBounds } from '../../asr/wordTimes';
import { SAMPLE_RATE } from '../../audio/frame';
import { type Ort, loadOrt, openModel } from './onnx';

const LAYERS = 6;
const HEADS = 8;
const HEAD_SIZE = 36;
const START_TOKEN = 1;
const END_TOKEN = 2;
/** Nobody says more in a second; the model's authors stop there too, which bounds a loop. */
const TOKENS_PER_SECOND = 6;
/** Shorter audio is lengthened with silence to this: the model was trained on whole utterances. */
const MIN_SECONDS = 1;
const MAX_SECONDS = 30;

/** Names of the cache tensors: `past` goes in, `present` comes out. */
const CACHE = Array.from({ length: LAYERS }, (_, layer) => ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'].map((part) => ({ past: `past_key_values.${layer}.${part}`, present: `present.${layer}.${part}`, encoder: part.startsWith('encoder') }))).flat();

type Loaded = { readonly ort: Ort; readonly encoder: InferenceSession; readonly decoder: InferenceSession; readonly pieces: PieceDecoder };

export class MoonshineProvider implements AsrProvider {
  readonly info = moonshineInfo;
  private loaded: Loaded | undefined;

  async load(model: LoadedModelFiles): Promise<void> {
    await this.unload();
    const ort = await loadOrt();
    const encoder = await openModel(model.files['encoder'], 'encoder', ['input_values']);
    try {
      const decoder = await openModel(model.files['decoder'], 'decoder', ['input_ids', 'encoder_hidden_states', 'use_cache_branch', ...CACHE.map((c) => c.past)]);
      const pieces = (await import('llama-tokenizer-js')).default;
      this.loaded = { ort, encoder, decoder, pieces };
    } catch (error) {
      await encoder.release();
      throw error;
    }
  }

  async transcribe(pcm: Float32Array, options: AsrOptions, signal?: AbortSignal): Promise<AsrResult> {
    const model = this.loaded;
    if (!model) throw new EarmarkError('engine.unavailable', 'The speech model is not loaded yet; try again in a moment.');
    if (pcm.length > MAX_SECONDS * SAMPLE_RATE) throw new EarmarkError('rpc.invalidParams', `A phrase may last ${MAX_SECONDS} seconds at most.`);
    const begun = performance.now();
    const tokens = pcm.length === 0 ? [] : await this.decode(model, pcm, signal);
    const words = tokensToWords(tokens, model.pieces);
    const confidence = tokens.length === 0 ? 0 : tokens.reduce((sum, t) => sum + t.probability, 0) / tokens.length;
    return {
      text: words.map((w) => w.text).join(' '),
      words: estimateWordTimes(words, soundBounds(pcm)),
      confidence,
      language: options.language.split('-')[0] === 'en' ? options.language : 'en',
      inferenceMs: performance.now() - begun,
    };
  }

  async unload(): Promise<void> {
    const model = this.loaded;
    this.loaded = undefined;
    await model?.encoder.release();
    await model?.decoder.release();
  }

  private async decode({ ort, encoder, decoder }: Loaded, pcm: Float32Array, signal?: AbortSignal): Promise<ScoredToken[]> {
    throwIfAborted(signal);
    const input = lengthen(pcm, MIN_SECONDS * SAMPLE_RATE);
    const encoded = (await encoder.run({ input_values: new ort.Tensor('float32', input, [1, input.length]) }))['last_hidden_state'];
    if (!encoded) throw new EarmarkError('model.incompatible', 'The speech model gave no answer of the expected kind; run `earmark models pull` to fetch it again.');
    const cache: Record<string, Tensor> = {};
    for (const { past } of CACHE) cache[past] = new ort.Tensor('float32', new Float32Array(0), [0, HEADS, 1, HEAD_SIZE]);
    const tokens: ScoredToken[] = [];
    const limit = Math.max(1, Math.trunc((input.length / SAMPLE_RATE) * TOKENS_PER_SECOND));
    let id = START_TOKEN;
    for (let step = 0; step < limit; step++) {
      throwIfAborted(signal);
      const output: InferenceSession.OnnxValueMapType = await decoder.run({
        input_ids: new ort.Tensor('int64', BigInt64Array.of(BigInt(id)), [1, 1]),
        encoder_hidden_states: encoded,
        use_cache_branch: new ort.Tensor('bool', [step > 0], [1]),
        ...cache,
      });
      const next = likeliest((output['logits'] as Tensor).data as Float32Array);
      if (next.id === END_TOKEN) break;
      tokens.push(next);
      id = next.id;
      // The encoder's half of the cache is made by the first step and stays.
      for (const { past, present, encoder: once } of CACHE) if (step === 0 || !once) cache[past] = output[present] as Tensor;
    }
    return tokens;
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
