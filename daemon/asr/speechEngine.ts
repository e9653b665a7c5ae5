/**
 * The speech engine: policy over decoders (inference workers or recognisers in this process). Loads the first with the
 * speech detector, starts more when phrases wait, stops them when nothing does, applies the guards, decodes the phrase
 * in flight again after a crash, and says so when it cannot go on.
 */
import { EarmarkError, type ErrorCode, isEarmarkError } from '../../protocol/errors';
import { SAMPLE_RATE } from '../audio/frame';
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import { Emitter, type Event } from '../base/emitter';
import type { DecodePriority } from '../session/ports';
import type { SpeechDetectorFactory } from '../vad/contract';
import { DecodeScheduler, type DecodeSlot, type QueueHealth } from './decodeScheduler';
import { type GuardOptions, defaultGuardOptions, guardAudio, guardText, reject } from './guards';
import type { AsrOptions, AsrResult, GuardKind } from './provider';
import type { EngineState, InferenceWorkerHealth, ManagedSpeechEngine } from './speechEngineApi';

/** Something that decodes and can be started and stopped again and again. */
export interface Decoder extends DecodeSlot {
  /** Loads. @throws EarmarkError model.*, engine.* */
  start(): Promise<void>;
  stop(): void;
  health(): InferenceWorkerHealth;
}

/** The speech detector's side: detectors reject while it is not there, and their users fall back. */
export interface DetectorService extends SpeechDetectorFactory {
  start(): Promise<void>;
  stop(): void;
  health(): readonly InferenceWorkerHealth[];
}

export interface SpeechEngineSetup {
  readonly clock: Clock;
  readonly provider: string;
  readonly model: string;
  /** One a core; the first is loaded by `ready`, the others when phrases wait. */
  readonly decoders: readonly Decoder[];
  readonly detectors: DetectorService;
  /** A worker died and was started again. */
  readonly onDidRestart?: Event<{ readonly name: string }>;
  readonly guards?: GuardOptions;
  /** An extra decoder that had nothing to do for so long is stopped; its memory is worth more. */
  readonly stopIdleMs?: number;
  /** After a failure of the engine `ready` refuses for so long, so that callers in a loop do not keep starting it. */
  readonly coolDownMs?: number;
}

const STOP_IDLE_MS = 60_000;
const COOL_DOWN_MS = 15_000;
/** Decodes whose real-time factor is averaged. */
const RTF_DECODES = 32;

/** The worker's failures, not the phrase's. */
const AGAIN: ReadonlySet<ErrorCode> = new Set(['engine.crashed', 'engine.timeout', 'engine.unavailable']);

type State =
  | { readonly kind: 'unloaded' }
  | { readonly kind: 'loading'; readonly done: Promise<void> }
  | { readonly kind: 'ready'; readonly loadMs: number }
  | { readonly kind: 'failed'; readonly error: EarmarkError; readonly at: number };

export function createSpeechEngine(setup: SpeechEngineSetup): ManagedSpeechEngine {
  return new Engine(setup);
}

class Engine implements ManagedSpeechEngine {
  readonly rejected: Record<GuardKind, number> = { tooShort: 0, tooQuiet: 0, loop: 0, knownSilencePhrase: 0, tooManyWords: 0 };
  private current: State = { kind: 'unloaded' };
  private readonly scheduler: DecodeScheduler;
  private readonly store = new DisposableStore();
  private readonly warned = this.store.add(new Emitter<{ code: 'engine.restarted' | 'vad.fallback' | 'engine.unavailable'; message: string }>());
  private readonly decodes: { inferenceMs: number; audioMs: number }[] = [];
  /** Decoders that are started or starting. */
  private readonly running = new Map<Decoder, { readonly slot: DecodeSlot; lastUse: number }>();
  /** Decoders that failed, with the time; they are left alone for the cool-down. */
  private readonly lost = new Map<Decoder, number>();
  private idleTimer: Disposable | undefined;
  private disposed = false;
  readonly onDidWarn = this.warned.event;

  constructor(private readonly setup: SpeechEngineSetup) {
    this.scheduler = new DecodeScheduler(setup.clock, () => this.grow());
    const restarted = setup.onDidRestart?.(() => this.warned.fire({ code: 'engine.restarted', message: 'Speech recognition stopped and was started again; nothing is lost.' }));
    if (restarted) this.store.add(restarted);
  }

