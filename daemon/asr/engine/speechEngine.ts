/**
 * The speech engine: policy over decoders (inference workers or recognisers in this process). It
 * loads the first decoder with the speech detector. It starts more decoders when phrases wait and
 * stops idle ones. It applies the guards, decodes a phrase again after a crash, and reports an
 * unrecoverable failure.
 */
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import { SAMPLE_RATE } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import { Emitter, type Event } from '../../base/emitter';
import type {
  DecodeOptions,
  DecodePriority,
  EngineStream,
  EngineWarning,
} from '../contract/engine';
import { type LifecycleName, ModelLifecycle } from '../../models/lifecycle';
import type { SpeechDetectorFactory } from '../../vad/contract';
import { DecodeScheduler } from './decodeScheduler';
import { DecodeStats } from '../contract/decodeStats';
import {
  type GuardOptions,
  defaultGuardOptions,
  guardAudio,
  guardText,
  reject,
} from '../decoding/guards';
import type { DecodeSlot } from './phraseQueue';
import type {
  AsrResult,
  DecodeRequest,
  DeviceChoice,
  GuardKind,
  RecogniserStream,
} from '../contract/provider';
import { EngineStreams } from './engineStreams';
import type {
  EngineStatus,
  InferenceWorkerHealth,
  ManagedSpeechEngine,
} from '../contract/speechEngineApi';
import { noSpeechEngine } from '../contract/errors';
import { markTokens, withOwnTokens } from '../decoding/ownTokens';
import { retryRule } from './retries';

/** A decoder that can be started and stopped repeatedly. */
export interface Decoder extends DecodeSlot {
  /**
   * Loads.
   * @throws EarmarkError model.*, engine.*
   */
  start(): Promise<void>;
  stop(): void;
  health(): InferenceWorkerHealth;
  /**
   * Starts a phrase that is decoded while its audio arrives. Resolves to undefined if the model
   * does not support streams.
   * @throws EarmarkError engine.*
   */
  openStream?(options: DecodeRequest): Promise<RecogniserStream | undefined>;
}

/**
 * Hosts the speech detector. While it is unavailable, detectors reject and their users fall back.
 */
export interface DetectorService extends SpeechDetectorFactory {
  start(): Promise<void>;
  stop(): void;
  health(): readonly InferenceWorkerHealth[];
}

export interface SpeechEngineSetup {
  readonly clock: Clock;
  readonly provider: string;
  readonly model: string;
  readonly device?: DeviceChoice;
  /**
   * A short recording of real speech. The engine is ready only if it recognises words in it.
   * Without it, silence alone warms the engine up.
   */
  readonly warmUp?: () => Promise<Float32Array>;
  /** True if no engine decodes now, so that the warm-up measures this machine. Default: false. */
  readonly quiet?: () => boolean;
  /**
   * Judges the real-time factor of the warm-up phrase.
   * @throws EarmarkError engine.unavailable if the engine must not be used
   */
  readonly prove?: (rtf: number) => Promise<void>;
  /** Resolves to true if the warm-up phrase is in a language of the model. Default: true. */
  readonly expectsWords?: () => Promise<boolean>;
  /** At most one for each core. `ready` loads the first; waiting phrases start the others. */
  readonly decoders: readonly Decoder[];
  readonly detectors: DetectorService;
  /** Fires when a worker died and was restarted. */
  readonly onDidRestart?: Event<{ readonly name: string }>;
  /** Fires when the decoders died too often; none of them restarts by itself. */
  readonly onDidFail?: Event<EarmarkError>;
  readonly guards?: GuardOptions;
  /** An extra decoder that is idle for this long is stopped to free its memory. */
  readonly stopIdleMs?: number;
  /**
   * After an engine failure, `ready` refuses for this long, so that a retry loop does not keep
   * starting the engine.
   */
  readonly coolDownMs?: number;
}

const STOP_IDLE_MS = 60_000;
const COOL_DOWN_MS = 15_000;
/** Number of decodes of `recentRtf`. */
const RTF_DECODES = 32;
const MAX_COOL_DOWN_MS = 300_000;

export function createSpeechEngine(setup: SpeechEngineSetup): ManagedSpeechEngine {
  return new Engine(setup);
}

