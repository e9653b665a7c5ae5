/**
 * A speech engine without a model: it queues every phrase, and a decode worker of the team decodes
 * it. Ready while a worker for its model exists. It rejects silence itself, so that silence does
 * not travel; the worker applies the other guards.
 */
import { EarmarkError } from '../../protocol/errors';
import { SAMPLE_RATE } from '../audio/frame';
import { DecodeStats } from '../asr/contract/decodeStats';
import type { EngineTarget } from '../asr/contract/machineChoice';
import { defaultGuardOptions, guardAudio, reject } from '../asr/decoding/guards';
import type { DecodeQueueProducer } from '../asr/engine/phraseQueue';
import type { AsrResult, DeviceChoice, GuardKind } from '../asr/contract/provider';
import type { DetectorService } from '../asr/engine/speechEngine';
import type {
  EngineStatus,
  InferenceWorkerHealth,
  ManagedSpeechEngine,
} from '../asr/contract/speechEngineApi';
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import { Emitter } from '../base/emitter';
import type { LifecycleChange } from '../models/lifecycle';
import type { DecodeOptions, EngineWarning } from '../asr/contract/engine';
import type { SpeechDetectorFactory } from '../vad/contract';
import type { Presence } from './presence';

export interface QueuedEngineSetup {
  readonly clock: Clock;
  readonly target: EngineTarget;
  readonly queue: DecodeQueueProducer & Disposable;
  readonly presence: Presence;
  readonly detectors: DetectorService;
}

/** Maximum wait for a worker; workers send heartbeats every second. */
const WAIT_FOR_WORKER_MS = 5_000;
/** Number of decodes of `recentRtf`. */
const RTF_DECODES = 32;

export class QueuedEngine implements ManagedSpeechEngine {
  private readonly rejected: Record<GuardKind, number> = {
    tooShort: 0,
    tooQuiet: 0,
    loop: 0,
    knownSilencePhrase: 0,
    tooManyWords: 0,
  };
  private readonly store = new DisposableStore();
  private readonly warned = this.store.add(new Emitter<EngineWarning>());
  private readonly stats = new DecodeStats();
  private lastUseMs: number;
  private listening = false;
  private served = false;
  readonly onDidWarn = this.warned.event;
  /** No model is loaded here. */
  readonly onDidChangeState = this.store.add(new Emitter<LifecycleChange>()).event;

  constructor(private readonly setup: QueuedEngineSetup) {
    this.lastUseMs = setup.clock.now();
    this.store.add(setup.queue);
    this.store.add(setup.presence.onDidChange(() => this.look()));
  }

  get provider(): string {
    return this.setup.target.provider;
  }
  get model(): string {
    return this.setup.target.model;
  }
  get device(): DeviceChoice {
    return this.setup.target.device;
  }
  get status(): EngineStatus {
    const { queue, presence } = this.setup;
    return {
      state: this.hasWorkers() ? 'READY' : 'UNINITIALIZED',
      ...(this.served && !this.hasWorkers() ? { error: this.nobody().message } : {}),
      errors: [],
      recentRtf: this.stats.mean(RTF_DECODES),
      rtf: this.stats.metrics(),
      queuedMs: queue.queuedMs,
      queue: queue.health,
      rssBytes: presence.capacity(this.model).rssBytes,
      lastUseMs: this.lastUseMs,
      rejected: this.rejected,
    };
  }
  get detectors(): SpeechDetectorFactory {
    return this.setup.detectors;
  }
  get idle(): boolean {
    return this.setup.queue.idle;
  }

  workers(): readonly InferenceWorkerHealth[] {
    return this.setup.presence.list(this.model).map(({ id, busy, rssBytes }) => ({
      name: id,
      state: busy > 0 ? 'busy' : 'ready',
      restarts: 0,
      rssBytes,
    }));
  }

  async ready(): Promise<void> {
    this.lastUseMs = this.setup.clock.now();
    if (!this.listening) {
      this.listening = true;
      // Without the detector, segmentation uses loudness.
      this.setup.detectors.start().catch(() => undefined);
    }
    if (this.hasWorkers()) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        timer.dispose();
        joined.dispose();
        resolve();
      };
      const timer = this.setup.clock.setTimeout(done, WAIT_FOR_WORKER_MS);
      const joined = this.setup.presence.onDidChange(() => this.hasWorkers() && done());
    });
    if (!this.hasWorkers()) throw this.nobody();
  }

  retry(): Promise<void> {
    return this.ready();
  }

  /** No model is loaded in this process. */
  unload(): void {
    this.listening = false;
    this.setup.detectors.stop();
  }

  swap(): Promise<void> {
    return Promise.resolve();
  }

  async decode(
    pcm: Float32Array,
    options: DecodeOptions,
    signal?: AbortSignal,
  ): Promise<AsrResult | undefined> {
    const {
      priority,
      sessionId,
      deadlineMs,
      live: _live,
      retryOnOther: _elsewhere,
      owner,
      ...asr
    } = options;
    if (priority !== 'final' && !this.hasWorkers()) return undefined;
    const early = guardAudio(pcm, defaultGuardOptions);
    if (early)
      return this.count(
        reject({ confidence: 0, language: asr.language, inferenceMs: 0 }, early),
        priority,
      );
    if (priority === 'final') await this.ready();
    const result = await this.setup.queue.run(
      {
        pcm,
        priority,
        sessionId,
        options: {
          ...asr,
          conversation: sessionId,
          ...(priority === 'partial' ? { purpose: 'partial' as const } : {}),
        },
        ...(owner === undefined ? {} : { owner }),
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
      },
      signal,
    );
    if (!result) return undefined;
    this.lastUseMs = this.setup.clock.now();
    this.stats.add({
      atMs: this.lastUseMs,
      inferenceMs: result.inferenceMs,
      audioMs: (pcm.length * 1000) / SAMPLE_RATE,
    });
    return this.count(result, priority);
  }

  dispose(): void {
    this.unload();
    this.store.dispose();
  }

  private count(result: AsrResult, priority: DecodeOptions['priority']): AsrResult {
    if (result.rejected !== undefined && priority === 'final') this.rejected[result.rejected]++;
    return result;
  }

  private hasWorkers(): boolean {
    return this.setup.presence.list(this.model).length > 0;
  }

  private look(): void {
    const now = this.hasWorkers();
    if (this.served && !now)
      this.warned.fire({ code: 'engine.unavailable', message: this.nobody().message });
    this.served = now;
  }

  private nobody(): EarmarkError {
    return new EarmarkError(
      'engine.unavailable',
      `No worker of the team decodes with ${this.model} now, so speech waits. Start ` +
        `one with "earmark worker --model ${this.model}".`,
    );
  }
}
