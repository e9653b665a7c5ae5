/** Monitors the daemon: metrics, traces, alerts, a snapshot each minute. */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { ManagedEngines } from '../../asr/contract/enginesApi';
import { poolStats } from '../../audio/pools';
import type { Clock } from '../../base/clock';
import { type Disposable, DisposableStore } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import { DEGRADATION_LEVELS } from '../../degrade/degradation';
import type { SessionStore } from '../../session/contract/store';
import type { SessionView } from '../../session/contract/api';
import type { AlertSample } from '../../telemetry/alerts';
import { AlertWatch } from '../../telemetry/alertWatch';
import { type Condition, type LoggedError, type Part, partsOf } from '../../telemetry/condition';
import { DecodeWatch } from '../../telemetry/decodeWatch';
import type {
  MetricRecorder,
  GaugeValue,
  PhraseName,
  Stage,
  TimingName,
  CounterName,
} from '../../telemetry/metrics';
import { type PhraseTrace, PhraseTraces } from '../../telemetry/phraseTraces';
import { type TeamState, teamGauges } from '../../telemetry/teamState';
import { RecentTimes } from '../../telemetry/recentTimes';
import { LoopStalls } from './loopStalls';
import { Metrics } from './metrics';
import { RotatingFile } from './rotatingFile';

const SAVE_MS = 60_000;
/** Minimum of finals for a meaningful percentile. */
const FINALS_LEAST = 5;
const FINALS_WINDOW_MS = 5 * 60_000;

/** Facts that are read on request; available after the daemon is composed. */
export interface TelemetryFacts {
  readonly engines: ManagedEngines;
  readonly sessions: () => readonly SessionView[];
  readonly connections: () => number;
  readonly traffic: () => { readonly read: number; readonly written: number };
  readonly storeProblem: () => string | undefined;
  readonly settingProblems: () => readonly string[];
  /** Reason why transcripts are kept only in memory. */
  readonly inMemory: () => string | undefined;
  /** Sentence for the user about the debug audio dump. */
  readonly dump: () => string | undefined;
  readonly draining: () => boolean;
  /** Undefined without a team. */
  readonly team?: () => TeamState;
  readonly lastErrors: () => readonly LoggedError[];
}

