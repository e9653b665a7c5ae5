/**
 * Keeps one inference worker running: starts it, loads its model, and watches its heartbeats,
 * memory and call times. Restarts it after a crash while the budget lasts; then it stays in an
 * error until the next `start`. A crash rejects the calls in flight, so that their owners can
 * repeat them.
 */
import { EarmarkError } from '../../../../protocol/errors';
import type { InferenceWorkerHealth } from '../../../asr/contract/speechEngineApi';
import type { Clock } from '../../../base/clock';
import type { Disposable } from '../../../base/disposable';
import { Emitter } from '../../../base/emitter';
import type { Logger } from '../../../base/logger';
import { workerLimitOf } from '../../../models/memory';
import { CrashBudget } from './crashBudget';
import {
  HEARTBEAT_MS,
  type FromWorker,
  type ToWorker,
  type WorkerCalls,
  type WorkerMethod,
} from './workerProtocol';
import { decodeCancelled } from '../../../asr/contract/errors';

/** Used part of a child process; tests implement their own. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  send(message: ToWorker): void;
  kill(): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** Called once, also if the process could not start. `detail` is the end of its stderr. */
  onExit(listener: (reason: string, detail: string) => void): void;
}

export interface SupervisorLimits {
  readonly missedHeartbeats: number;
  /** Minimum time limit; a large model may take longer. */
  readonly loadTimeoutMs: number;
  /** Absent: the limit depends on the model's size. */
  readonly memoryBytes: number;
}

const defaultLimits: SupervisorLimits = {
  missedHeartbeats: 3,
  loadTimeoutMs: 60_000,
  memoryBytes: 1_500_000_000,
};

/** Read rate of a slow disk, in bytes of a model a second. */
const LOAD_BYTES_PER_MS = 10_000;

/**
 * A worker over its memory cap is replaced between calls; over this multiple of the cap,
 * immediately.
 */
const HARD_CAP = 1.5;

export interface SupervisorSetup {
  readonly name: string;
  readonly spawn: () => WorkerProcess;
  /** Returns the model to load at each start. */
  readonly load: () => Promise<WorkerCalls['load']['params']>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<SupervisorLimits>;
  /** Shared with the other workers of the engine; a separate budget if absent. */
  readonly budget?: CrashBudget;
}

type State =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting'; readonly done: Promise<void>; readonly first: boolean }
  | { readonly kind: 'ready'; readonly worker: WorkerProcess }
  | { readonly kind: 'failed'; readonly error: EarmarkError };

interface Call {
  readonly method: WorkerMethod;
  settle(outcome: { value: unknown } | { error: EarmarkError }): void;
}

export class WorkerSupervisor implements Disposable {
  private state: State = { kind: 'stopped' };
  private readonly limits: SupervisorLimits;
  private readonly calls = new Map<number, Call>();
  private readonly budget: CrashBudget;
  private readonly restarted = new Emitter<{ readonly name: string }>();
  private nextId = 1;
  /** Counts starts and stops; results of an older generation are dropped. */
  private generation = 0;
  private restarts = 0;
  private rssBytes: number | undefined;
  private beaten = true;
  private missed = 0;
  private watch: Disposable | undefined;
  private recycle = false;
  private memoryBytes: number;
  /** The current process; messages of an older process are dropped. */
  private worker: WorkerProcess | undefined;
  private readonly budgetSpent: Disposable;
  readonly onDidRestart = this.restarted.event;

  constructor(private readonly setup: SupervisorSetup) {
    this.limits = { ...defaultLimits, ...setup.limits };
    this.memoryBytes = this.limits.memoryBytes;
    this.budget = setup.budget ?? new CrashBudget(setup.clock);
    this.budgetSpent = this.budget.onDidSpend((error) => this.giveUp(error));
  }

