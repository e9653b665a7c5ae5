/**
 * Route of a phrase through the engines: the preferred engine first, then its fallbacks if it fails
 * or is too slow. A phrase that an engine lost is decoded again by the next. Probes test whether
 * the preferred engine works again. The degradation level decides when a smaller or faster engine
 * takes over. Sessions with equal requests share a route.
 */
import { type EarmarkError, type ErrorCode, isEarmarkError } from '../../protocol/errors';
import { SAMPLE_RATE } from '../audio/frame';
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import { Emitter } from '../base/emitter';
import type { Logger } from '../base/logger';
import {
  ACTIONS,
  DEGRADATION_START,
  DEGRADATION_LEVELS,
  type DegradationState,
  type DegradationLevel,
  type DegradationActions,
  degradationRows,
  stepDegradation,
} from '../degrade/degradation';
import type { DecodeOptions, EngineWarning, SpeechEngine } from '../session/ports';
import { DecodeStats, type RtfStats } from './decodeStats';
import type { EngineTarget } from './enginesApi';
import type { AsrResult } from './provider';
import type { ManagedSpeechEngine } from './speechEngineApi';

/** Machine load that degradation considers, 0–1; undefined if unknown. */
export interface MachineLoad {
  readonly freeMemory?: number | undefined;
  readonly battery?: number | undefined;
}

export interface RouteSetup {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Best first; each engine is created when it is needed. */
  readonly targets: readonly [EngineTarget, ...EngineTarget[]];
  readonly engineOf: (target: EngineTarget) => ManagedSpeechEngine;
  /**
   * The user named this engine. Before its first success, its failure is reported and no other
   * provider takes over.
   */
  readonly explicit: boolean;
  readonly load: () => MachineLoad;
}

/** Interval at which degradation checks the load. */
const LOOK_MS = 1_000;
/** Time window of the decodes that count for the real-time factor. */
const WINDOW_MS = 10_000;
/** Interval between probes of the preferred engine during a fallback. */
const PROBE_MS = 10_000;
/** Audio of a probe: long enough to measure speed, short enough to be cheap. */
const PROBE_SAMPLES = 2 * SAMPLE_RATE;

/** Share of free memory on this machine below which memory is tight. */
const TIGHT_MEMORY = 0.05;

/** Failures after which another engine may succeed. */
const ENGINE_FAULTS: ReadonlySet<ErrorCode> = new Set([
  'engine.crashed',
  'engine.timeout',
  'engine.unavailable',
  'model.missing',
  'model.corrupt',
  'model.incompatible',
]);

type Health = { readonly kind: 'up' } | { readonly kind: 'down'; readonly error: EarmarkError };

interface Target {
  readonly target: EngineTarget;
  readonly engine: () => ManagedSpeechEngine;
  health: Health;
}

export class EngineRoute implements SpeechEngine, Disposable {
  private readonly targets: readonly [Target, ...Target[]];
  private readonly store = new DisposableStore();
  private readonly warned = this.store.add(new Emitter<EngineWarning>());
  private readonly listened = new Set<ManagedSpeechEngine>();
  private degradation: DegradationState = DEGRADATION_START;
  /** Index of the target that decodes. */
  private current = 0;
  private stats = new DecodeStats();
  /** Time of the last change of target. */
  private changedMs = -Infinity;
  /** Live finals without text, with their arrival time. */
  private readonly waiting = new Map<object, number>();
  private everReady = false;
  /** Real-time factor of the preferred engine during a fallback. */
  private preferredRtf = Infinity;
  private probing = false;
  private probedMs = -Infinity;
  /** End of the last recognised speech, for probes. In memory only. */
  private lastSpeech: Float32Array | undefined;
  private disposed = false;
  readonly onDidWarn = this.warned.event;

  constructor(private readonly setup: RouteSetup) {
    const [first, ...rest] = setup.targets;
    const make = (target: EngineTarget): Target => ({
      target,
      engine: () => this.listen(setup.engineOf(target)),
      health: { kind: 'up' },
    });
    this.targets = [make(first), ...rest.map(make)];
    this.store.add(setup.clock.setInterval(() => this.look(), LOOK_MS));
  }

  get provider(): string {
    return this.targets[0].target.provider;
  }
  get model(): string {
    return this.targets[0].target.model;
  }
  get degradationLevel(): DegradationLevel {
    return this.degradation.degradationLevel;
  }
  get actions(): DegradationActions {
    return ACTIONS[this.degradation.degradationLevel];
  }
  get preferred(): EngineTarget {
    return this.targets[0].target;
  }
  /** The engine that decodes now. */
  get active(): EngineTarget {
    return this.now.target;
  }
  get idle(): boolean {
    return this.now.engine().idle;
  }
  get queuedMs(): number {
    return this.now.engine().queuedMs;
  }
  get rtf(): number {
    return this.now.engine().rtf;
  }
  get metrics(): RtfStats {
    return this.now.engine().metrics;
  }
  get rssBytes(): number {
    return this.now.engine().rssBytes;
  }
  get detectors(): SpeechEngine['detectors'] {
    return this.now.engine().detectors;
  }

