/**
 * Whisper through smart-whisper's binding of whisper.cpp. The request sets the threads of a decode.
 * asr/whisper/whisperPolicy sets its parameters and decides about a second decode. Runs inside an inference
 * worker. Model: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision".
 */
import { EarmarkError } from '../../../../protocol/errors';
import type { DecodeRequest, AsrProvider, AsrResult } from '../../../asr/contract/provider';
import type { LoadedModelFiles } from '../../../models/modelFiles';
import { whisperInfo } from '../../../asr/contract/providerInfos';
import { LanguageLock } from '../../../asr/whisper/whisperLanguage';
import {
  BEAMS,
  SECOND_TEMPERATURE,
  SECOND_TEMPERATURE_STEP,
  type WhisperText,
  better,
  doubt,
  fittedWindow,
  maxTokens,
} from '../../../asr/whisper/whisperPolicy';
import { whisperPrompt } from '../../../asr/whisper/whisperPrompt';
import { type WhisperSegment, whisperWords } from '../../../asr/whisper/whisperWords';
import { estimateWordTimes, audioBounds } from '../../../asr/decoding/wordTimes';
import { SAMPLE_RATE } from '../../../audio/frame';
import {
  GPU_BUILDS,
  type WhisperBinding,
  type WhisperBuild,
  type WhisperModel,
  type WhisperParams,
  loadWhisperBinding,
} from './whisperBinding';
import { checkWhisperFile } from './whisperFile';
import { decodeCancelled, modelNotLoaded, phraseTooLong } from '../../../asr/contract/errors';

const MAX_SECONDS = 30;
/** whisper.cpp returns nothing for audio under a second. */
const MIN_SAMPLES = 1.1 * SAMPLE_RATE;
/**
 * The binding never answers if whisper.cpp refuses a file. The largest model takes about 10 s from
 * a slow disk.
 */
const LOAD_TIMEOUT_MS = 60_000;
/** −60 dBFS. */
const FAINT = 0.001;

type Loaded = {
  readonly binding: WhisperBinding;
  readonly model: WhisperModel;
  readonly multilingual: boolean;
  readonly threads: number;
};

export class WhisperProvider implements AsrProvider {
  readonly info = whisperInfo;
  private loaded: Loaded | undefined;
  private languages = new LanguageLock();
  /**
   * Settles when the thread of the last decode is free; a cancelled decode still runs to its end.
   */
  private busy: Promise<unknown> = Promise.resolve();

  /** @param bind loads the native binding; a bench replaces it to count calls */
  constructor(
    private readonly bind: () => {
      binding: WhisperBinding;
      build: WhisperBuild;
    } = loadWhisperBinding,
  ) {}

  async load(model: LoadedModelFiles, device: 'auto' | 'cpu' | 'gpu'): Promise<void> {
    await this.unload();
    const path = model.files['model'];
    const { multilingual } = await checkWhisperFile(path);
    const { binding, build } = this.bind();
    if (device === 'gpu' && !GPU_BUILDS.has(build))
      throw new EarmarkError(
        'engine.unavailable',
        'This build of Whisper cannot use a graphics processor. Set the device to cpu, ' +
          'or build Whisper as described in docs/whisper.md.',
      );
    const native = await withinTime(
      binding.WhisperModel.load(path as string, device !== 'cpu' && GPU_BUILDS.has(build)),
    );
    this.loaded = { binding, model: native, multilingual, threads: model.threads ?? 1 };
    this.languages = new LanguageLock();
  }

