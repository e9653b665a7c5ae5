/**
 * Choice of the engine that decodes a phrase: the preferred engine first, then its fallbacks if it
 * fails or is too slow. A phrase that an engine lost is decoded again by the next; the session's
 * engine (engineLease.ts) decodes it with each `turn`. Probes test whether
 * the preferred engine works again. The degradation level decides when a smaller or faster engine
 * takes over. Sessions with equal requests share a route.
 */
import { EarmarkError, isEarmarkError } from '../../../protocol/errors';
import { SAMPLE_RATE } from '../../audio/frame';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type { Logger } from '../../base/logger';
import {
  ACTIONS,
  CALM_RTF,
  SLOW_RTF,
  DEGRADATION_START,
  DEGRADATION_LEVELS,
  type DegradationState,
  type DegradationLevel,
  type DegradationActions,
  degradationRows,
  stepDegradation,
} from '../../degrade/degradation';
import type { EngineWarning, SpeechEngine } from '../contract/engine';
import { DecodeStats } from '../contract/decodeStats';
import type { EngineTarget } from '../contract/machineChoice';
import { EngineProbe } from '../choice/engineProbe';
import type { LoadBackoff } from '../choice/loadBackoff';
import { retryRule } from './retries';
import { type EngineCosts, pickStandIn, standInsOf } from '../choice/standIns';
import { type MachineLoad, tight } from '../choice/machineLoad';
import type { AsrResult } from '../contract/provider';
import type { ManagedSpeechEngine } from '../contract/speechEngineApi';

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
  readonly costs: EngineCosts;
  /** Shared by all routes. */
  readonly backoff: LoadBackoff;
}

/** Interval at which degradation checks the load. */
const LOOK_MS = 1_000;
/** Time window of the decodes that count for the real-time factor. */
const WINDOW_MS = 10_000;
type Health = { readonly kind: 'up' } | { readonly kind: 'down'; readonly error: EarmarkError };

interface Target {
  readonly target: EngineTarget;
  /** It was slower than the preferred engine, against the expectation. */
  refuted?: boolean;
  readonly engine: () => ManagedSpeechEngine;
  health: Health;
}

/** A try to decode a final with one engine. */
export interface Turn extends Disposable {
  readonly engine: ManagedSpeechEngine;
  /** Another engine can take the phrase. */
  readonly retryOnOther: boolean;
  /** Aborted if the caller cancels, or another engine takes over while the phrase waits. */
  readonly signal: AbortSignal;
  /** The engine decoded the final. @param samples 16 kHz; absent if the speech is not live */
  decoded(result: AsrResult | undefined, samples?: number): void;
  /** @returns true if the next turn decodes the phrase; false if the caller gets the error */
  passOn(error: unknown): boolean;
}

export class EngineRoute implements Disposable {
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
  private readonly probe: EngineProbe;
  /** Last real-time factor of the preferred engine before a stand-in took over. */
  private slowRtf = 0;
  /** Stand-ins that are loading. */
  private readonly loading = new Set<Target>();
  private disposed = false;
  readonly onDidWarn = this.warned.event;

  constructor(private readonly setup: RouteSetup) {
    const [first, ...rest] = setup.targets;
    this.probe = new EngineProbe(setup.clock);
    const make = (target: EngineTarget): Target => ({
      target,
      engine: () => this.listen(setup.engineOf(target)),
      health: { kind: 'up' },
    });
    this.targets = [make(first), ...rest.map(make)];
    // A new session does not wait for an engine that failed to load before.
    for (const one of rest.length > 0 ? this.targets : [])
      if (!setup.backoff.allows(one.target)) one.health = { kind: 'down', error: backedOff() };
    this.current = Math.max(
      0,
      this.targets.findIndex(({ health }) => health.kind === 'up'),
    );
    this.store.add(setup.clock.setInterval(() => this.look(), LOOK_MS));
  }

