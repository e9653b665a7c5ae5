/**
 * Moonshine, tiny or base, in ONNX Runtime as a recogniser. Runs inside an inference worker. Model:
 * Jeffries et al. 2024, "Moonshine: Speech Recognition for Live Transcription and Voice Commands".
 */
import type { InferenceSession } from 'onnxruntime-node';
import type {
  DecodeRequest,
  AsrProvider,
  AsrResult,
  LeftContext,
} from '../../../asr/contract/provider';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import { moonshineInfo } from '../../../asr/contract/providerInfos';
import { PhraseBias, TokenizedWords } from '../../../asr/decoding/phraseBias';
import { redecodeSlowed, slower } from '../../../asr/decoding/slowedRedecode';
import { alignAtSeam } from '../../../asr/decoding/cutWords';
import {
  type PieceDecoder,
  type ScoredToken,
  meanProbability,
  tokensToWords,
} from '../../../asr/decoding/tokenWords';
import { estimateWordTimes, audioBounds } from '../../../asr/decoding/wordTimes';
import { SAMPLE_RATE } from '../../../audio/frame';
import { joinSamples } from '../../../audio/pcm';
import { type MoonshineModel, decodePhrase, decoderShape, tokenLimit } from './moonshineDecode';
import { crossMaker, stepMaker } from './moonshineGraph';
import { loadOrt, openModel } from '../graphs/onnx';
import { modelNotLoaded, phraseTooLong } from '../../../asr/contract/errors';

const MAX_SECONDS = 30;
/** Beam width of the search; wider gains nothing. */
const SEARCH_WIDTH = 2;
/**
 * Mean token probabilities of a phrase, chosen on LibriSpeech sessions: one in nine phrases is
 * below the first; half of the short phrases are above the second.
 */
const LOW_TRUST = 0.75;
const HIGH_TRUST = 0.9;

type Loaded = MoonshineModel & { readonly pieces: PieceDecoder; readonly words: TokenizedWords };

export class MoonshineProvider implements AsrProvider {
  readonly info = moonshineInfo;
  private loaded: Loaded | undefined;
  /** Bias of the last decode; decodes of one dictation use the same phrases. */
  private bias: { readonly phrases: readonly string[]; readonly tree: PhraseBias } | undefined;

  async load(model: LoadedModelFiles): Promise<void> {
    await this.unload();
    const ort = await loadOrt();
    const opened: InferenceSession[] = [];
    const open = async (...wanted: Parameters<typeof openModel>): Promise<InferenceSession> => {
      const session = await openModel(...wanted);
      opened.push(session);
      return session;
    };
    try {
      const encoder = await open(model.files['encoder'], 'encoder', ['input_values'], {
        kept: model,
      });
      const cross = await open(model.files['decoder'], 'cross', [], {
        kept: model,
        maker: crossMaker,
      });
      const decoder = await open(model.files['decoder'], 'decoder', [], {
        kept: model,
        maker: stepMaker,
      });
      const pieces = (await import('llama-tokenizer-js')).default;
      this.loaded = {
        ort,
        encoder,
        cross,
        decoder,
        shape: decoderShape(decoder),
        pieces,
        words: new TokenizedWords(pieces),
      };
    } catch (error) {
      for (const session of opened) await session.release();
      throw error;
    }
  }

  async transcribe(
    pcm: Float32Array,
    options: DecodeRequest,
    signal?: AbortSignal,
  ): Promise<AsrResult> {
    const model = this.loaded;
    if (!model) throw modelNotLoaded();
    if (pcm.length > MAX_SECONDS * SAMPLE_RATE) throw phraseTooLong(MAX_SECONDS);
    const begun = performance.now();
    const alone = pcm.length === 0 ? [] : await this.recognise(model, pcm, options, signal);
    const tokens =
      alone.length === 0 ? alone : await this.withRight(model, pcm, alone, options, signal);
    const words = tokensToWords(tokens, model.pieces);
    const confidence = meanProbability(tokens);
    return {
      text: words.map((w) => w.text).join(' '),
      words: estimateWordTimes(words, audioBounds(pcm)),
      confidence,
      trust: confidence < LOW_TRUST ? 'low' : confidence >= HIGH_TRUST ? 'high' : 'fair',
      language: options.language.split('-')[0] === 'en' ? options.language : 'en',
      inferenceMs: performance.now() - begun,
      tokens: tokens.map(({ id }) => id),
    };
  }