  async ready(): Promise<void> {
    for (;;) {
      const target = this.now;
      try {
        await target.engine().ready();
        this.everReady = true;
        target.health = { kind: 'up' };
        return;
      } catch (error) {
        if (!this.passOn(target, error)) throw error;
      }
    }
  }

  async decode(
    pcm: Float32Array,
    options: DecodeOptions,
    signal?: AbortSignal,
  ): Promise<AsrResult | undefined> {
    if (options.priority !== 'final')
      return this.actions.partialsEvery === 0
        ? undefined
        : this.now.engine().decode(pcm, options, signal);
    const entry = {};
    if (options.live) this.waiting.set(entry, this.setup.clock.now());
    try {
      const result = await this.decodeFinal(pcm, options, signal);
      if (options.live && result && result.rejected === undefined)
        this.lastSpeech = pcm.slice(0, PROBE_SAMPLES);
      return result;
    } finally {
      this.waiting.delete(entry);
    }
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.store.dispose();
  }

  /**
   * Resolves when a failed preferred engine is in use again.
   * @throws EarmarkError as `ready`
   */
  async retry(): Promise<void> {
    for (const target of this.targets) target.health = { kind: 'up' };
    this.choose();
    await this.targets[0].engine().retry();
  }

  private get now(): Target {
    return this.targets[this.current] ?? this.targets[0];
  }