  get provider(): string {
    return this.targets[0].target.provider;
  }
  get model(): string {
    return this.targets[0].target.model;
  }
  get degradationLevel(): DegradationLevel {
    return this.levelOf(this.degradation);
  }
  get actions(): DegradationActions {
    return ACTIONS[this.degradationLevel];
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
  get status(): SpeechEngine['status'] {
    return this.now.engine().status;
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
        this.setup.backoff.reset(target.target);
        return;
      } catch (error) {
        if (!this.passOn(target, error)) throw error;
      }
    }
  }

  /** Engine for partials, early decodes and streams; undefined if the level forbids them. */
  get early(): ManagedSpeechEngine | undefined {
    return this.actions.partialsEvery === 0 ? undefined : this.now.engine();
  }

  /**
   * A live final waits for its text until the result is disposed.
   * @param samples of a phrase that is decoded as a whole
   */
  waits(samples?: number): Disposable {
    const entry = {};
    this.waiting.set(entry, this.setup.clock.now());
    if (samples !== undefined) this.probe.requested(samples);
    return { dispose: () => void this.waiting.delete(entry) };
  }

  /** Words were recognised in this live speech. */
  recognised(pcm: Float32Array): void {
    this.probe.recognised(pcm);
  }

  /** The next try to decode a final. @param signal of the caller */
  turn(signal?: AbortSignal): Turn {
    const target = this.now;
    const moved = new AbortController();
    const onAbort = (): void => moved.abort();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) moved.abort();
    const watch = this.onMove(onAbort);
    return {
      engine: target.engine(),
      retryOnOther: this.next(target) !== undefined,
      signal: moved.signal,
      decoded: (result, samples) => {
        this.everReady = true;
        if (result && samples !== undefined) this.decoded(target, result, samples);
      },
      // Another engine took over while this phrase waited; it decodes the phrase from the start.
      passOn: (error) =>
        !signal?.aborted &&
        ((moved.signal.aborted && target !== this.now) || this.passOn(target, error)),
      dispose: () => {
        watch.dispose();
        signal?.removeEventListener('abort', onAbort);
      },
    };
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
    for (const target of this.targets) {
      target.health = { kind: 'up' };
      this.setup.backoff.reset(target.target);
    }
    this.choose();
    await this.targets[0].engine().retry();
  }

  private get now(): Target {
    return this.targets[this.current] ?? this.targets[0];
  }

  /** Counts a live final. */
  private decoded(target: Target, { inferenceMs }: AsrResult, samples: number): void {
    if (target !== this.now) return;
    const audioMs = (samples * 1000) / SAMPLE_RATE;
    this.stats.add({ atMs: this.setup.clock.now(), inferenceMs, audioMs });
  }

  private readonly moves = this.store.add(new Emitter<void>());
  private readonly onMove = this.moves.event;

  /**
   * Moves a failed phrase from `target` to the next target.
   * @returns false if there is no next target or the user should see the error
   */
  private passOn(target: Target, error: unknown): boolean {
    if (!isEarmarkError(error) || !retryRule(error).next) return false;
    const next = this.next(target);
    if (!next) return false;
    if (
      this.setup.explicit &&
      !this.everReady &&
      (next.target.provider !== target.target.provider || error.code.startsWith('model.'))
    )
      return false;
    this.loadFailed(target);
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

  /** Counts a load that failed; an engine that keeps failing rests for a day. */
  private loadFailed({ target, engine }: Target): void {
    if (engine().status.state !== 'ERROR' || !this.setup.backoff.failed(target)) return;
    this.setup.logger.warn('engine.backedOff', { engine: nameOf(target) });
    this.warn(
      'engine.failover',
      `${nameOf(target)} could not start several times. Earmark tries it again tomorrow; run ` +
        '`earmark doctor --retry` to try it now.',
    );
  }

  private next(target: Target): Target | undefined {
    return this.targets.find((other) => other !== target && other.health.kind === 'up');
  }

  /** Engines that may stand in for a slow preferred engine, the slowest first. */
  private get standIns(): ReturnType<typeof standInsOf<Target>> {
    const [first, ...others] = this.targets;
    const usable = others.filter(({ health, refuted }) => health.kind === 'up' && !refuted);
    return standInsOf([first, ...usable], this.setup.costs, tight(this.setup.load()));
  }

  /** A level that only changes the engine is not reached without a faster engine. */
  private levelOf({ degradationLevel }: DegradationState): DegradationLevel {
    return ACTIONS[degradationLevel].engine === 'preferred' || this.standIns.length > 0
      ? degradationLevel
      : 'DEGRADE';
  }

  /** Engine that the degradation level demands; undefined: the preferred one, or none is ready. */
  private standIn(): Target | undefined {
    const { engine } = this.actions;
    if (engine === 'preferred' || this.targets[0].health.kind !== 'up') return undefined;
    const { standIns } = this;
    const { measuredRtf } = this.probe;
    const probed = Number.isFinite(measuredRtf) ? measuredRtf : 0;
    const rtf = Math.max(this.slowRtf, probed, SLOW_RTF);
    const wanted =
      engine === 'fastest' ? standIns.at(-1)?.item : pickStandIn(standIns, rtf, CALM_RTF);
    if (!wanted || tight(this.setup.load()) || wanted.engine().status.state === 'READY')
      return wanted;
    // The preferred engine decodes until the stand-in is loaded.
    void this.prepare(wanted);
    return this.current === 0 ? undefined : this.now;
  }

  private async prepare(wanted: Target): Promise<void> {
    if (this.loading.has(wanted)) return;
    this.loading.add(wanted);
    try {
      await wanted.engine().ready();
      const before = this.now;
      this.choose();
      if (before === this.now || this.disposed) return;
      this.moves.fire();
      this.warnLevel(this.degradationLevel, this.degradationLevel);
    } catch (error) {
      this.loadFailed(wanted);
      if (isEarmarkError(error)) wanted.health = { kind: 'down', error };
    } finally {
      this.loading.delete(wanted);
    }
  }

  /**
   * The only place that changes the current target. It chooses by degradation level among the
   * working targets.
   */
  private choose(): void {
    const up = (target: Target): boolean => target.health.kind === 'up';
    const chosen = this.standIn() ?? this.targets.find(up) ?? this.targets[0];
    const to = this.targets.indexOf(chosen);
    if (to === this.current) return;
    this.current = to;
    this.changedMs = this.setup.clock.now();
    this.stats = new DecodeStats();
    if (to !== 0) this.probe.begin();
    this.setup.logger.info('engine.active', {
      engine: nameOf(chosen.target),
      degradationLevel: this.degradationLevel,
    });
  }

  private look(): void {
    const { clock } = this.setup;
    const now = clock.now();
    const standIn = this.current !== 0;
    // A new engine is not judged by the backlog of the previous engine.
    const oldest = Math.max(Math.min(...this.waiting.values()), this.changedMs);
    const before = this.degradation;
    const shown = this.degradationLevel;
    const load = this.setup.load();
    const rtf = this.stats.meanSince(now - WINDOW_MS);
    if (!standIn && rtf !== undefined) this.slowRtf = rtf;
    this.degradation = stepDegradation(before, {
      nowMs: now,
      rtf,
      // Before the first text there is no speed to judge: the model loads, then the engine catches
      // up.
      lagMs: this.everReady && Number.isFinite(oldest) ? now - oldest : 0,
      ...(standIn && this.targets[0].health.kind === 'up'
        ? { preferredRtf: this.probe.expectedLoad }
        : {}),
      ...load,
    });
    if (standIn) this.refute(rtf);
    if (this.degradation.degradationLevel !== before.degradationLevel)
      this.changeLevel(before, shown);
    if (this.current !== 0 && this.probe.due && !tight(load)) void this.runProbe();
  }

  private changeLevel(before: DegradationState, shown: DegradationLevel): void {
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
    if (this.current !== 0 && tight(this.setup.load())) this.targets[0].engine().unload();
    this.warnLevel(shown, this.degradationLevel, was !== this.current);
  }

  /** @param moved the level is the same, but another engine decodes */
  private warnLevel(from: DegradationLevel, to: DegradationLevel, moved = true): void {
    if (from === to && !moved) return;
    // The stand-in is loading; it is reported when it decodes.
    if (ACTIONS[to].engine !== 'preferred' && this.current === 0) return;
    this.setup.logger.info('engine.degraded', { from, to });
    this.warn(
      'engine.degraded',
      degradationRows(from, to, nameOf(this.now.target), this.current !== 0),
    );
  }

  /** A stand-in that is slower than the probed preferred engine does not stand in again. */
  private refute(rtf: number | undefined): void {
    const { now } = this;
    if (rtf === undefined || rtf <= this.probe.measuredRtf || this.targets[0].health.kind !== 'up')
      return;
    now.refuted = true;
    this.setup.logger.warn('engine.slowStandIn', { engine: nameOf(now.target) });
    this.choose();
    this.moves.fire();
  }

  /** Tests whether the preferred engine works again, and measures its speed. */
  private async runProbe(): Promise<void> {
    const [preferred] = this.targets;
    if (preferred.health.kind === 'down' && !this.setup.backoff.allows(preferred.target)) return;
    try {
      if (!(await this.probe.run(preferred.engine()))) return;
      this.setup.backoff.reset(preferred.target);
      if (preferred.health.kind === 'up') return;
      preferred.health = { kind: 'up' };
      this.choose();
      if (this.current === 0)
        this.warn(
          'engine.failover',
          `${nameOf(preferred.target)} works again and is now used for recognition.`,
        );
    } catch {
      this.loadFailed(preferred);
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

function backedOff(): EarmarkError {
  return new EarmarkError(
    'engine.unavailable',
    'This speech engine could not start; run `earmark doctor --retry` to try it again.',
  );
}

function nameOf({ provider, model, device }: EngineTarget): string {
  return `${model.startsWith(provider) ? model : `${provider} ${model}`}${device === 'gpu' ? ' on the GPU' : ''}`;
}
