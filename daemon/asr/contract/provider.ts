/**
 * The contract of a speech recogniser. An adapter only recognises. Partials, guards and fallback
 * are policy and belong to the engine.
 */
import type { LoadedModelFiles } from '../../models/modelFiles';

export interface ProviderInfo {
  readonly id: string;
  readonly name: string;
  readonly capabilities: {
    /** BCP 47 primary tags; `*` means many languages. */
    readonly languages: readonly string[];
    readonly streaming: boolean;
    readonly wordTimestamps: boolean;
    readonly prompt: boolean;
    readonly gpu: boolean;
    readonly translate: boolean;
  };
}

/** Device that runs a model. `auto` selects the fastest. */
export type DeviceChoice = 'auto' | 'cpu' | 'gpu';

export interface DecodeRequest {
  /** BCP 47, or `auto` if the engine can detect the language. */
  readonly language: string;
  /** Likely words, best first. Ignored by engines without a prompt. */
  readonly prompt?: readonly string[];
  /**
   * Phrases to boost, likeliest first. Engines with phrase boosting prefer them. Other engines take
   * the first phrases as a prompt, or ignore them.
   */
  readonly phrases?: readonly string[];
  /** Translate the text into English. Ignored by engines that cannot translate. */
  readonly translate?: boolean;
  /** Key of the language: with `auto` the language is detected once per key. */
  readonly conversation?: string;
  /**
   * Purpose of the text; default `final`. `partial`: shown briefly, so a recogniser may trade a few
   * errors for speed. `trial`: only tests whether any word is recognised.
   */
  readonly purpose?: DecodePurpose;
  /** How much work the decode may do; default `full`. Recognisers may ignore it. */
  readonly effort?: RequestEffort;
  /** Threads of this decode; default those of the model. Ignored if a load fixes them. */
  readonly threads?: number;
  /** Audio or tokens besides the samples. Ignored by recognisers that return no tokens. */
  readonly context?: DecodeContext;
}

export type DecodePurpose = 'final' | 'partial' | 'trial';

/** `single-pass`: a doubtful text is not decoded again. `greedy`: also no beam search. */
export type RequestEffort = 'full' | 'single-pass' | 'greedy';

export interface DecodeContext {
  /**
   * Audio right before the samples, with the tokens of its text. The result continues after them.
   * Without tokens, the result contains the words of both.
   */
  readonly left?: LeftContext;
  /**
   * Audio right after samples that were cut out of speech. The result does not contain its words.
   */
  readonly right?: Float32Array;
  /**
   * `tokens` of an earlier decode of this phrase or of its beginning. They save time; the text
   * changes only by rounding.
   */
  readonly draft?: readonly number[];
}

export interface LeftContext {
  /** 16 kHz mono, −1…1. */
  readonly pcm: Float32Array;
  readonly tokens: readonly number[];
}

export interface AsrWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0–1; absent if the recogniser gives none. */
  readonly confidence?: number;
  readonly timing: 'model' | 'estimated';
}

export interface AsrResult {
  readonly text: string;
  /** Times are relative to the start of the given audio. */
  readonly words: readonly AsrWord[];
  /** Mean probability of the tokens, 0–1; absent if the recogniser gives none. */
  readonly confidence?: number;
  /**
   * True if nobody compared the recogniser's confidence with its errors. No threshold judges it;
   * see `measuredConfidence`.
   */
  readonly uncalibrated?: boolean;
  readonly language: string;
  readonly inferenceMs: number;
  /** The text as tokens of the engine, for `context`. Absent if the engine cannot use them. */
  readonly tokens?: readonly number[];
  /** The recogniser's own judgement; if absent, `trustOf` derives it. */
  readonly trust?: Trust;
  /** Set if a silence guard removed the text: `text` and `words` are empty. Counted, not shown. */
  readonly rejected?: GuardKind;
}

/** Confidence that a threshold may judge; undefined if there is none. */
export function measuredConfidence({
  confidence,
  uncalibrated,
}: Pick<AsrResult, 'confidence' | 'uncalibrated'>): number | undefined {
  return uncalibrated ? undefined : confidence;
}

/**
 * Trust in a text. `low`: a text of incomplete audio is decoded again when its phrase ends. `high`:
 * later audio would not change the text, so a short phrase need not wait.
 */
export type Trust = 'low' | 'fair' | 'high';

/** Reason why a phrase was not decoded or its text was rejected (hallucination guards). */
export type GuardKind = 'tooShort' | 'tooQuiet' | 'loop' | 'knownSilencePhrase' | 'tooManyWords';

/** Text of the audio that a stream has decoded. */
export interface StreamedText {
  /** Complete words; they do not change. */
  readonly stable: string;
  /** The rest, which may change. */
  readonly unstable: string;
}

/** Recognition of one phrase while its audio arrives. */
export interface RecogniserStream {
  /**
   * @param pcm 16 kHz mono, −1…1; it follows the audio pushed before
   * @returns the text so far, when the audio is decoded
   * @throws EarmarkError audio.tooFast if too much audio waits, engine.crashed, engine.timeout,
   * engine.unavailable, rpc.cancelled after `close`
   */
  push(pcm: Float32Array): Promise<StreamedText>;
  /**
   * Ends the phrase.
   * @returns the text of all pushed audio
   * @throws EarmarkError as `push`
   */
  end(): Promise<AsrResult>;
  /** Discards the phrase. Does nothing after `end`. */
  close(): void;
}

export interface AsrProvider {
  readonly info: ProviderInfo;
  /** @throws EarmarkError model.missing, model.corrupt, model.incompatible, engine.unavailable */
  load(model: LoadedModelFiles, device: DeviceChoice): Promise<void>;
  /**
   * @param pcm 16 kHz mono, −1…1, at most 30 s
   * @throws EarmarkError engine.crashed, engine.timeout, rpc.cancelled
   */
  transcribe(pcm: Float32Array, options: DecodeRequest, signal?: AbortSignal): Promise<AsrResult>;
  /**
   * Starts a phrase. Returns undefined if the loaded model does not support streams, or cannot take
   * another one now.
   * @throws EarmarkError engine.unavailable
   */
  openStream?(options: DecodeRequest): RecogniserStream | undefined;
  unload(): Promise<void>;
}