  /**
   * Starts and loads; concurrent callers share one start. After a failure it tries again, with a
   * fresh budget if the old one was spent. @throws EarmarkError model.*, engine.*
   */
  start(): Promise<void> {
    if (this.state.kind === 'ready') return Promise.resolve();
    if (this.state.kind === 'starting') return this.state.done;
    this.budget.begin();
    return this.begin(true);
  }

  stop(): void {
    this.generation++;
    this.state = { kind: 'stopped' };
    this.end(
      new EarmarkError('engine.unavailable', 'The speech engine was stopped; start it again.'),
    );
  }

  dispose(): void {
    this.stop();
    this.budgetSpent.dispose();
    this.restarted.dispose();
  }

  health(): InferenceWorkerHealth {
    const state =
      this.state.kind === 'starting'
        ? this.state.first
          ? 'starting'
          : 'restarting'
        : this.state.kind === 'ready' && this.calls.size > 0
          ? 'busy'
          : this.state.kind;
    return {
      name: this.setup.name,
      state,
      restarts: this.restarts,
      ...(this.worker?.pid === undefined ? {} : { pid: this.worker.pid }),
      ...(this.rssBytes === undefined || !this.worker ? {} : { rssBytes: this.rssBytes }),
    };
  }

  /**
   * @throws EarmarkError engine.crashed if the worker died during the call, engine.timeout,
   * engine.unavailable if no worker runs, rpc.cancelled, and the worker's own errors
   */
  async call<M extends WorkerMethod>(
    method: M,
    params: WorkerCalls[M]['params'],
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<WorkerCalls[M]['result']> {
    if (this.state.kind === 'starting') await this.state.done;
    if (this.state.kind === 'failed') throw this.state.error;
    if (this.state.kind !== 'ready')
      throw new EarmarkError(
        'engine.unavailable',
        'The speech engine is not started; start it again.',
      );
    return this.send(this.state.worker, method, params, options);
  }

  private begin(first: boolean): Promise<void> {
    const generation = ++this.generation;
    const done = this.bringUp(first, generation).catch((cause: unknown) => {
      const error =
        cause instanceof EarmarkError
          ? cause
          : new EarmarkError(
              'engine.unavailable',
              'Could not start the inference worker; run `earmark doctor` to see why.',
              { cause },
            );
      if (generation === this.generation) this.giveUp(error);
      throw error;
    });
    // Callers that wait for the start hold this promise too; this handler keeps an unobserved
    // failure from ending the process.
    done.catch(() => undefined);
    // The crash that triggers this start may have spent the budget.
    if (generation === this.generation) this.state = { kind: 'starting', done, first };
    return done;
  }

  /** Tries until a worker has loaded its model or the budget is spent. */
  private async bringUp(first: boolean, generation: number): Promise<void> {
    for (let attempt = first ? 0 : 1; ; attempt++) {
      if (attempt > 0) {
        this.budget.crashed(this.setup.name);
        this.restarts++;
      }
      const params = await this.setup.load();
      this.requireCurrent(generation);
      const { residentBytes } = params.model;
      if (residentBytes !== undefined && this.setup.limits?.memoryBytes === undefined)
        this.memoryBytes = workerLimitOf(residentBytes);
      const worker = this.spawn();
      try {
        const timeoutMs = Math.max(
          this.limits.loadTimeoutMs,
          (residentBytes ?? 0) / LOAD_BYTES_PER_MS,
        );
        await this.send(worker, 'load', params, { timeoutMs });
        this.requireCurrent(generation);
        this.state = { kind: 'ready', worker };
        if (!first) this.restarted.fire({ name: this.setup.name });
        return;
      } catch (error) {
        this.requireCurrent(generation);
        const died =
          error instanceof EarmarkError &&
          (error.code === 'engine.crashed' || error.code === 'engine.timeout');
        if (!died) throw error;
      }
    }
  }

  private requireCurrent(generation: number): void {
    if (generation !== this.generation)
      throw new EarmarkError(
        'engine.unavailable',
        'The speech engine was stopped; start it again.',
      );
  }

  /** Stops until the next start; a worker that was stopped on purpose stays stopped. */
  private giveUp(error: EarmarkError): void {
    if (this.state.kind === 'stopped' || this.state.kind === 'failed') return;
    this.generation++;
    this.state = { kind: 'failed', error };
    this.setup.logger.error('worker.failed', { name: this.setup.name, error: error.code });
    this.end(error);
  }

  private spawn(): WorkerProcess {
    const worker = this.setup.spawn();
    this.worker = worker;
    this.recycle = false;
    this.rssBytes = undefined;
    this.beaten = true;
    this.missed = 0;
    worker.onMessage((message) => {
      if (this.worker === worker) this.onMessage(message);
    });
    worker.onExit((reason, detail) => {
      if (this.worker === worker) this.onExit(reason, detail);
    });
    this.watch?.dispose();
    this.watch = this.setup.clock.setInterval(() => this.onTick(), HEARTBEAT_MS);
    return worker;
  }

  private send<M extends WorkerMethod>(
    worker: WorkerProcess,
    method: M,
    params: WorkerCalls[M]['params'],
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<WorkerCalls[M]['result']> {
    if (signal?.aborted) return Promise.reject(decodeCancelled());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = this.setup.clock.setTimeout(() => {
        this.calls.get(id)?.settle({
          error: new EarmarkError(
            'engine.timeout',
            'The speech engine took too long to decode a phrase and was restarted.',
          ),
        });
        if (this.worker === worker) this.crash('timeout');
      }, timeoutMs);
      const onAbort = (): void => worker.send({ kind: 'cancel', id });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.calls.set(id, {
        method,
        settle: (outcome) => {
          this.calls.delete(id);
          timer.dispose();
          signal?.removeEventListener('abort', onAbort);
          if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.value as WorkerCalls[M]['result']);
        },
      });
      worker.send({ kind: 'call', id, method, params } as ToWorker);
    });
  }

  private onMessage(message: FromWorker): void {
    this.beaten = true;
    this.missed = 0;
    if (message.kind === 'heartbeat') this.onMemory(message.rssBytes);
    else if (message.kind === 'result')
      this.calls.get(message.id)?.settle({ value: message.value });
    else
      this.calls
        .get(message.id)
        ?.settle({ error: new EarmarkError(message.code, message.message) });
    if (this.recycle && this.calls.size === 0) this.crash('memory');
  }

  private onMemory(rssBytes: number): void {
    this.rssBytes = rssBytes;
    if (rssBytes <= this.memoryBytes) return;
    this.recycle = true;
    if (rssBytes > this.memoryBytes * HARD_CAP) this.crash('memory');
  }

  /** Counts ticks instead of time, so that sleep of the computer counts as no missed heartbeat. */
  private onTick(): void {
    this.missed = this.beaten ? 0 : this.missed + 1;
    this.beaten = false;
    // During a call the worker may be in native code; the call's time limit then applies.
    if (this.missed >= this.limits.missedHeartbeats && this.calls.size === 0) this.crash('silent');
  }

  private crash(reason: string): void {
    const worker = this.worker;
    if (!worker) return;
    this.onExit(reason, '');
    worker.kill();
  }

  private onExit(reason: string, detail: string): void {
    this.setup.logger.warn('worker.ended', {
      name: this.setup.name,
      reason,
      ...(detail === '' ? {} : { detail }),
    });
    const wasReady = this.state.kind === 'ready';
    this.worker = undefined;
    this.watch?.dispose();
    // A failed load is retried by its own loop.
    if (wasReady) void this.begin(false);
    this.rejectCalls(
      new EarmarkError(
        'engine.crashed',
        'The speech engine stopped during a phrase and is being restarted.',
      ),
    );
  }

  private end(error: EarmarkError): void {
    const worker = this.worker;
    this.worker = undefined;
    this.watch?.dispose();
    this.rejectCalls(error);
    worker?.kill();
  }

  private rejectCalls(error: EarmarkError): void {
    for (const call of [...this.calls.values()]) call.settle({ error });
  }
}