  private async decodeFinal(
    pcm: Float32Array,
    options: DecodeOptions,
    signal: AbortSignal | undefined,
  ): Promise<AsrResult | undefined> {
    for (;;) {
      const target = this.now;
      const moved = new AbortController();
      const onAbort = (): void => moved.abort();
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted) moved.abort();
      const watch = this.onMove(() => moved.abort());
      try {
        const result = await target
          .engine()
          .decode(pcm, { ...options, retryOnOther: this.next(target) !== undefined }, moved.signal);
        this.everReady = true;
        if (result && options.live && target === this.now)
          this.stats.add({
            atMs: this.setup.clock.now(),
            inferenceMs: result.inferenceMs,
            audioMs: (pcm.length * 1000) / SAMPLE_RATE,
          });
        return result;
      } catch (error) {
        if (signal?.aborted) throw error;
        // Another engine took over while this phrase waited; it decodes the phrase from the start.
        if (moved.signal.aborted && target !== this.now) continue;
        if (!this.passOn(target, error)) throw error;
      } finally {
        watch.dispose();
        signal?.removeEventListener('abort', onAbort);
      }
    }
  }

  private readonly moves = this.store.add(new Emitter<void>());
  private readonly onMove = this.moves.event;

  /**
   * Moves a failed phrase from `target` to the next target.
   * @returns false if there is no next target or the user should see the error
   */
  private passOn(target: Target, error: unknown): boolean {
    if (!isEarmarkError(error) || !ENGINE_FAULTS.has(error.code)) return false;
    const next = this.next(target);
    if (!next) return false;
    if (
      this.setup.explicit &&
      !this.everReady &&
      (next.target.provider !== target.target.provider || error.code.startsWith('model.'))
    )
      return false;
    if (target.health.kind === 'up') {
      target.health = { kind: 'down', error };
      this.setup.logger.warn('engine.failover', {
        from: nameOf(target.target),
        to: nameOf(next.target),
        error: error.code,
      });
    }
    const before = this.now;
    this.choose();
    if (before !== this.now)
      this.warn(
        'engine.failover',
        `${nameOf(target.target)} failed. ${nameOf(this.now.target)} takes over with ` +
          `the same phrase, and Earmark tries the first engine again. ${error.message}`,
      );
    return true;
  }

  private next(target: Target): Target | undefined {
    return this.targets.find((other) => other !== target && other.health.kind === 'up');
  }

  /**
   * The only place that changes the current target. It chooses by degradation level among the
   * working targets.
   */
  private choose(): void {
    const { engine } = this.actions;
    const [preferred] = this.targets;
    const up = (target: Target): boolean => target.health.kind === 'up';
    const smaller = this.targets.find(
      (t, i) =>
        i > 0 &&
        up(t) &&
        t.target.provider === preferred.target.provider &&
        t.target.model !== preferred.target.model,
    );
    const other = this.targets.find(
      (t, i) => i > 0 && up(t) && t.target.provider !== preferred.target.provider,
    );
    const wanted =
      engine === 'preferred'
        ? undefined
        : engine === 'smaller'
          ? (smaller ?? other)
          : (other ?? smaller);
    const chosen = wanted ?? this.targets.find(up) ?? preferred;
    const to = this.targets.indexOf(chosen);
    if (to === this.current) return;
    this.current = to;
    this.changedMs = this.setup.clock.now();
    this.stats = new DecodeStats();
    if (to !== 0) {
      this.preferredRtf = Infinity;
      this.probedMs = this.setup.clock.now();
    }
    this.setup.logger.info('engine.active', {
      engine: nameOf(chosen.target),
      degradationLevel: this.degradation.degradationLevel,
    });
  }

  private look(): void {
    const { clock } = this.setup;
    const now = clock.now();
    const standIn = this.current !== 0;
    // A new engine is not judged by the backlog of the previous engine.
    const oldest = Math.max(Math.min(...this.waiting.values()), this.changedMs);
    const before = this.degradation;
    const load = this.setup.load();
    this.degradation = stepDegradation(before, {
      nowMs: now,
      rtf: this.stats.meanSince(now - WINDOW_MS),
      // Before the first text there is no speed to judge: the model loads, then the engine catches
      // up.
      lagMs: this.everReady && Number.isFinite(oldest) ? now - oldest : 0,
      ...(standIn ? { preferredRtf: this.preferredRtf } : {}),
      ...load,
    });
    if (this.degradation.degradationLevel !== before.degradationLevel) {
      const was = this.current;
      this.choose();
      // On a fallback, waiting and running decodes of a slow engine move to the new engine, because
      // their text would be late. On the way back, the fallback engine finishes its decodes.
      if (
        was !== this.current &&
        DEGRADATION_LEVELS.indexOf(this.degradation.degradationLevel) >
          DEGRADATION_LEVELS.indexOf(before.degradationLevel)
      )
        this.moves.fire();
      // Unload the idle preferred engine, because memory is tight.
      if (this.current !== 0 && tight(load)) this.targets[0].engine().unload();
      this.setup.logger.info('engine.degraded', {
        from: before.degradationLevel,
        to: this.degradation.degradationLevel,
      });
      this.warn(
        'engine.degraded',
        degradationRows(
          before.degradationLevel,
          this.degradation.degradationLevel,
          nameOf(this.now.target),
          this.current !== 0,
        ),
      );
    }
    if (this.current !== 0 && !this.probing && !tight(load) && now - this.probedMs >= PROBE_MS)
      void this.probe();
  }

  /** Tests whether the preferred engine works again, and measures its speed. */
  private async probe(): Promise<void> {
    const [preferred] = this.targets;
    this.probing = true;
    try {
      const engine = preferred.engine();
      await engine.ready();
      const pcm =
        this.lastSpeech ?? new Float32Array(PROBE_SAMPLES).map((_, i) => 0.1 * Math.sin(i / 8));
      const result = await engine.decode(pcm, {
        language: 'en',
        priority: 'final',
        sessionId: 'probe',
        retryOnOther: true,
      });
      if (!result) return;
      this.preferredRtf = (result.inferenceMs * SAMPLE_RATE) / (pcm.length * 1000);
      if (preferred.health.kind === 'down') {
        preferred.health = { kind: 'up' };
        this.choose();
        if (this.current === 0)
          this.warn(
            'engine.failover',
            `${nameOf(preferred.target)} works again and is now used for recognition.`,
          );
      }
    } catch {
      this.preferredRtf = Infinity;
    } finally {
      this.probing = false;
      this.probedMs = this.setup.clock.now();
    }
  }

  private warn(code: EngineWarning['code'], message: string): void {
    if (!this.disposed) this.warned.fire({ code, message });
  }

  private listen(engine: ManagedSpeechEngine): ManagedSpeechEngine {
    if (this.listened.has(engine)) return engine;
    this.listened.add(engine);
    this.store.add(
      engine.onDidWarn((warning) => {
        // A failure with a working fallback is reported as a fallback.
        if (
          warning.code === 'engine.unavailable' &&
          this.targets.some(({ health }, i) => i > 0 && health.kind === 'up')
        )
          return;
        this.warned.fire(warning);
      }),
    );
    return engine;
  }
}

/** Too little memory for a second model. */
function tight({ freeMemory }: MachineLoad): boolean {
  return freeMemory !== undefined && freeMemory <= TIGHT_MEMORY;
}

function nameOf({ provider, model, device }: EngineTarget): string {
  return `${model.startsWith(provider) ? model : `${provider} ${model}`}${device === 'gpu' ? ' on the GPU' : ''}`;
}
