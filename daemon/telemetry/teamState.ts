/** What a server knows of its team, and the metrics of it. */
import type { GaugeValue } from './metrics';

export interface TeamState {
  /** How many, by model. */
  readonly workers: ReadonlyMap<string, number>;
  /** Phrases that all of them decode at once, and those they decode now. */
  readonly slots: number;
  readonly busy: number;
  /** Absent while NATS does not tell. */
  readonly queue?: {
    /** Finals that wait or are being decoded, of all servers. */
    readonly phrases: number;
    /** Of the oldest one. */
    readonly ageMs: number;
    /** Dead letters that NATS keeps, and how many there ever were. */
    readonly deadLetters: number;
    readonly deadEver: number;
  };
}

export function teamGauges({ workers, slots, busy, queue }: TeamState): readonly GaugeValue[] {
  return [
    ...[...workers].map(([label, value]) => ({ name: 'team_workers' as const, label, value })),
    { name: 'team_decoders', label: 'busy', value: busy },
    { name: 'team_decoders', label: 'free', value: Math.max(0, slots - busy) },
    ...(queue
      ? [
          { name: 'team_queue_phrases' as const, value: queue.phrases },
          { name: 'team_queue_age_seconds' as const, value: queue.ageMs / 1000 },
          { name: 'team_dead_letters' as const, value: queue.deadLetters },
        ]
      : []),
  ];
}
