/**
 * The daemon's metrics: every counter, timing and gauge is declared here once; rooms count through
 * `Metrics` and know no metrics library.
 */

/**
 * What happens to a phrase, in order. Times follow its last frame: from the recorder to those who
 * listen.
 */
export const STAGES = ['capture', 'queue', 'vad', 'decode', 'store', 'send'] as const;
export type Stage = (typeof STAGES)[number];

export interface Declared {
  readonly help: string;
  /** Name of its one label; its values are few and never name a session. */
  readonly label?: string;
}

export const COUNTERS = {
  frames: { help: 'Frames of 20 ms that came in.', label: 'source' },
  audio_bytes: { help: 'Bytes of sound that came in.' },
  frames_dropped: {
    help: 'Frames that are not in the transcript: lost (the disk refused them) or gap (they never came).',
    label: 'reason',
  },
  vad_windows: {
    help: 'Windows of 32 ms: skipped (quiet, the speech detector was not asked) or heard.',
    label: 'outcome',
  },
  phrases: {
    help: 'Phrases by what became of them: spoken, rejected (no speech in it) or givenUp.',
    label: 'outcome',
  },
  errors: {
    help: 'Errors by code: requests that were refused and decodes that failed.',
    label: 'code',
  },
} as const satisfies Record<string, Declared>;

export const TIMINGS = {
  phrase_stage: { help: 'Time of one phrase in each stage.', label: 'stage' },
  inference: { help: 'Work of the recogniser on one decode.', label: 'provider' },
  inference_wait: { help: 'From the wish for a final decode to its begin.' },
  partial_latency: { help: 'From the newest sound of a partial to its text.' },
  final_latency: { help: 'From the end of speech to the stored and sent text, spoken live.' },
  store: { help: 'One call of the database.', label: 'call' },
  fsync: { help: 'One sync of spooled sound.' },
  request: { help: 'One request, from its arrival to its answer.', label: 'method' },
} as const satisfies Record<string, Declared>;

export const GAUGES = {
  connections: { help: 'Clients that are connected and greeted.' },
  sessions: { help: 'Sessions that run.', label: 'state' },
  queue_seconds: { help: 'Sound that waits to be recognised.' },
  queue_phrases: { help: 'Finals that wait for a decoder.' },
  oldest_wait_seconds: { help: 'How long the oldest final waits or is being decoded.' },
  vad_skip_ratio: { help: 'Share of windows for which the speech detector was not asked, 0–1.' },
  degradation_level: { help: 'Degradation level: 0 NORMAL to 4 FAILOVER.', label: 'engine' },
  worker_restarts: { help: 'Restarts of inference workers since the start.' },
  resident_bytes: { help: 'Resident memory.', label: 'process' },
  heap_bytes: { help: 'JavaScript heap in use.' },
  cpu_seconds: { help: 'Processor time of the daemon itself since its start.' },
  event_loop_utilization: {
    help: 'Share of the last interval in which the event loop was busy, 0–1.',
  },
  disk_free_bytes: { help: 'Free space where the state folder is.' },
  network_bytes: { help: 'Bytes over connections since the start.', label: 'direction' },
  pool_buffers: {
    help: 'Buffers of the audio path that come from pools, by pool: in use, free, and made since the start.',
    label: 'pool',
  },
  pool_reuse_ratio: {
    help: 'Share of the buffers taken from a pool that did not have to be made, 0–1.',
    label: 'pool',
  },
  decoders: {
    help: 'Phrases that a worker of a team decodes at once: busy or free.',
    label: 'state',
  },
  team_workers: { help: 'Workers of the team that tell of themselves.', label: 'model' },
  team_decoders: {
    help: 'Phrases that all workers of the team decode at once: busy or free.',
    label: 'state',
  },
  team_queue_phrases: { help: 'Finals of all servers that wait or are being decoded.' },
  team_queue_age_seconds: { help: 'How long the oldest of them has waited.' },
  team_dead_letters: { help: 'Phrases on which every worker failed, of the last 30 days.' },
  alerts: { help: '1 while the alert is raised.', label: 'alert' },
} as const satisfies Record<string, Declared>;

export type CounterName = keyof typeof COUNTERS;
export type TimingName = keyof typeof TIMINGS;
export type GaugeName = keyof typeof GAUGES;

/** A gauge read at the moment when somebody looks. */
export interface GaugeValue {
  readonly name: GaugeName;
  readonly value: number;
  readonly label?: string;
}

/** A phrase as its session names it; no figure or log line ever holds either name. */
export interface PhraseName {
  readonly sessionId: string;
  readonly phraseId: string;
}

export interface MetricRecorder {
  count(name: CounterName, by?: number, label?: string): void;
  observe(name: TimingName, ms: number, label?: string): void;
  /** One stage of a phrase is over. */
  stage(phrase: PhraseName, stage: Stage, ms: number): void;
}

export const noMetrics: MetricRecorder = {
  count: () => undefined,
  observe: () => undefined,
  stage: () => undefined,
};
