/**
 * The contract of a speech recogniser. An adapter only recognises; policy (partials, guards,
 * failover) is elsewhere.
 */

export interface ProviderInfo {
  readonly id: string;
  readonly name: string;
  readonly capabilities: {
    /** BCP 47 primary tags; `*` for many. */
    readonly languages: readonly string[];
    readonly streaming: boolean;
    readonly wordTimestamps: boolean;
    readonly prompt: boolean;
    readonly gpu: boolean;
    readonly translate: boolean;
  };
}

/** Files of a model that is on disk and verified. */
export interface LoadedModelFiles {
  readonly id: string;
  /** Role (`encoder`, `decoder`, `model`) → absolute path. */
  readonly files: Readonly<Record<string, string>>;
  /** Memory of a worker that has it loaded; absent where it is not known. */
  readonly residentBytes?: number;
  /** Where an engine may keep what makes the next load faster. It checks what it finds there. */
  readonly cache?: {
    /** Absolute; of this model alone. */ readonly folder: string;
    /** Changes with the files. */ readonly revision: string;
  };
}

/** Where a model runs. `auto`: where it runs fastest. */
export type DeviceChoice = 'auto' | 'cpu' | 'gpu';

export interface DecodeRequest {
  /** BCP 47, or `auto` where the engine can find it out. */
  readonly language: string;
  /** Words that are likely, best first. Ignored where the engine has no prompt. */
  readonly prompt?: readonly string[];
  /**
   * Phrases that are likelier than in everyday speech, likeliest first. An engine whose tokens are
   * chosen here leans towards them; others take the first as a prompt, or ignore them.
   */
  readonly phrases?: readonly string[];
  /** Put the text into English. Ignored where the engine cannot. */
  readonly translate?: boolean;
  /** Key of the language: with `auto` the language is detected once per key. */
  readonly conversation?: string;
  /**
   * What the text is for; `final` where absent. `partial`: shown for a moment, so a recogniser may
   * trade a few errors for speed. `trial`: only whether any word is recognised counts.
   */
  readonly purpose?: DecodePurpose;
  /** How much work the decode may do; `full` where absent. May be ignored. */
  readonly effort?: RequestEffort;
  /** What is known beside the samples. Ignored by recognisers that return no tokens. */
  readonly context?: DecodeContext;
}

export type DecodePurpose = 'final' | 'partial' | 'trial';

/**
 * `single-pass`: a doubted text is not decoded a second time. `greedy`: no search for likelier
 * texts either.
 */
export type RequestEffort = 'full' | 'single-pass' | 'greedy';

export interface DecodeContext {
  /**
   * Audio right before the samples with the tokens of its text. The result continues behind them.
   * Without tokens, the result holds the words of both.
   */
  readonly left?: LeftContext;
  /** Audio right behind samples that were cut out of speech. Its words are not in the result. */
  readonly right?: Float32Array;
  /**
   * `tokens` of an earlier decode of the same phrase or of its beginning. They save time and change
   * no text but for rounding.
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
  readonly confidence: number;
  readonly timing: 'model' | 'estimated';
}

export interface AsrResult {
  readonly text: string;
  /** Times count from the start of the given audio. */
  readonly words: readonly AsrWord[];
  /** 0–1, mean probability of the tokens. */
  readonly confidence: number;
  readonly language: string;
  readonly inferenceMs: number;
  /**
   * The text in the engine's own tokens, for `context`; absent where the engine has no use
   * for them.
   */
  readonly tokens?: readonly number[];
  /**
   * How far the engine trusts the text, by its own measure. `low`: one of audio that was not
   * complete is decoded again when its phrase is over. `high`: nothing that follows would change
   * it, so a short phrase need not wait for more.
   */
  readonly trust?: 'low' | 'high';
  /**
   * Set when a silence guard took the text away: `text` is empty and `words` has none. Counted, not
   * shown.
   */
  readonly rejected?: GuardKind;
}

/** Why a phrase was not decoded, or its text not believed (hallucination guards). */
export type GuardKind = 'tooShort' | 'tooQuiet' | 'loop' | 'knownSilencePhrase' | 'tooManyWords';

export interface AsrStream {
  push(pcm: Float32Array): void;
  flush(): Promise<void>;
  close(): Promise<void>;
  readonly events: AsyncIterable<{
    readonly kind: 'partial' | 'final';
    readonly result: AsrResult;
  }>;
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
  /** undefined where the loaded model cannot. */
  stream?(options: DecodeRequest): AsrStream | undefined;
  unload(): Promise<void>;
}
