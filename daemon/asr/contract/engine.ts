/** What a session holds of speech recognition: engines, their leases, and the options of a decode. */
import type { RtfStats } from './decodeStats';
import type { AsrResult, DecodeRequest, DeviceChoice, RecogniserStream } from './provider';
import type { Disposable } from '../../base/disposable';
import type { Event } from '../../base/emitter';
import type { DegradationActions, DegradationLevel } from '../../degrade/degradation';
import type { SpeechDetectorFactory } from '../../vad/contract';

/**
 * Priority of a decode, highest first. A speculative decode is for a phrase that may be complete.
 * It takes an idle worker or the place of a partial, and yields to finals. A partial yields to
 * both.
 */
export type DecodePriority = 'final' | 'speculative' | 'partial';

export interface DecodeOptions extends DecodeRequest {
  readonly priority: DecodePriority;
  readonly sessionId: string;
  /** Time until the text is needed, in milliseconds from now. */
  readonly deadlineMs?: number;
  /** True for live speech: a late text counts as load. */
  readonly live?: boolean;
  /** Owner of the session. A team's decoders are shared fairly between owners. */
  readonly owner?: string;
  /** If true, a decode that timed out is repeated on another engine. */
  readonly retryOnOther?: boolean;
}

/** See RecogniserStream. After an error, the phrase is decoded as a whole instead. */
export interface EngineStream extends Pick<RecogniserStream, 'push' | 'close'> {
  /** @param pcm audio of the phrase; the silence guards judge it and the text */
  end(pcm: Float32Array): Promise<AsrResult>;
}

export interface EngineWarning {
  /**
   * `engine.failover`: the session changed to another engine or back to the preferred engine.
   * `engine.degraded`: the degradation level changed.
   */
  readonly code:
    | 'engine.restarted'
    | 'vad.fallback'
    | 'engine.unavailable'
    | 'engine.failover'
    | 'engine.degraded';
  readonly message: string;
}

/** Speed and memory of an engine at one time. */
export interface SpeechStatus {
  /** Real-time factor over the last decodes. */
  readonly recentRtf: number;
  /** Real-time factor over more decodes, with percentiles. */
  readonly rtf: RtfStats;
  /** Resident memory of the decoders as last reported, in bytes. */
  readonly rssBytes: number;
}

/**
 * Speech recognition with one model for all sessions that request it. It has one scheduler in front
 * of the workers.
 */
export interface SpeechEngine {
  readonly provider: string;
  readonly model: string;
  /**
   * Resolves when ready to decode; concurrent callers share a load.
   * @throws EarmarkError model.missing, model.corrupt, engine.unavailable, …
   */
  ready(): Promise<void>;
  /**
   * Queues a decode. A busy engine refuses speculative and partial decodes with `undefined`. A
   * decode that yields to another also resolves to `undefined`.
   */
  decode(
    pcm: Float32Array,
    options: DecodeOptions,
    signal?: AbortSignal,
  ): Promise<AsrResult | undefined>;
  /**
   * Starts a phrase that is decoded while its audio arrives. Resolves to undefined if the model
   * does not support streams, or the engine is not loaded or too busy.
   * @throws EarmarkError engine.*
   */
  openStream?(options: DecodeOptions): Promise<EngineStream | undefined>;
  /** True if the engine would accept a partial now. */
  readonly idle: boolean;
  readonly status: SpeechStatus;
  readonly detectors: SpeechDetectorFactory;
  readonly onDidWarn: Event<EngineWarning>;
}

/** What decodes the phrases of a source. */
export type PhraseEngine = Pick<SpeechEngine, 'ready' | 'decode' | 'openStream' | 'idle'>;

/** A choice of engine. The daemon chooses parts that are absent or `auto`. */
export interface EngineChoice {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly device?: DeviceChoice | undefined;
}

/** A session's request for an engine. */
export interface EngineRequest extends EngineChoice {
  /** A person waits for the text of each phrase: the daemon chooses a quick engine. */
  readonly dictation?: boolean | undefined;
  /** BCP 47. */
  readonly language: string;
  /** Likely words, best first, for every decode. Ignored by engines without a prompt. */
  readonly vocabulary?: readonly string[] | undefined;
  readonly translate?: boolean | undefined;
  /** Returns `phrases` of a DecodeRequest. Called for each decode, because the list may grow. */
  readonly phrases?: (() => readonly string[]) | undefined;
  /** Audio arrives at the speed of speech. */
  readonly live: boolean;
  /** Network user that owns the session. */
  readonly owner?: string | undefined;
}

/**
 * An engine held by a session until it is disposed. An engine without holders is unloaded after a
 * while. If a decode fails or is too slow, a fallback engine decodes it.
 */
export interface EngineLease extends SpeechEngine, Disposable {
  /** Current degradation level of recognition; it decides which work is switched off. */
  readonly degradationLevel: DegradationLevel;
  readonly actions: DegradationActions;
  /**
   * Id of the best model of several languages for this machine, while the current model recognises
   * English alone. Undefined if the current model recognises more.
   */
  readonly multilingual?: string | undefined;
  /**
   * Changes to another engine while the session runs. Resolves when the engine is loaded and
   * decodes the next phrase; phrases that are being decoded finish on the former engine. On an
   * error, the former engine stays.
   * @throws EarmarkError engine.unavailable, model.unknown, model.missing, engine.language, …
   */
  change(choice: EngineChoice): Promise<void>;
  /** The preferred engine is another one; `provider` and `model` name it. */
  readonly onDidChange: Event<void>;
}

export interface SpeechEngines {
  /**
   * Returns the engine for a request; equal requests share an engine. Does not load it.
   * @throws EarmarkError engine.unavailable, model.unknown, engine.language
   */
  open(request: EngineRequest): EngineLease;
}
