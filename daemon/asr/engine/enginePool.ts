/**
 * The engines of this daemon: an engine for each requested provider, model and device. An engine is
 * created on the first request, shared by equal requests, and unloaded when it is idle for a while.
 */
import { EarmarkError, type ErrorCode, isEarmarkError } from '../../../protocol/errors';
import type { Clock } from '../../base/clock';
import { DisposableStore } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { EngineLease, EngineRequest } from '../contract/engine';
import type { Calibration } from '../contract/machineChoice';
import type { Calibrator } from '../choice/calibration';
import { DEGRADATION_LEVELS } from '../../degrade/degradation';
import { chooseEngines, type ChoiceSetup, multilingualInstead, same } from '../choice/engineChoice';
import { type HeldRoute, SessionLease } from './engineLease';
import { EngineRoute } from './engineRoute';
import { type MachineLoad, tight } from '../choice/machineLoad';
import { LoadBackoff, keyOf } from '../choice/loadBackoff';
import { workOf } from '../registry';
import type {
  EngineHealth,
  EngineStateChange,
  MachineFacts,
  ManagedEngines,
  SessionDecode,
} from '../contract/enginesApi';
import type { EngineTarget } from '../contract/machineChoice';
import type { LifecycleChange } from '../../models/lifecycle';
import { Emitter } from '../../base/emitter';
import type { InferenceWorkerHealth, ManagedSpeechEngine } from '../contract/speechEngineApi';
import { noSpeechEngine } from '../contract/errors';

export interface EnginePoolSetup {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Returns a new engine that is not loaded. */
  readonly create: (target: EngineTarget) => ManagedSpeechEngine;
  /** Workers shared by all engines: the speech detector. */
  readonly sharedWorkers: () => readonly InferenceWorkerHealth[];
  /** Looks up the available engines. */
  readonly look: () => Promise<ChoiceSetup>;
  /** Available engines before the first look-up. */
  readonly choice: ChoiceSetup;
  /** Settles when the engines for this machine are known. */
  readonly probed: Promise<unknown>;
  readonly machine: () => MachineFacts;
  /**
   * Measures the speed of the machine; `machine` and `look` use the result. Disposed with the pool.
   */
  readonly calibrator: Pick<Calibrator, 'calibrate' | 'dispose'>;
  /** Current load of the machine, for degradation. */
  readonly load: () => MachineLoad;
  /**
   * Returns to the previous version of a model after this error.
   * @returns true if the model has other files now
   */
  readonly rollBack?: (modelId: string, code: ErrorCode) => Promise<boolean>;
  /** Work of a model relative to others; default: of the registry. */
  readonly workOf?: (target: EngineTarget) => number | undefined;
  /** An engine without holders is unloaded after this idle time. */
  readonly unloadIdleMs?: number;
}

const UNLOAD_IDLE_MS = 10 * 60_000;
/** Interval at which free memory is checked; idle engines are unloaded when it is tight. */
const MEMORY_LOOK_MS = 10_000;

interface Entry {
  /** The model loaded, and no load failed since. */
  proven: boolean;
  readonly target: EngineTarget;
  readonly engine: ManagedSpeechEngine;
}

interface SharedRoute {
  readonly route: EngineRoute;
  readonly targets: readonly EngineTarget[];
  holders: number;
}

export function createEnginePool(setup: EnginePoolSetup): ManagedEngines {
  return new EnginePool(setup);
}

class EnginePool implements ManagedEngines {
  private readonly entries = new Map<string, Entry>();
  private readonly routes = new Map<string, SharedRoute>();
  private readonly leases = new Set<SessionLease>();
  private readonly store = new DisposableStore();
  private readonly backoff: LoadBackoff;
  private choice: ChoiceSetup;
  private readonly changed = this.store.add(new Emitter<EngineStateChange>());
  readonly onDidChangeState = this.changed.event;
  private readonly decodes = this.store.add(new Emitter<SessionDecode>());
  readonly onDidBeginDecode = this.decodes.event;
  /** Models whose files are being exchanged. */
  private readonly swapping = new Set<string>();

  constructor(private readonly setup: EnginePoolSetup) {
    this.choice = setup.choice;
    this.backoff = new LoadBackoff(setup.clock);
    this.store.add(setup.calibrator);
    const limit = setup.unloadIdleMs ?? UNLOAD_IDLE_MS;
    this.store.add(setup.clock.setInterval(() => this.unloadIdle(limit), limit / 4));
    this.store.add(
      setup.clock.setInterval(() => {
        if (tight(setup.load())) this.unloadIdle(0);
      }, MEMORY_LOOK_MS),
    );
  }

  get main(): EngineHealth {
    return this.healthOf(this.entry(this.mainTarget()));
  }

  get machine(): MachineFacts {
    return this.setup.machine();
  }

  open(request: EngineRequest): EngineLease {
    void this.refresh();
    const lease = new SessionLease(
      {
        clock: this.setup.clock,
        hold: (asked) => this.hold(asked),
        multilingual: (active) => multilingualInstead(this.choice, active),
        decodes: this.decodes,
        released: (ended) => void this.leases.delete(ended),
      },
      request,
    );
    this.leases.add(lease);
    return lease;
  }