  async transcribe(
    pcm: Float32Array,
    options: DecodeRequest,
    signal?: AbortSignal,
  ): Promise<AsrResult> {
    const loaded = this.loaded;
    if (!loaded) throw modelNotLoaded();
    if (pcm.length > MAX_SECONDS * SAMPLE_RATE) throw phraseTooLong(MAX_SECONDS);
    const begun = performance.now();
    const { startMs, endMs } = audioBounds(pcm);
    // Text in silence must not cause a second decode, which would double the time until the engine
    // is ready.
    const audioMs = pcm.some((sample) => Math.abs(sample) >= FAINT) ? endMs - startMs : 0;
    const conversation = options.conversation ?? '';
    const wanted = options.language.split('-')[0]?.toLowerCase() ?? '';
    const detecting = loaded.multilingual && (wanted === '' || wanted === 'auto');
    const language = !loaded.multilingual
      ? 'en'
      : detecting
        ? this.languages.language(conversation)
        : wanted;
    const once = (params: Partial<WhisperParams>): Promise<WhisperText> =>
      this.decode(
        loaded,
        pcm,
        {
          ...paramsFor(options, language),
          n_threads: options.threads ?? loaded.threads,
          max_tokens: maxTokens(pcm.length),
          ...params,
        },
        signal,
      );
    const { purpose = 'final' } = options;
    let text = await once({
      audio_ctx: fittedWindow(pcm.length, purpose === 'trial' ? 0 : undefined),
    });
    if (purpose === 'final' && audioMs > 0 && doubt(text, audioMs))
      text = better(
        text,
        await once({
          audio_ctx: 0,
          temperature: SECOND_TEMPERATURE,
          temperature_inc: SECOND_TEMPERATURE_STEP,
          ...(text.language === '' ? {} : { language: text.language }),
        }),
        audioMs,
      );
    if (detecting)
      this.languages.observe(conversation, {
        language: text.language,
        confidence: text.confidence,
        audioMs,
      });
    return {
      text: text.text,
      words: text.words,
      confidence: text.confidence,
      language:
        wanted !== '' && !detecting && loaded.multilingual ? options.language : text.language,
      inferenceMs: performance.now() - begun,
    };
  }

  async unload(): Promise<void> {
    const loaded = this.loaded;
    this.loaded = undefined;
    await this.busy;
    await loaded?.model.free();
  }

  private async decode(
    { binding, model }: Loaded,
    pcm: Float32Array,
    params: WhisperParams,
    signal?: AbortSignal,
  ): Promise<WhisperText> {
    const turn = this.busy.then(() =>
      signal?.aborted ? [] : run(binding, model, lengthen(pcm), params),
    );
    this.busy = turn.catch(() => undefined);
    const segments = await orAborted(turn, signal);
    const { words, confidence, logProbability } = whisperWords(segments);
    return {
      text: words.map((word) => word.text).join(' '),
      words: estimateWordTimes(words, audioBounds(pcm)),
      confidence,
      logProbability,
      language: segments[0]?.lang ?? (params.language === 'auto' ? 'en' : params.language),
    };
  }
}

/** The user's own words and the nearest names; a longer prompt makes the decode slower. */
const PROMPT_PHRASES = 40;

function paramsFor(
  options: DecodeRequest,
  language: string,
): Omit<WhisperParams, 'max_tokens' | 'n_threads'> {
  const prompt = whisperPrompt([
    ...new Set([...(options.prompt ?? []), ...(options.phrases ?? []).slice(0, PROMPT_PHRASES)]),
  ]);
  return {
    strategy: (options.purpose ?? 'final') !== 'final' || options.effort === 'greedy' ? 0 : 1,
    beam_size: BEAMS,
    language,
    translate: options.translate === true,
    audio_ctx: 0,
    temperature: 0,
    temperature_inc: 0,
    best_of: 2,
    single_segment: true,
    no_timestamps: true,
    no_context: true,
    suppress_non_speech_tokens: true,
    ...(prompt === undefined ? {} : { initial_prompt: prompt }),
    format: 'detail',
  };
}

function run(
  binding: WhisperBinding,
  model: WhisperModel,
  pcm: Float32Array,
  params: WhisperParams,
): Promise<WhisperSegment[]> {
  const { handle } = model;
  if (!handle)
    throw new EarmarkError(
      'engine.unavailable',
      'The speech model was unloaded; try again in a moment.',
    );
  return new Promise((resolve, reject) =>
    binding.transcribe(
      handle,
      pcm,
      params,
      (result) =>
        result instanceof Error
          ? reject(
              new EarmarkError(
                'engine.crashed',
                'Whisper failed to decode this phrase. Earmark tries again.',
                { cause: result },
              ),
            )
          : resolve(result),
      () => undefined,
    ),
  );
}

async function withinTime(load: Promise<WhisperModel>): Promise<WhisperModel> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new EarmarkError(
            'model.incompatible',
            'Whisper cannot read this model file; run `earmark models pull` to fetch the right one.',
          ),
        ),
      LOAD_TIMEOUT_MS,
    );
  });
  return Promise.race([load, late]).finally(() => clearTimeout(timer));
}

/** A decode's thread cannot be stopped; after a cancel the caller does not wait for it. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(decodeCancelled());
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function lengthen(pcm: Float32Array): Float32Array {
  if (pcm.length >= MIN_SAMPLES) return pcm;
  const longer = new Float32Array(MIN_SAMPLES);
  longer.set(pcm, 0);
  return longer;
}
