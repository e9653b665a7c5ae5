/**
 * NVIDIA NeMo's FastConformer models as a recogniser: Parakeet (TDT and CTC) and the streaming
 * ones. Runs inside an inference worker. Model: Rekesh et al. 2023, "Fast Conformer with Linearly
 * Scalable Attention for Efficient Speech Recognition" (arXiv:2305.05084).
 */
import { EarmarkError } from '../../../../protocol/errors';
import { PhraseBias, TokenizedWords } from '../../../asr/decoding/phraseBias';
import type {
  DecodeRequest,
  AsrProvider,
  AsrResult,
  ProviderInfo,
  RecogniserStream,
} from '../../../asr/contract/provider';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import { nemoInfo } from '../../../asr/contract/providerInfos';
import { SAMPLE_RATE } from '../../../audio/frame';
import { joinSamples } from '../../../audio/pcm';
import { HOP } from './logMel';
import { type NemoModel, decodeWhole, openNemo } from './nemoModel';
import { NemoStream, tailOf } from './nemoStream';
import { PhraseStream } from './phraseStream';
import { wordsBefore, wordsBehind } from './seams';
import type { SearchOptions } from './transducerSearch';
import { type TimedToken, type WordOfTokens, confidenceOf, timedWords, wordsOf } from './words';

/** Longer input would need more memory, and the graphs know positions up to a limit. */
const MAX_SECONDS = 30;
/** Samples of zeros at the end that stand for no audio: less than a frame of the capture. */
const PADDING_SAMPLES = 320;
/** Half a step of 16-bit audio: digital silence, whose normalised features are noise. */
const SILENCE = 0.5 / 32_768;

interface Loaded {
  readonly model: NemoModel;
  readonly words: TokenizedWords;
}

export class NemoProvider implements AsrProvider {
  private loaded: Loaded | undefined;
  /** The last one; decodes of one dictation lean to the same phrases. */
  private bias: { readonly phrases: readonly string[]; readonly tree: PhraseBias } | undefined;

  /** Streaming depends on the model. */
  get info(): ProviderInfo {
    const streaming = this.loaded?.model.part.kind === 'streaming';
    return { ...nemoInfo, capabilities: { ...nemoInfo.capabilities, streaming } };
  }

  async load(model: LoadedModelFiles): Promise<void> {
    await this.unload();
    const opened = await openNemo(model);
    this.loaded = { model: opened, words: new TokenizedWords(opened.vocabulary) };
  }

  async transcribe(
    pcm: Float32Array,
    options: DecodeRequest,
    signal?: AbortSignal,
  ): Promise<AsrResult> {
    const { model } = this.required();
    if (pcm.length > MAX_SECONDS * SAMPLE_RATE)
      throw new EarmarkError(
        'rpc.invalidParams',
        `A phrase may last ${MAX_SECONDS} seconds at most.`,
      );
    if (signal?.aborted) throw new EarmarkError('rpc.cancelled', 'The decode was cancelled.');
    const begun = performance.now();
    const audio = withContext(withoutPadding(pcm), options);
    const decoded = isSilent(audio.pcm)
      ? []
      : await tokensOf(model, audio.pcm, { bias: this.biasOf(options.phrases) }, signal);
    const words = ownWords(decoded, model, audio, pcm.length);
    const offsetMs = -(audio.before * 1000) / SAMPLE_RATE;
    const audioMs = (pcm.length * 1000) / SAMPLE_RATE;
    const timed = timedWords(words, model.frameMs, offsetMs, audioMs);
    const tokens = words.flatMap((word) => word.tokens);
    return {
      text: timed.map(({ text }) => text).join(' '),
      words: timed,
      confidence: confidenceOf(tokens),
      uncalibrated: true,
      language: languageOf(model, options.language),
      inferenceMs: performance.now() - begun,
      tokens: tokens.map(({ id }) => id),
    };
  }

  /** Returns undefined for a model without a cache-aware encoder. */
  openStream(options: DecodeRequest): RecogniserStream | undefined {
    const { model } = this.required();
    if (model.part.kind !== 'streaming') return undefined;
    const search = { bias: this.biasOf(options.phrases) };
    return new PhraseStream(model, search, languageOf(model, options.language));
  }