class Engine implements ManagedSpeechEngine {
  private readonly rejected: Record<GuardKind, number> = {
    tooShort: 0,
    tooQuiet: 0,
    loop: 0,
    knownSilencePhrase: 0,
    tooManyWords: 0,
  };
  private readonly lifecycle: ModelLifecycle;
  /** The load in progress; all callers wait for the same promise. */
  private loading: Promise<void> | undefined;
  private readonly scheduler: DecodeScheduler<Decoder>;
  private readonly store = new DisposableStore();
  private readonly warned = this.store.add(new Emitter<EngineWarning>());
  private readonly streams = new EngineStreams<Decoder>();
  private readonly stats = new DecodeStats();
  private lastUseMs: number;
  private warmUpRtf: number | undefined;
  /** Failed loads in a row. */
  private failures = 0;
  /** Started and starting decoders. */
  private readonly running = new Map<Decoder, { lastUse: number }>();
  /** The change to other model files in progress. */
  private swapping: Promise<void> | undefined;
  /** Failed decoders with the time of failure; they are not started during the cool-down. */
  private readonly lost = new Map<Decoder, number>();
  private idleTimer: Disposable | undefined;
  private disposed = false;
  readonly onDidWarn = this.warned.event;

  constructor(private readonly setup: SpeechEngineSetup) {
    this.lifecycle = this.store.add(new ModelLifecycle(setup.clock));
    this.lastUseMs = setup.clock.now();
    this.scheduler = new DecodeScheduler(
      setup.clock,
      () => this.grow(),
      undefined,
      (decoder, error) => this.decoded(decoder, error),
    );
    const restarted = setup.onDidRestart?.(({ name }) => {
      this.lifecycle.note(
        'engine.crashed',
        `The inference worker ${name} stopped and was restarted.`,
      );
      this.warned.fire({
        code: 'engine.restarted',
        message: 'Speech recognition stopped and was restarted. Nothing is lost.',
      });
    });
    if (restarted) this.store.add(restarted);
    // Even an idle service reports its failure at once.
    const failed = setup.onDidFail?.((error) => this.fail(error));
    if (failed) this.store.add(failed);
  }

  get provider(): string {
    return this.setup.provider;
  }
  get model(): string {
    return this.setup.model;
  }
  get device(): DeviceChoice {
    return this.setup.device ?? 'auto';
  }
  get status(): EngineStatus {
    const { lifecycle, scheduler, setup, warmUpRtf } = this;
    const state = lifecycle.current;
    return {
      state: state.kind,
      ...(state.kind === 'READY' ? { loadMs: state.loadMs } : {}),
      ...(state.kind === 'READY' && state.warmUpMs !== undefined
        ? { warmUpMs: state.warmUpMs }
        : {}),
      ...(state.kind === 'ERROR' ? { error: state.message } : {}),
      ...(warmUpRtf === undefined ? {} : { measuredRtf: warmUpRtf }),
      errors: lifecycle.errors,
      recentRtf: this.stats.mean(RTF_DECODES),
      rtf: this.stats.metrics(),
      queuedMs: scheduler.queuedMs,
      queue: scheduler.health,
      rssBytes: setup.decoders.reduce((sum, decoder) => sum + (decoder.health().rssBytes ?? 0), 0),
      lastUseMs: this.lastUseMs,
      rejected: this.rejected,
    };
  }
  get onDidChangeState(): ManagedSpeechEngine['onDidChangeState'] {
    return this.lifecycle.onDidChange;
  }
  get detectors(): SpeechDetectorFactory {
    return this.setup.detectors;
  }
  get idle(): boolean {
    return this.state === 'READY' && this.scheduler.idle;
  }
  private get state(): LifecycleName {
    return this.lifecycle.current.kind;
  }

  workers(): readonly InferenceWorkerHealth[] {
    return [
      ...this.setup.detectors.health(),
      ...this.setup.decoders.map((decoder) => decoder.health()),
    ];
  }

  ready(): Promise<void> {
    const state = this.lifecycle.current;
    if (this.disposed) return Promise.reject(gone());
    this.lastUseMs = this.setup.clock.now();
    if (state.kind === 'READY') return Promise.resolve();
    if (this.loading) return this.loading;
    if (
      state.kind === 'ERROR' &&
      state.code === 'engine.unavailable' &&
      this.setup.clock.now() - state.sinceMs < this.coolDownMs
    )
      return Promise.reject(new EarmarkError(state.code, state.message));
    return this.load();
  }

