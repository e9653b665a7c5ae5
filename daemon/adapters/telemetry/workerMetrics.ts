/** Metrics of a team worker: decodes and resources, under the daemon's metric names. */
import { performance } from 'node:perf_hooks';
import type {
  CounterName,
  MetricRecorder,
  GaugeValue,
  PhraseName,
  Stage,
  TimingName,
} from '../../telemetry/metrics';
import { PhraseTraces } from '../../telemetry/phraseTraces';
import { Metrics } from './metrics';

export interface WorkerFacts {
  readonly slots: number;
  readonly busy: number;
  /** Memory of the processes with the model. */
  readonly rssBytes: number;
}

export class WorkerMetrics implements MetricRecorder {
  private readonly metrics = new Metrics(new PhraseTraces(() => undefined), () => this.gauges());
  private facts: (() => WorkerFacts) | undefined;
  private loop = performance.eventLoopUtilization();

  /** Makes metrics available. */
  begin(facts: () => WorkerFacts): void {
    this.facts = facts;
  }

  count(name: CounterName, by?: number, label?: string): void {
    this.metrics.count(name, by, label);
  }

  observe(name: TimingName, ms: number, label?: string): void {
    this.metrics.observe(name, ms, label);
  }

  stage(phrase: PhraseName, stage: Stage, ms: number): void {
    this.metrics.stage(phrase, stage, ms);
  }

  text(): Promise<string> {
    return this.metrics.text();
  }

  private gauges(): readonly GaugeValue[] {
    const loop = performance.eventLoopUtilization(this.loop);
    this.loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    const facts = this.facts?.();
    return [
      { name: 'resident_bytes', label: 'daemon', value: process.memoryUsage.rss() },
      { name: 'heap_bytes', value: process.memoryUsage().heapUsed },
      { name: 'cpu_seconds', value: (cpu.user + cpu.system) / 1e6 },
      { name: 'event_loop_utilization', value: loop.utilization },
      ...(facts
        ? [
            { name: 'resident_bytes' as const, label: 'workers', value: facts.rssBytes },
            { name: 'decoders' as const, label: 'busy', value: facts.busy },
            {
              name: 'decoders' as const,
              label: 'free',
              value: Math.max(0, facts.slots - facts.busy),
            },
          ]
        : []),
    ];
  }
}