  async unload(): Promise<void> {
    const { loaded } = this;
    this.loaded = undefined;
    this.bias = undefined;
    await loaded?.model.release();
  }

  private required(): Loaded {
    if (this.loaded) return this.loaded;
    throw new EarmarkError(
      'engine.unavailable',
      'The speech model is not loaded yet; try again in a moment.',
    );
  }

  private biasOf(phrases: readonly string[] = []): PhraseBias | undefined {
    if (phrases.length === 0) return undefined;
    const { bias } = this;
    if (
      bias?.phrases.length === phrases.length &&
      phrases.every((phrase, i) => phrase === bias.phrases[i])
    )
      return bias.tree;
    const tree = new PhraseBias(phrases, this.required().words);
    this.bias = { phrases, tree };
    return tree;
  }
}

/** What is decoded: the phrase with the audio around it, as far as both fit. */
interface ContextAudio {
  readonly pcm: Float32Array;
  /** Samples before the phrase. */
  readonly before: number;
  /** Tokens of the text before; undefined where its words are not known yet and count as well. */
  readonly tokens: readonly number[] | undefined;
}

function withContext(pcm: Float32Array, { context = {} }: DecodeRequest): ContextAudio {
  const { left: lead, right: tail } = context;
  const room = MAX_SECONDS * SAMPLE_RATE - pcm.length;
  // Encoder frames of the phrase stay where they would be without the lead.
  const grid = HOP * 8;
  const before = Math.floor(Math.min(lead?.pcm.length ?? 0, room) / grid) * grid;
  const parts = [
    ...(lead && before > 0 ? [lead.pcm.subarray(lead.pcm.length - before)] : []),
    pcm,
    ...(tail && tail.length <= room - before ? [tail] : []),
  ];
  return {
    pcm: parts.length === 1 ? pcm : joinSamples(parts),
    before,
    tokens: lead && lead.tokens.length > 0 ? lead.tokens : undefined,
  };
}

function ownWords(
  decoded: readonly TimedToken[],
  model: NemoModel,
  { before, tokens }: ContextAudio,
  samples: number,
): readonly WordOfTokens[] {
  const { vocabulary, frameMs, part } = model;
  const durations = part.kind !== 'ctc' && part.network.durations.length > 0;
  const words = wordsOf(decoded, vocabulary, durations);
  const frames = (count: number): number => (count * 1000) / SAMPLE_RATE / frameMs;
  const started =
    before > 0 && tokens ? wordsBehind(words, frames(before), tokens, vocabulary) : words;
  return wordsBefore(started, frames(before + samples));
}

async function tokensOf(
  model: NemoModel,
  pcm: Float32Array,
  options: SearchOptions,
  signal: AbortSignal | undefined,
): Promise<readonly TimedToken[]> {
  if (model.part.kind !== 'streaming') return decodeWhole(model, pcm, options, signal);
  const stream = new NemoStream(model, options, signal);
  await stream.push(pcm);
  await stream.push(tailOf(model));
  await stream.endInput();
  return stream.tokens;
}

/**
 * The last frame of a recording is filled up with zeros. The normalisation of features takes them
 * for the faintest audio there is, so they go.
 */
function withoutPadding(pcm: Float32Array): Float32Array {
  let end = pcm.length;
  while (end > 0 && pcm.length - end < PADDING_SAMPLES - 1 && pcm[end - 1] === 0) end--;
  return pcm.subarray(0, end);
}

function isSilent(pcm: Float32Array): boolean {
  return pcm.every((sample) => Math.abs(sample) < SILENCE);
}

/** The models do not tell the language; of one with English letters alone it is known. */
function languageOf({ vocabulary }: NemoModel, wanted: string): string {
  if (!vocabulary.multilingual) return wanted.split('-')[0] === 'en' ? wanted : 'en';
  return wanted === '' || wanted === 'auto' ? 'und' : wanted;
}
