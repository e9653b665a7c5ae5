/** A server's knowledge of its team, and its metrics. */
import type { GaugeValue } from './metrics';

export interface TeamState {
  /** Number of workers by model. */
  readonly workers: ReadonlyMap<string, number>;
  /** Concurrent phrases of all workers: the maximum, and the current number. */
  readonly slots: number;
  readonly busy: number;
  /** Absent while NATS does not answer. */
  readonly queue?: {
    /** Finals of all servers that wait or are being decoded. */
    readonly phrases: number;
    /** Age of the oldest final. */
    readonly ageMs: number;
    /** Dead letters in NATS now, and in total. */
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