  list(): readonly EngineHealth[] {
    const { main } = this;
    return [
      main,
      ...[...this.entries.values()]
        .filter(({ target }) => !same(target, main))
        .map((entry) => this.healthOf(entry)),
    ];
  }

  workers(): readonly InferenceWorkerHealth[] {
    return [
      ...this.setup.sharedWorkers(),
      ...[...this.entries.values()].flatMap(({ engine }) => engine.workers()),
    ];
  }

  inUse(modelId: string): boolean {
    return [...this.entries.values()].some(
      ({ target, engine }) =>
        target.model === modelId &&
        engine.status.state !== 'UNINITIALIZED' &&
        engine.status.state !== 'ERROR',
    );
  }

  async preload(): Promise<void> {
    const { logger } = this.setup;
    try {
      await this.setup.probed;
      await this.refresh();
      const target = this.mainTarget();
      if (this.choice.models.some((model) => model.id === target.model && !model.installed)) return;
      await this.entry(target).engine.ready();
    } catch (error) {
      logger.warn('engine.preloadFailed', {
        error: isEarmarkError(error) ? error.code : 'unexpected',
      });
    }
  }

  async retry(
    engineRequest: {
      readonly provider?: string | undefined;
      readonly model?: string | undefined;
    } = {},
  ): Promise<void> {
    await this.refresh();
    const matches = ({ provider, model }: EngineTarget): boolean =>
      (engineRequest.provider === undefined || engineRequest.provider === provider) &&
      (engineRequest.model === undefined || engineRequest.model === model);
    const named = engineRequest.provider !== undefined || engineRequest.model !== undefined;
    const routes = [...this.routes.values()].filter(({ route }) => matches(route.preferred));
    const failed = [...this.entries.values()].filter(
      ({ target, engine }) => matches(target) && (named || engine.status.state === 'ERROR'),
    );
    if (named && failed.length === 0)
      throw new EarmarkError(
        'engine.unavailable',
        'No session has used this speech engine yet; start a session with it.',
      );
    const main = named ? [] : [this.entry(this.mainTarget())];
    await Promise.all([
      ...routes.map(({ route }) => route.retry()),
      ...[...main, ...failed].map(({ engine }) => engine.retry()),
    ]);
  }

  renew(provider: string): void {
    for (const { target, engine } of this.entries.values()) {
      if (target.provider !== provider) continue;
      this.backoff.reset(target);
      if (engine.status.state === 'ERROR') engine.retry().catch(() => undefined);
      else engine.unload();
    }
    void this.refresh();
  }

  async swap(modelId: string): Promise<void> {
    this.swapping.add(modelId);
    try {
      await Promise.all(
        [...this.entries.values()]
          .filter(({ target }) => target.model === modelId)
          .map(({ target, engine }) => {
            this.backoff.reset(target);
            return engine.swap();
          }),
      );
    } catch (error) {
      if (!isEarmarkError(error) || !(await this.rollBack(modelId, error.code))) throw error;
      throw new EarmarkError(
        error.code,
        `The new version of ${modelId} failed its test, so Earmark uses the previous one again. ` +
          error.message,
        { cause: error },
      );
    } finally {
      this.swapping.delete(modelId);
    }
  }

  async calibrate(): Promise<Calibration> {
    const calibration = await this.setup.calibrator.calibrate();
    await this.refresh();
    return calibration;
  }

  async refresh(): Promise<void> {
    try {
      this.choice = await this.setup.look();
    } catch (error) {
      this.setup.logger.warn('engine.lookFailed', {
        error: isEarmarkError(error) ? error.code : 'unexpected',
      });
      return;
    }
    for (const lease of this.leases) void this.follow(lease);
  }

  dispose(): void {
    this.store.dispose();
    for (const { route } of this.routes.values()) route.dispose();
    this.routes.clear();
    for (const { engine } of this.entries.values()) engine.dispose();
    this.entries.clear();
  }

  /** Moves a live session without a choice of its own to the best installed engine. */
  private async follow(lease: SessionLease): Promise<void> {
    const { request } = lease;
    if (!request.live || isWish(request)) return;
    try {
      const [best] = chooseEngines(this.choice, request);
      const installed = this.choice.models.some(({ id, installed: is }) => is && id === best.model);
      if (!installed || same(best, lease.preferred)) return;
      await lease.change({});
    } catch (error) {
      this.setup.logger.warn('engine.changeFailed', {
        error: isEarmarkError(error) ? error.code : 'unexpected',
      });
    }
  }

  private hold(request: EngineRequest): HeldRoute {
    const held = this.route(chooseEngines(this.choice, request), isWish(request));
    held.holders++;
    let isHeld = true;
    return {
      route: held.route,
      dispose: () => {
        if (isHeld) this.giveBack(held);
        isHeld = false;
      },
    };
  }

