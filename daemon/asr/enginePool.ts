/**
 * The engines of this daemon: one for each provider, model and device that somebody asked for, made when they do, shared
 * by all who ask for the same, unloaded when nobody used it for a while.
 */
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore, toDisposable } from '../base/disposable';
import type { Logger } from '../base/logger';
import type { EngineLease, EngineRequest } from '../session/ports';
import { chooseEngines, type ChoiceSetup, same } from './engineChoice';
import type { EngineHealth, EngineTarget, ManagedEngines } from './enginesApi';
import type { InferenceWorkerHealth, ManagedSpeechEngine } from './speechEngineApi';

export interface EnginePoolSetup {
  readonly clock: Clock;
  readonly logger: Logger;
  /** A new engine, not loaded. */
  readonly create: (target: EngineTarget) => ManagedSpeechEngine;
  /** Workers that no single engine owns: the speech detector. */
  readonly sharedWorkers: () => readonly InferenceWorkerHealth[];
  /** What is there to choose from, looked up anew. */
  readonly look: () => Promise<ChoiceSetup>;
  /** What to choose from before the first look. */
  readonly choice: ChoiceSetup;
  /** An engine that nobody holds and that was not used for so long is unloaded. */
  readonly unloadIdleMs?: number;
}

const UNLOAD_IDLE_MS = 10 * 60_000;

interface Entry {
  readonly target: EngineTarget;
  readonly engine: ManagedSpeechEngine;
  holders: number;
}

export function createEnginePool(setup: EnginePoolSetup): ManagedEngines {
  return new EnginePool(setup);
}

class EnginePool implements ManagedEngines {
  private readonly entries = new Map<string, Entry>();
  private readonly store = new DisposableStore();
  private choice: ChoiceSetup;

  constructor(private readonly setup: EnginePoolSetup) {
    this.choice = setup.choice;
    const limit = setup.unloadIdleMs ?? UNLOAD_IDLE_MS;
    this.store.add(setup.clock.setInterval(() => this.unloadIdle(limit), limit / 4));
  }

  get main(): EngineHealth {
    return this.healthOf(this.entry(this.mainTarget()));
  }

  open(request: EngineRequest): EngineLease {
    void this.refresh();
    const [target] = chooseEngines(this.choice, request);
    const entry = this.entry(target);
    entry.holders++;
    return lease(entry.engine, toDisposable(() => entry.holders--));
  }

  list(): readonly EngineHealth[] {
    const { main } = this;
    return [main, ...[...this.entries.values()].filter(({ target }) => !same(target, main)).map((entry) => this.healthOf(entry))];
  }

  workers(): readonly InferenceWorkerHealth[] {
    return [...this.setup.sharedWorkers(), ...[...this.entries.values()].flatMap(({ engine }) => engine.workers())];
  }

  inUse(modelId: string): boolean {
    return [...this.entries.values()].some(({ target, engine }) => target.model === modelId && engine.state !== 'UNINITIALIZED' && engine.state !== 'ERROR');
  }

  async preload(): Promise<void> {
    const { logger } = this.setup;
    try {
      await this.refresh();
      const target = this.mainTarget();
      if (this.choice.models.some((model) => model.id === target.model && !model.installed)) return;
      await this.entry(target).engine.ready();
    } catch (error) {
      logger.warn('engine.preloadFailed', { error: isEarmarkError(error) ? error.code : 'unexpected' });
    }
  }

  async retry(wish: { readonly provider?: string | undefined; readonly model?: string | undefined } = {}): Promise<void> {
    await this.refresh();
    const wanted = [...this.entries.values()].filter(({ target }) => (wish.provider === undefined || wish.provider === target.provider) && (wish.model === undefined || wish.model === target.model));
    const named = wish.provider !== undefined || wish.model !== undefined;
    const targets = named ? wanted : [this.entry(this.mainTarget()), ...wanted.filter(({ engine }) => engine.state === 'ERROR')];
    if (targets.length === 0) throw new EarmarkError('engine.unavailable', 'This speech engine was not asked for yet; start a session with it.');
    await Promise.all(targets.map(({ engine }) => engine.retry()));
  }

  async refresh(): Promise<void> {
    try {
      this.choice = await this.setup.look();
    } catch (error) {
      this.setup.logger.warn('engine.lookFailed', { error: isEarmarkError(error) ? error.code : 'unexpected' });
    }
  }

  dispose(): void {
    this.store.dispose();
    for (const { engine } of this.entries.values()) engine.dispose();
    this.entries.clear();
  }

  /** What is installed, else what would be fetched. */
  private mainTarget(): EngineTarget {
    const { preferred, models } = this.choice;
    const target = preferred.find(({ model }) => models.some(({ id, installed }) => id === model && installed)) ?? preferred[0];
    if (!target) throw new EarmarkError('engine.unavailable', 'No speech engine is set up; choose one in the settings.');
    return target;
  }

  private entry(target: EngineTarget): Entry {
    const key = JSON.stringify([target.provider, target.model, target.device]);
    const known = this.entries.get(key);
    if (known) return known;
    const entry: Entry = { target, engine: this.setup.create(target), holders: 0 };
    this.entries.set(key, entry);
    return entry;
  }

  private unloadIdle(limitMs: number): void {
    for (const { engine, holders, target } of this.entries.values()) {
      if (holders > 0 || engine.state !== 'READY' || this.setup.clock.now() - engine.lastUse < limitMs) continue;
      engine.unload();
      this.setup.logger.info('engine.unloaded', { provider: target.provider, model: target.model });
    }
  }

  private healthOf({ target, engine, holders }: Entry): EngineHealth {
    return {
      ...target,
      state: engine.state,
      rtf: engine.figures,
      queuedMs: engine.queuedMs,
      queue: engine.queue,
      rssBytes: engine.workers().reduce((sum, { rssBytes }) => sum + (rssBytes ?? 0), 0),
      errors: engine.errors,
      sessions: holders,
      ...(engine.loadMs === undefined ? {} : { loadMs: engine.loadMs }),
      ...(engine.error === undefined ? {} : { error: engine.error }),
    };
  }
}

/** The engine as one session holds it. */
function lease(engine: ManagedSpeechEngine, held: Disposable): EngineLease {
  return {
    provider: engine.provider,
    model: engine.model,
    ready: () => engine.ready(),
    decode: (pcm, options, signal) => engine.decode(pcm, options, signal),
    get idle() {
      return engine.idle;
    },
    get queuedMs() {
      return engine.queuedMs;
    },
    get rtf() {
      return engine.rtf;
    },
    detectors: engine.detectors,
    onDidWarn: engine.onDidWarn,
    dispose: () => held.dispose(),
  };
}