  /** Doubles with each failure in a row. */
  private get coolDownMs(): number {
    const first = this.setup.coolDownMs ?? COOL_DOWN_MS;
    return Math.min(Math.max(first, MAX_COOL_DOWN_MS), first * 2 ** (this.failures - 1));
  }

  retry(): Promise<void> {
    if (this.disposed) return Promise.reject(gone());
    return this.state === 'ERROR' && !this.loading ? this.load() : this.ready();
  }

  unload(): void {
    if (this.disposed || !this.lifecycle.to({ kind: 'UNLOADING' })) return;
    this.scheduler.rejectAll(
      new EarmarkError(
        'engine.unavailable',
        'The speech engine was unloaded; try again in a moment.',
      ),
    );
    this.release();
    this.lifecycle.to({ kind: 'UNINITIALIZED' });
  }

  swap(): Promise<void> {
    this.swapping ??= this.exchange().finally(() => (this.swapping = undefined));
    return this.swapping;
  }

  async decode(
    pcm: Float32Array,
    options: DecodeOptions,
    signal?: AbortSignal,
  ): Promise<AsrResult | undefined> {
    const { priority, sessionId, deadlineMs, live, owner: _owner, retryOnOther, ...asr } = options;
    const audioMs = (pcm.length * 1000) / SAMPLE_RATE;
    const guards = this.setup.guards ?? defaultGuardOptions;
    if (priority !== 'final' && this.state !== 'READY') return undefined;
    const early = guardAudio(pcm, guards);
    if (early)
      return this.reject(
        { confidence: 0, language: asr.language, inferenceMs: 0 },
        early,
        priority,
      );
    if (priority === 'final') await this.ready();
    const result = await this.decodeTwice(
      {
        pcm,
        options: withOwnTokens(
          {
            ...asr,
            conversation: sessionId,
            ...(priority === 'partial' ? { purpose: 'partial' as const } : {}),
          },
          this.model,
        ),
        priority,
        sessionId,
        ...(live === undefined ? {} : { live }),
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
      },
      signal,
      retryOnOther ?? false,
    );
    if (!result) return undefined;
    markTokens(result, this.model);
    this.lastUseMs = this.setup.clock.now();
    this.stats.add({ atMs: this.lastUseMs, inferenceMs: result.inferenceMs, audioMs });
    const late = guardText(result, pcm, guards);
    return late ? this.reject(result, late, priority) : result;
  }

  async openStream({
    sessionId,
    priority: _priority,
    deadlineMs: _deadlineMs,
    live: _live,
    owner: _owner,
    retryOnOther: _retryOnOther,
    ...request
  }: DecodeOptions): Promise<EngineStream | undefined> {
    if (this.state !== 'READY') return undefined;
    this.lastUseMs = this.setup.clock.now();
    const stream = await this.streams.open([...this.running.keys()], {
      ...request,
      conversation: sessionId,
    });
    if (!stream) return undefined;
    return {
      push: (pcm) => {
        this.lastUseMs = this.setup.clock.now();
        return stream.push(pcm);
      },
      end: async (pcm) => {
        const guards = this.setup.guards ?? defaultGuardOptions;
        const early = guardAudio(pcm, guards);
        if (early) {
          stream.close();
          const nothing = { confidence: 0, language: request.language, inferenceMs: 0 };
          return this.reject(nothing, early, 'final');
        }
        const result = markTokens(await stream.end(), this.model);
        const audioMs = (pcm.length * 1000) / SAMPLE_RATE;
        this.lastUseMs = this.setup.clock.now();
        this.stats.add({ atMs: this.lastUseMs, inferenceMs: result.inferenceMs, audioMs });
        const late = guardText(result, pcm, guards);
        return late ? this.reject(result, late, 'final') : result;
      },
      close: () => stream.close(),
    };
  }

  dispose(): void {
    if (this.disposed) return;
    this.lifecycle.to({ kind: 'UNLOADING' });
    this.disposed = true;
    this.scheduler.rejectAll(gone());
    this.release();
    this.lifecycle.to({ kind: 'UNINITIALIZED' });
    this.store.dispose();
  }

