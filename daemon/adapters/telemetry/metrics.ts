/** The metrics that `telemetry/metrics.ts` declares, in prom-client. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  COUNTERS,
  type CounterName,
  type Declared,
  type MetricRecorder,
  GAUGES,
  type GaugeName,
  type GaugeValue,
  type PhraseName,
  type Stage,
  TIMINGS,
  type TimingName,
} from '../../telemetry/metrics';
import type { PhraseTraces } from '../../telemetry/phraseTraces';

const PREFIX = 'earmark_';
/** Seconds: from the work for a frame to a phrase that waited for a model. */
const BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60,
];

export interface TimingSummary {
  readonly count: number;
  readonly meanMs: number;
}

type Bound<T> = Map<string, T>;

export class Metrics implements MetricRecorder {
  private readonly registry = new Registry();
  private readonly counters = declare(COUNTERS, (name, { help, label }) => ({
    metric: new Counter({
      name: `${PREFIX}${name}_total`,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.registry],
    }),
    label,
    bound: new Map() as Bound<{ inc(by: number): void }>,
    totals: new Map<string, number>(),
  }));
  private readonly timings = declare(TIMINGS, (name, { help, label }) => ({
    metric: new Histogram({
      name: `${PREFIX}${name}_seconds`,
      help,
      buckets: BUCKETS,
      labelNames: label === undefined ? [] : [label],
      registers: [this.registry],
    }),
    label,
    bound: new Map() as Bound<{ observe(seconds: number): void }>,
    count: 0,
    sumMs: 0,
  }));
  private readonly gauges = declare(GAUGES, (name, { help, label }) => ({
    metric: new Gauge({
      name: `${PREFIX}${name}`,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.registry],
    }),
    label,
  }));

  /** @param gauges read at every request */
  constructor(
    private readonly traces: PhraseTraces,
    private readonly readGauges: () => readonly GaugeValue[],
  ) {}

  count(name: CounterName, by = 1, label = ''): void {
    const counter = this.counters[name];
    let bound = counter.bound.get(label);
    if (!bound)
      counter.bound.set(
        label,
        (bound = counter.label === undefined ? counter.metric : counter.metric.labels(label)),
      );
    bound.inc(by);
    counter.totals.set(label, (counter.totals.get(label) ?? 0) + by);
  }

  observe(name: TimingName, ms: number, label = ''): void {
    const timing = this.timings[name];
    let bound = timing.bound.get(label);
    if (!bound)
      timing.bound.set(
        label,
        (bound = timing.label === undefined ? timing.metric : timing.metric.labels(label)),
      );
    bound.observe(ms / 1000);
    timing.count++;
    timing.sumMs += ms;
  }

  stage(phrase: PhraseName, stage: Stage, ms: number): void {
    this.observe('phrase_stage', ms, stage);
    this.traces.add(phrase, stage, ms);
  }

  /** Sum over all labels, or the value of one label. */
  total(name: CounterName, label?: string): number {
    const { totals } = this.counters[name];
    return label === undefined
      ? [...totals.values()].reduce((a, b) => a + b, 0)
      : (totals.get(label) ?? 0);
  }

  timing(name: TimingName): TimingSummary {
    const { count, sumMs } = this.timings[name];
    return { count, meanMs: count === 0 ? 0 : sumMs / count };
  }

  /** Returns the text form of Prometheus. */
  async text(): Promise<string> {
    this.fill();
    return this.registry.metrics();
  }

  /** Current gauges, and a summary of counters and timings; saved each minute. */
  snapshot(): Record<string, number> {
    const flat: Record<string, number> = {};
    for (const { name, value, label } of this.readGauges())
      flat[label === undefined ? name : `${name}.${label}`] = round(value);
    for (const [name, { totals }] of Object.entries(this.counters))
      for (const [label, value] of totals) flat[label === '' ? name : `${name}.${label}`] = value;
    for (const name of Object.keys(this.timings) as TimingName[]) {
      const { count, meanMs } = this.timing(name);
      if (count > 0)
        Object.assign(flat, { [`${name}.count`]: count, [`${name}.meanMs`]: round(meanMs) });
    }
    return flat;
  }

  private fill(): void {
    for (const { metric } of Object.values(this.gauges)) metric.reset();
    for (const { name, value, label } of this.readGauges()) {
      const gauge = this.gauges[name];
      if (label === undefined) gauge.metric.set(value);
      else gauge.metric.labels(label).set(value);
    }
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function declare<N extends CounterName | TimingName | GaugeName, T>(
  declared: Readonly<Record<N, Declared>>,
  make: (name: N, what: Declared) => T,
): Record<N, T> {
  return Object.fromEntries(
    Object.entries<Declared>(declared).map(([name, what]) => [name, make(name as N, what)]),
  ) as Record<N, T>;
}