  get provider(): string {
    return this.setup.provider;
  }
  get model(): string {
    return this.setup.model;
  }
  get state(): EngineState {
    return this.current.kind;
  }
  get loadMs(): number | undefined {
    return this.current.kind === 'ready' ? this.current.loadMs : undefined;
  }
  get error(): string | undefined {
    return this.current.kind === 'failed' ? this.current.error.message : undefined;
  }
  get detectors(): SpeechDetectorFactory {
    return this.setup.detectors;
  }
  get idle(): boolean {
    return this.current.kind === 'ready' && this.scheduler.idle;
  }
  get queuedMs(): number {
    return this.scheduler.queuedMs;
  }
  get queue(): QueueHealth {
    return this.scheduler.health;
  }
  get rtf(): number {
    const audioMs = this.decodes.reduce((sum, d) => sum + d.audioMs, 0);
    return audioMs === 0 ? 0 : this.decodes.reduce((sum, d) => sum + d.inferenceMs, 0) / audioMs;
  }

  workers(): readonly InferenceWorkerHealth[] {
    return [...this.setup.detectors.health(), ...this.setup.decoders.map((decoder) => decoder.health())];
  }

  ready(): Promise<void> {
    const state = this.current;
    if (this.disposed) return Promise.reject(gone());
    if (state.kind === 'ready') return Promise.resolve();
    if (state.kind === 'loading') return state.done;
    if (state.kind === 'failed' && state.error.code === 'engine.unavailable' && this.setup.clock.now() - state.at < (this.setup.coolDownMs ?? COOL_DOWN_MS)) return Promise.reject(state.error);
    return this.load();
  }

  retry(): Promise<void> {
    if (this.disposed) return Promise.reject(gone());
    return this.current.kind === 'failed' ? this.load() : this.ready();
  }

  async decode(pcm: Float32Array, options: AsrOptions & { priority: DecodePriority; sessionId: string; deadlineMs?: number }, signal?: AbortSignal): Promise<AsrResult | undefined> {
    const { priority, sessionId, deadlineMs, ...asr } = options;
    const audioMs = (pcm.length * 1000) / SAMPLE_RATE;
    const guards = this.setup.guards ?? defaultGuardOptions;
    if (priority !== 'final' && this.current.kind !== 'ready') return undefined;
    const early = guardAudio(pcm, guards);
    if (early) return this.reject({ confidence: 0, language: asr.language, inferenceMs: 0 }, early, priority);
    if (priority === 'final') await this.ready();
    const result = await this.decodeTwice({ pcm, options: asr, priority, sessionId, ...(deadlineMs === undefined ? {} : { deadlineMs }) }, signal);
    if (!result) return undefined;
    this.decodes.push({ inferenceMs: result.inferenceMs, audioMs });
    if (this.decodes.length > RTF_DECODES) this.decodes.shift();
    const late = guardText(result, audioMs, guards);
    return late ? this.reject(result, late, priority) : result;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.idleTimer?.dispose();
    this.scheduler.rejectAll(gone());
    this.running.clear();
    for (const decoder of this.setup.decoders) decoder.stop();
    this.setup.detectors.stop();
    this.current = { kind: 'unloaded' };
    this.store.dispose();
  }

  private reject(result: Omit<AsrResult, 'text' | 'words'>, kind: GuardKind, priority: DecodePriority): AsrResult {
    if (priority === 'final') this.rejected[kind]++;
    return reject(result, kind);
  }