  /** The installed model, otherwise the model to download. */
  private mainTarget(): EngineTarget {
    const { preferred, models } = this.choice;
    const target =
      preferred.find(({ model }) =>
        models.some(({ id, installed }) => id === model && installed),
      ) ?? preferred[0];
    if (!target) throw noSpeechEngine();
    return target;
  }

  private entry(target: EngineTarget): Entry {
    const key = keyOf(target);
    const known = this.entries.get(key);
    if (known) return known;
    const entry: Entry = { target, engine: this.setup.create(target), proven: false };
    this.entries.set(key, entry);
    entry.engine.onDidChangeState((change) => this.stateChanged(entry, change));
    return entry;
  }

  private route(
    targets: readonly [EngineTarget, ...EngineTarget[]],
    explicit: boolean,
  ): SharedRoute {
    const key = JSON.stringify([
      explicit,
      targets.map(({ provider, model, device }) => [provider, model, device]),
    ]);
    const known = this.routes.get(key);
    if (known) return known;
    const { clock, logger } = this.setup;
    const route = new EngineRoute({
      clock,
      logger,
      targets,
      explicit,
      engineOf: (target) => this.entry(target).engine,
      load: () => this.setup.load(),
      backoff: this.backoff,
      costs: {
        ratio: (first, other) => this.ratio(first, other),
        bytes: ({ model }) => this.choice.models.find(({ id }) => id === model)?.residentBytes,
      },
    });
    const held: SharedRoute = { route, targets, holders: 0 };
    this.routes.set(key, held);
    return held;
  }

  /**
   * Work of `other` relative to `first`: measured if both were measured with the same phrase on
   * this machine, otherwise expected from the registry.
   */
  private ratio(first: EngineTarget, other: EngineTarget): number | undefined {
    const measured = (target: EngineTarget): number | undefined =>
      this.entries.get(keyOf(target))?.engine.status.measuredRtf;
    const expected = (target: EngineTarget): number | undefined =>
      this.setup.workOf
        ? this.setup.workOf(target)
        : target.device === 'gpu'
          ? undefined
          : workOf(target.model);
    for (const cost of [measured, expected]) {
      const [of, by] = [cost(other), cost(first)];
      if (of !== undefined && by !== undefined && by > 0) return of / by;
    }
    return undefined;
  }

  private stateChanged(entry: Entry, change: LifecycleChange): void {
    const { target } = entry;
    const { from, to, ms } = change;
    if (to.kind === 'READY') entry.proven = true;
    if (to.kind === 'ERROR') entry.proven = false;
    this.setup.logger.info('engine.state', {
      engine: `${target.provider} ${target.model} ${target.device}`,
      from: from.kind,
      to: to.kind,
      ms: Math.round(ms),
      ...(to.kind === 'ERROR' ? { error: to.code } : {}),
    });
    this.changed.fire({ target, ...change });
    if (to.kind === 'ERROR' && !this.swapping.has(target.model))
      void this.rollBack(target.model, to.code);
  }

  /** Loads the previous version of a model whose files failed. */
  private async rollBack(modelId: string, code: ErrorCode): Promise<boolean> {
    const rolledBack = (await this.setup.rollBack?.(modelId, code)) ?? false;
    if (!rolledBack) return false;
    await Promise.all(
      [...this.entries.values()]
        .filter(({ target, engine }) => target.model === modelId && engine.status.state === 'ERROR')
        .map(({ engine }) => engine.retry().catch(() => undefined)),
    );
    return true;
  }

  /** Disposes a route without holders; the next request creates it again. */
  private giveBack(held: SharedRoute): void {
    if (--held.holders > 0) return;
    held.route.dispose();
    for (const [key, other] of this.routes) if (other === held) this.routes.delete(key);
  }

  private unloadIdle(limitMs: number): void {
    const held = [...this.routes.values()].flatMap(({ route }) => [route.active, route.preferred]);
    for (const { engine, target } of this.entries.values()) {
      if (
        engine.status.state !== 'READY' ||
        held.some((other) => same(other, target)) ||
        this.setup.clock.now() - engine.status.lastUseMs < limitMs
      )
        continue;
      engine.unload();
      this.setup.logger.info('engine.unloaded', { provider: target.provider, model: target.model });
    }
  }

  private healthOf({ target, engine, proven }: Entry): EngineHealth {
    const routes = [...this.routes.values()].filter(({ route }) => same(route.preferred, target));
    const {
      lastUseMs: _lastUseMs,
      rejected: _rejected,
      measuredRtf: _measured,
      recentRtf: _recent,
      ...status
    } = engine.status;
    return {
      ...target,
      ...status,
      proven,
      sessions: routes.reduce((sum, { holders }) => sum + holders, 0),
      degradationLevel:
        DEGRADATION_LEVELS[
          Math.max(
            0,
            ...routes.map(({ route }) => DEGRADATION_LEVELS.indexOf(route.degradationLevel)),
          )
        ] ?? 'NORMAL',
    };
  }
}

function isWish({ provider, model }: EngineRequest): boolean {
  return [provider, model].some((name) => name !== undefined && name !== '' && name !== 'auto');
}