  private recognise(
    model: Loaded,
    pcm: Float32Array,
    options: DecodeRequest,
    signal: AbortSignal | undefined,
  ): Promise<readonly ScoredToken[]> {
    const { left } = options.context ?? {};
    const bias = this.biasOf(model, options.phrases);
    const once = (
      audio: DecodeInput,
      draft = options.context?.draft,
    ): Promise<readonly ScoredToken[]> =>
      decode(model, audio, withDraft(options, draft), bias, signal);
    if (options.effort === 'single-pass' || isGreedy(options)) return once({ pcm, left });
    const again = (first: readonly ScoredToken[]): Promise<readonly ScoredToken[]> => {
      // Audio that is already text does not improve this decode (secondHearing.ts); only undecoded
      // audio is added.
      const slow = {
        pcm: slower(pcm),
        left: left?.tokens.length === 0 ? { ...left, pcm: slower(left.pcm) } : undefined,
      };
      return fits(slow)
        ? once(
            slow,
            first.map(({ id }) => id),
          )
        : Promise.resolve(first);
    };
    return redecodeSlowed(
      (first) => (first ? again(first) : once({ pcm, left })),
      (samplesOf({ pcm, left }) * 1000) / SAMPLE_RATE,
      () => performance.now(),
    );
  }

  /** Decodes again with the following audio, if both fit into one decode. */
  private async withRight(
    model: Loaded,
    pcm: Float32Array,
    alone: readonly ScoredToken[],
    options: DecodeRequest,
    signal: AbortSignal | undefined,
  ): Promise<readonly ScoredToken[]> {
    const { right, left } = options.context ?? {};
    const whole = right && joinSamples([pcm, right]);
    if (!whole || !fits({ pcm: whole, left })) return alone;
    const joint = await this.recognise(
      model,
      whole,
      withDraft(
        options,
        alone.map(({ id }) => id),
      ),
      signal,
    );
    return alignAtSeam(alone, joint, model.pieces);
  }

  private biasOf({ words }: Loaded, phrases: readonly string[] = []): PhraseBias | undefined {
    if (phrases.length === 0) return undefined;
    const known = this.bias;
    if (
      known &&
      known.phrases.length === phrases.length &&
      phrases.every((phrase, i) => phrase === known.phrases[i])
    )
      return known.tree;
    const tree = new PhraseBias(phrases, words);
    this.bias = { phrases, tree };
    return tree;
  }

  async unload(): Promise<void> {
    const model = this.loaded;
    this.loaded = undefined;
    this.bias = undefined;
    await model?.encoder.release();
    await model?.cross.release();
    await model?.decoder.release();
  }
}

interface DecodeInput {
  readonly pcm: Float32Array;
  readonly left: LeftContext | undefined;
}

async function decode(
  model: Loaded,
  { pcm, left }: DecodeInput,
  options: DecodeRequest,
  bias: PhraseBias | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly ScoredToken[]> {
  const { draft = [] } = options.context ?? {};
  // If a lead gave no words, its words are expected now.
  const undecoded = left?.tokens.length === 0 ? left.pcm.length : 0;
  const search = {
    width: isGreedy(options) ? 1 : SEARCH_WIDTH,
    maxTokens: tokenLimit(pcm.length + undecoded),
    signal,
    bias,
  };
  // A phrase that is too long with its lead is decoded without it.
  if (!left || !fits({ pcm, left })) return decodePhrase(model, { pcm, given: [], draft, search });
  return decodePhrase(model, {
    pcm: joinSamples([left.pcm, pcm]),
    given: withoutEnd(left.tokens, model.pieces),
    draft,
    search,
  });
}

function samplesOf({ pcm, left }: DecodeInput): number {
  return (left?.pcm.length ?? 0) + pcm.length;
}

function fits(audio: DecodeInput): boolean {
  return samplesOf(audio) <= MAX_SECONDS * SAMPLE_RATE;
}

/** True for greedy decoding. */
function isGreedy({ purpose = 'final', effort }: DecodeRequest): boolean {
  return effort === 'greedy' || purpose !== 'final';
}

function withDraft(request: DecodeRequest, draft: readonly number[] | undefined): DecodeRequest {
  return draft ? { ...request, context: { ...request.context, draft } } : request;
}

/**
 * Removes a final full stop, which the model adds wherever a phrase is cut; the next phrase would
 * then begin a new sentence.
 */
function withoutEnd(tokens: readonly number[], pieces: PieceDecoder): readonly number[] {
  const last = tokens.at(-1);
  return last !== undefined && pieces.vocabById[last] === '.' ? tokens.slice(0, -1) : tokens;
}