  /** A phrase whose worker died is decoded once more, at once; a second death is the phrase's own doing. */
  private async decodeTwice(request: Parameters<DecodeScheduler['run']>[0], signal: AbortSignal | undefined): Promise<AsrResult | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.scheduler.run(request, signal);
      } catch (error) {
        if (attempt > 1 || request.priority !== 'final' || this.current.kind !== 'ready' || !isEarmarkError(error) || !AGAIN.has(error.code)) throw error;
      }
    }
  }

  private load(): Promise<void> {
    const begun = this.setup.clock.now();
    const first = this.setup.decoders[0];
    const done = (async () => {
      if (!first) throw new EarmarkError('engine.unavailable', 'No speech engine is set up; choose one in the settings.');
      // Without the detector speech is found by loudness, so its failure is not the engine's.
      const detectors = this.setup.detectors.start().catch(() => undefined);
      await this.startDecoder(first);
      await detectors;
    })().then(
      () => {
        if (!this.disposed) this.current = { kind: 'ready', loadMs: this.setup.clock.now() - begun };
      },
      (cause: unknown) => {
        const error = cause instanceof EarmarkError ? cause : new EarmarkError('engine.unavailable', 'Speech recognition could not be started; run `earmark doctor` to see why.', { cause });
        this.fail(error);
        throw error;
      },
    );
    this.current = { kind: 'loading', done };
    // Every caller of ready() has this promise too; this keeps a failure that nobody waits for from ending the process.
    done.catch(() => undefined);
    return done;
  }

  /** Loads and decodes a second of silence, which is when the engine takes its memory and warms its caches. */
  private async startDecoder(decoder: Decoder): Promise<void> {
    const entry = { slot: this.slotOf(decoder), lastUse: this.setup.clock.now() };
    this.running.set(decoder, entry);
    try {
      await decoder.start();
      await decoder.transcribe(new Float32Array(SAMPLE_RATE), { language: 'en' }, new AbortController().signal);
    } catch (error) {
      this.running.delete(decoder);
      this.lost.set(decoder, this.setup.clock.now());
      decoder.stop();
      throw error;
    }
    if (this.running.get(decoder) === entry) this.scheduler.addSlot(entry.slot);
    else decoder.stop();
  }

  private slotOf(decoder: Decoder): DecodeSlot {
    return {
      transcribe: async (pcm, options, signal) => {
        try {
          return await decoder.transcribe(pcm, options, signal);
        } catch (error) {
          if (isEarmarkError(error, 'engine.unavailable')) this.lose(decoder, error);
          throw error;
        } finally {
          const entry = this.running.get(decoder);
          if (entry) entry.lastUse = this.setup.clock.now();
        }
      },
    };
  }

  /** A decoder is gone for good; the last one takes the engine with it. */
  private lose(decoder: Decoder, error: EarmarkError): void {
    const entry = this.running.get(decoder);
    if (!entry) return;
    this.running.delete(decoder);
    this.lost.set(decoder, this.setup.clock.now());
    this.scheduler.removeSlot(entry.slot);
    decoder.stop();
    if (this.running.size === 0) this.fail(error);
  }

  private grow(): void {
    if (this.current.kind !== 'ready') return;
    const rested = (decoder: Decoder): boolean => this.setup.clock.now() - (this.lost.get(decoder) ?? -Infinity) >= (this.setup.coolDownMs ?? COOL_DOWN_MS);
    const next = this.setup.decoders.find((decoder) => !this.running.has(decoder) && rested(decoder));
    if (!next) return;
    this.idleTimer ??= this.setup.clock.setInterval(() => this.shrink(), (this.setup.stopIdleMs ?? STOP_IDLE_MS) / 2);
    // One more decoder is a help, not a need: the ones that run go on without it.
    this.startDecoder(next).catch(() => undefined);
  }

  private shrink(): void {
    const limit = this.setup.clock.now() - (this.setup.stopIdleMs ?? STOP_IDLE_MS);
    for (const [decoder, entry] of [...this.running].reverse()) {
      if (this.running.size === 1 || entry.lastUse > limit || this.scheduler.busy(entry.slot)) continue;
      this.scheduler.removeSlot(entry.slot);
      this.running.delete(decoder);
      decoder.stop();
    }
    if (this.running.size > 1) return;
    this.idleTimer?.dispose();
    this.idleTimer = undefined;
  }

  private fail(error: EarmarkError): void {
    if (this.disposed || this.current.kind === 'failed') return;
    this.current = { kind: 'failed', error, at: this.setup.clock.now() };
    for (const [decoder, { slot }] of [...this.running]) {
      this.scheduler.removeSlot(slot);
      decoder.stop();
    }
    this.running.clear();
    this.scheduler.rejectAll(error);
    if (error.code === 'engine.unavailable') this.warned.fire({ code: 'engine.unavailable', message: error.message });
  }
}

function gone(): EarmarkError {
  return new EarmarkError('engine.unavailable', 'The speech engine was stopped; start Earmark again.');
}