  /** Stops every decoder and the detector. */
  private release(): void {
    this.loading = undefined;
    this.idleTimer?.dispose();
    this.idleTimer = undefined;
    for (const decoder of this.running.keys()) this.scheduler.removeSlot(decoder);
    this.running.clear();
    for (const decoder of this.setup.decoders) decoder.stop();
    this.setup.detectors.stop();
  }

  private reject(
    result: Omit<AsrResult, 'text' | 'words'>,
    kind: GuardKind,
    priority: DecodePriority,
  ): AsrResult {
    if (priority === 'final') this.rejected[kind]++;
    return reject(result, kind);
  }

  /** Decodes a phrase again at once as `retries` says. */
  private async decodeTwice(
    request: Parameters<DecodeScheduler['run']>[0],
    signal: AbortSignal | undefined,
    retryOnOther: boolean,
  ): Promise<AsrResult | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.scheduler.run(request, signal);
      } catch (error) {
        const rule = retryRule(error);
        const again = retryOnOther ? rule.againBeforeNext : rule.again;
        if (attempt > again || request.priority !== 'final' || this.state !== 'READY') throw error;
      }
    }
  }

  private load(): Promise<void> {
    const begun = this.setup.clock.now();
    const first = this.setup.decoders[0];
    this.lifecycle.to({ kind: 'LOADING', sinceMs: begun });
    this.streams.modelChanged();
    const done: Promise<void> = (async () => {
      if (!first) throw noSpeechEngine();
      // Without the detector, segmentation uses loudness, so a detector failure is not an engine
      // failure.
      const detectors = this.setup.detectors.start().catch(() => undefined);
      await this.startDecoder(
        first,
        () =>
          this.loading === done &&
          this.lifecycle.to({ kind: 'WARMING_UP', sinceMs: this.setup.clock.now() }),
      );
      await detectors;
    })().then(
      () => {
        if (this.loading !== done) throw gone();
        this.loading = undefined;
        this.failures = 0;
        const now = this.setup.clock.now();
        const warming = this.lifecycle.current;
        this.lifecycle.to({
          kind: 'READY',
          loadMs: now - begun,
          ...(warming.kind === 'WARMING_UP' ? { warmUpMs: now - warming.sinceMs } : {}),
        });
      },
      (cause: unknown) => {
        const error =
          cause instanceof EarmarkError
            ? cause
            : new EarmarkError(
                'engine.unavailable',
                'Could not start speech recognition; run `earmark doctor` to see why.',
                { cause },
              );
        if (this.loading === done) {
          this.loading = undefined;
          this.fail(error);
        }
        throw error;
      },
    );
    this.loading = done;
    // Every caller of ready() has this promise too. This handler prevents an unhandled rejection if
    // nobody waits.
    done.catch(() => undefined);
    return done;
  }

  /**
   * Loads, then warms up with a second of silence and a real phrase. The engine allocates its
   * memory during the silence.
   */
  private async startDecoder(
    decoder: Decoder,
    onLoaded: () => void = () => undefined,
  ): Promise<void> {
    const entry = { lastUse: this.setup.clock.now() };
    this.running.set(decoder, entry);
    try {
      await decoder.start();
      onLoaded();
      await this.warmUp(decoder);
    } catch (error) {
      if (this.running.get(decoder) === entry) this.running.delete(decoder);
      this.lost.set(decoder, this.setup.clock.now());
      decoder.stop();
      throw error;
    }
    if (this.running.get(decoder) === entry) this.scheduler.addSlot(decoder);
    else decoder.stop();
  }

  /** @throws EarmarkError model.incompatible if no word is recognised */
  private async warmUp(decoder: Decoder): Promise<void> {
    const { signal } = new AbortController();
    const decode = (pcm: Float32Array): Promise<AsrResult> =>
      decoder.transcribe(pcm, { language: 'en', purpose: 'trial' }, signal);
    await decode(new Float32Array(SAMPLE_RATE));
    const phrase = await this.setup.warmUp?.();
    if (!phrase) return;
    const quiet = this.setup.quiet?.() ?? false;
    const { text, inferenceMs } = await decode(phrase);
    const rtf = (inferenceMs * SAMPLE_RATE) / (phrase.length * 1000);
    if (quiet) this.warmUpRtf = Math.min(this.warmUpRtf ?? Infinity, rtf);
    await this.setup.prove?.(rtf);
    if (text === '' && ((await this.setup.expectsWords?.()) ?? true))
      throw new EarmarkError(
        'model.incompatible',
        `The model ${this.setup.model} loads but recognises nothing in the test ` +
          `phrase. Run "earmark models verify ${this.setup.model}", or choose another ` +
          'one.',
      );
  }

  /**
   * Replaces the model files: each decoder in turn finishes its decode and reloads. With a spare
   * decoder, no phrase waits.
   */
  private async exchange(): Promise<void> {
    await this.loading;
    if (this.state !== 'READY') return;
    this.streams.modelChanged();
    const old = [...this.running.keys()];
    const spare = this.setup.decoders.find((decoder) => !this.running.has(decoder));
    if (spare) await this.startDecoder(spare);
    for (const [i, decoder] of old.entries()) {
      const entry = this.running.get(decoder);
      if (!entry) continue;
      this.scheduler.removeSlot(decoder);
      await this.scheduler.ended(decoder);
      if (this.running.get(decoder) !== entry) continue;
      this.running.delete(decoder);
      decoder.stop();
      if (spare && i === 0) continue;
      try {
        await this.startDecoder(decoder);
      } catch (error) {
        if (this.running.size === 0)
          this.fail(
            error instanceof EarmarkError
              ? error
              : new EarmarkError(
                  'engine.unavailable',
                  'Could not reload the speech model; run `earmark doctor` to see why.',
                  { cause: error },
                ),
          );
        throw error;
      }
    }
  }

  private decoded(decoder: Decoder, error: unknown): void {
    const entry = this.running.get(decoder);
    if (entry) entry.lastUse = this.setup.clock.now();
    if (isEarmarkError(error, 'engine.unavailable')) this.lose(decoder, error);
  }

  /** Handles the permanent failure of a decoder. If it is the last, the engine fails too. */
  private lose(decoder: Decoder, error: EarmarkError): void {
    if (!this.running.delete(decoder)) return;
    this.lost.set(decoder, this.setup.clock.now());
    this.scheduler.removeSlot(decoder);
    decoder.stop();
    if (this.running.size === 0) this.fail(error);
  }

  private grow(): void {
    if (this.state !== 'READY') return;
    const rested = (decoder: Decoder): boolean =>
      this.setup.clock.now() - (this.lost.get(decoder) ?? -Infinity) >=
      (this.setup.coolDownMs ?? COOL_DOWN_MS);
    const next = this.setup.decoders.find(
      (decoder) => !this.running.has(decoder) && rested(decoder),
    );
    if (!next) return;
    this.idleTimer ??= this.setup.clock.setInterval(
      () => this.shrink(),
      (this.setup.stopIdleMs ?? STOP_IDLE_MS) / 2,
    );
    // An extra decoder is optional: the running decoders continue without it.
    this.startDecoder(next).catch(() => undefined);
  }

  private shrink(): void {
    const limit = this.setup.clock.now() - (this.setup.stopIdleMs ?? STOP_IDLE_MS);
    for (const [decoder, entry] of [...this.running].reverse()) {
      if (
        this.running.size === 1 ||
        entry.lastUse > limit ||
        this.scheduler.busy(decoder) ||
        this.streams.busy(decoder)
      )
        continue;
      this.scheduler.removeSlot(decoder);
      this.running.delete(decoder);
      decoder.stop();
    }
    if (this.running.size > 1) return;
    this.idleTimer?.dispose();
    this.idleTimer = undefined;
  }

  private fail(error: EarmarkError): void {
    if (!this.disposed && this.state !== 'ERROR') this.failures++;
    if (
      this.disposed ||
      !this.lifecycle.to({
        kind: 'ERROR',
        code: error.code,
        message: error.message,
        sinceMs: this.setup.clock.now(),
      })
    )
      return;
    for (const decoder of this.running.keys()) {
      this.scheduler.removeSlot(decoder);
      decoder.stop();
    }
    this.running.clear();
    this.scheduler.rejectAll(error);
    if (error.code === 'engine.unavailable')
      this.warned.fire({ code: 'engine.unavailable', message: error.message });
  }
}

function gone(): EarmarkError {
  return new EarmarkError('engine.unavailable', 'The speech engine was stopped; restart Earmark.');
}