export interface TelemetrySetup {
  readonly home: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Telemetry implements MetricRecorder, Disposable {
  private readonly disposables = new DisposableStore();
  private readonly traces: PhraseTraces;
  private readonly metrics: Metrics;
  private readonly finals = new RecentTimes();
  private readonly decodes: DecodeWatch;
  private readonly watch: AlertWatch;
  private readonly saved: RotatingFile;
  private facts: TelemetryFacts | undefined;
  private diskFree: number | undefined;
  private loop = performance.eventLoopUtilization();
  private readonly stalls: LoopStalls;

  constructor(private readonly setup: TelemetrySetup) {
    const { clock, logger, home } = setup;
    this.traces = new PhraseTraces(({ trace, stages }, session) =>
      logger.debug('phrase.stages', { session, trace, ...stages }),
    );
    this.metrics = new Metrics(this.traces, () => this.gauges());
    this.decodes = new DecodeWatch(clock, this);
    this.stalls = this.disposables.add(
      new LoopStalls(clock, (ms) => this.observe('event_loop_stall', ms)),
    );
    this.saved = this.disposables.add(new RotatingFile(join(home, 'logs'), 'metrics'));
    this.watch = this.disposables.add(
      new AlertWatch({ clock, logger, sample: () => this.sample() }),
    );
    this.disposables.add(clock.setInterval(() => this.save(), SAVE_MS));
    this.disposables.add(clock.setInterval(() => this.lookAtDisk(), SAVE_MS / 4));
    this.lookAtDisk();
  }

  get onDidAlert(): AlertWatch['onDidChange'] {
    return this.watch.onDidChange;
  }

  get phraseTraces(): readonly PhraseTrace[] {
    return this.traces.recent;
  }

  /** Makes health queries available. */
  begin(facts: TelemetryFacts): void {
    this.facts = facts;
    this.disposables.add(
      facts.engines.onDidChangeState(({ from, to, ms }) => {
        this.count('engine_states', 1, to.kind);
        if (from.kind === 'LOADING' || from.kind === 'WARMING_UP')
          this.observe('engine_load', ms, from.kind);
      }),
    );
    this.disposables.add(facts.engines.onDidBeginDecode((decode) => this.decodes.follow(decode)));
  }

  /** Returns the same store with timed calls, including their queueing. */
  watchStore(store: SessionStore): SessionStore {
    return new Proxy(store, {
      get: (target, name) => {
        const call = Reflect.get(target, name) as (...given: unknown[]) => Promise<unknown>;
        return (...given: unknown[]): Promise<unknown> => {
          const begun = this.setup.clock.now();
          return call
            .apply(target, given)
            .finally(() => this.observe('store', this.setup.clock.now() - begun, String(name)));
        };
      },
    });
  }

  count(name: CounterName, by?: number, label?: string): void {
    this.metrics.count(name, by, label);
  }

  observe(name: TimingName, ms: number, label?: string): void {
    if (name === 'final_latency') this.finals.add(this.setup.clock.now(), ms);
    this.metrics.observe(name, ms, label);
  }

  stage(phrase: PhraseName, stage: Stage, ms: number): void {
    this.metrics.stage(phrase, stage, ms);
  }

  text(): Promise<string> {
    return this.metrics.text();
  }

  condition(): Condition {
    const parts = this.parts();
    return {
      ready: ready(parts),
      parts,
      alerts: this.watch.raised,
      metrics: this.metrics.snapshot(),
      lastErrors: this.facts?.lastErrors() ?? [],
    };
  }

  /** True if a session can start now. */
  get ready(): boolean {
    return ready(this.parts());
  }

  /**
   * True if a phrase could be decoded now: an engine is loaded, or was loaded and freed its memory
   * without a failure.
   */
  get canDecode(): boolean {
    const engines = this.facts?.engines.list() ?? [];
    return (
      this.ready &&
      engines.some(({ state, proven }) => state === 'READY' || (proven && state !== 'ERROR'))
    );
  }

  private parts(): readonly Part[] {
    const alerts = this.watch.raised;
    return this.facts
      ? partsOf({
          engines: this.facts.engines.list(),
          detector: this.facts.engines.workers().find(({ name }) => name.includes('vad'))?.state,
          storeProblem: this.facts.storeProblem(),
          settingProblems: this.facts.settingProblems(),
          draining: this.facts.draining(),
          alerts,
        })
      : [];
  }

  dispose(): void {
    this.disposables.dispose();
  }

  /** Saves a snapshot; also runs each minute. */
  save(): void {
    this.saved.write(
      `${JSON.stringify({ time: new Date(this.setup.clock.wall()).toISOString(), ...this.metrics.snapshot() })}\n`,
    );
  }

  private lookAtDisk(): void {
    statfs(this.setup.home).then(
      ({ bavail, bsize }) => (this.diskFree = bavail * bsize),
      () => (this.diskFree = undefined),
    );
  }

  private sample(): AlertSample {
    const engines = this.facts?.engines.list() ?? [];
    const nowMs = this.setup.clock.now();
    return {
      nowMs,
      failedEngines: engines.flatMap(({ state, error }) =>
        state === 'ERROR' ? [error ?? 'Speech recognition failed; run "earmark doctor".'] : [],
      ),
      rtf: this.decodes.rtf,
      errorsInRow: this.decodes.errorsInRow,
      degradationLevel: engines
        .map(({ degradationLevel }) => degradationLevel)
        .reduce(
          (worst, degradationLevel) =>
            DEGRADATION_LEVELS.indexOf(degradationLevel) > DEGRADATION_LEVELS.indexOf(worst)
              ? degradationLevel
              : worst,
          DEGRADATION_LEVELS[0],
        ),
      oldestWaitMs: this.decodes.oldestWaitMs,
      finalP95Ms: this.finals.percentile(0.95, nowMs - FINALS_WINDOW_MS, FINALS_LEAST),
      framesLost: this.metrics.total('frames_dropped', 'lost'),
      deadLetters: this.facts?.team?.().queue?.deadEver,
      diskFreeBytes: this.diskFree,
      inMemory: this.facts?.inMemory(),
      settingProblems: this.facts?.settingProblems() ?? [],
      dump: this.facts?.dump(),
      residentBytes: process.memoryUsage.rss() + this.workersBytes(),
    };
  }

  private workersBytes(): number {
    return (this.facts?.engines.workers() ?? []).reduce(
      (sum, { rssBytes }) => sum + (rssBytes ?? 0),
      0,
    );
  }

  private gauges(): readonly GaugeValue[] {
    const { facts, metrics } = this;
    this.stalls.look();
    const loop = performance.eventLoopUtilization(this.loop);
    this.loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    const skipped = metrics.total('vad_windows', 'skipped');
    const windows = metrics.total('vad_windows');
    const own: GaugeValue[] = [
      { name: 'vad_skip_ratio', value: windows === 0 ? 0 : skipped / windows },
      { name: 'oldest_wait_seconds', value: this.decodes.oldestWaitMs / 1000 },
      { name: 'resident_bytes', label: 'daemon', value: process.memoryUsage.rss() },
      { name: 'resident_bytes', label: 'workers', value: this.workersBytes() },
      { name: 'heap_bytes', value: process.memoryUsage().heapUsed },
      { name: 'cpu_seconds', value: (cpu.user + cpu.system) / 1e6 },
      { name: 'event_loop_utilization', value: loop.utilization },
      ...(this.diskFree === undefined
        ? []
        : [{ name: 'disk_free_bytes' as const, value: this.diskFree }]),
      ...poolStats().flatMap(({ name, used, free, taken, made }): GaugeValue[] => [
        { name: 'pool_buffers', label: `${name} used`, value: used },
        { name: 'pool_buffers', label: `${name} free`, value: free },
        { name: 'pool_buffers', label: `${name} made`, value: made },
        { name: 'pool_reuse_ratio', label: name, value: taken === 0 ? 0 : 1 - made / taken },
      ]),
      ...this.watch.raised.map(({ id }) => ({ name: 'alerts' as const, label: id, value: 1 })),
    ];
    if (!facts) return own;
    const engines = facts.engines.list();
    const states = new Map<string, number>();
    if (facts.storeProblem() === undefined)
      for (const { record } of facts.sessions())
        states.set(record.state, (states.get(record.state) ?? 0) + 1);
    const { read, written } = facts.traffic();
    return [
      ...own,
      { name: 'connections', value: facts.connections() },
      ...[...states].map(([label, value]) => ({ name: 'sessions' as const, label, value })),
      {
        name: 'queue_seconds',
        value: engines.reduce((sum, { queuedMs }) => sum + queuedMs, 0) / 1000,
      },
      { name: 'queue_phrases', value: engines.reduce((sum, { queue }) => sum + queue.waiting, 0) },
      ...engines.map(({ provider, model, degradationLevel }) => ({
        name: 'degradation_level' as const,
        label: `${provider} ${model}`,
        value: DEGRADATION_LEVELS.indexOf(degradationLevel),
      })),
      ...engines.map(({ provider, model, state }) => ({
        name: 'engine_ready' as const,
        label: `${provider} ${model}`,
        value: state === 'READY' ? 1 : 0,
      })),
      { name: 'errors_in_row', value: this.decodes.errorsInRow },
      {
        name: 'worker_restarts',
        value: facts.engines.workers().reduce((sum, { restarts }) => sum + restarts, 0),
      },
      { name: 'network_bytes', label: 'in', value: read },
      { name: 'network_bytes', label: 'out', value: written },
      ...(facts.team ? teamGauges(facts.team()) : []),
    ];
  }
}

function ready(parts: readonly Part[]): boolean {
  return parts.length > 0 && parts.every(({ state }) => state !== 'failed');
}
