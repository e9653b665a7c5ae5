/**
 * The daemon's metrics: every counter, timing and gauge is declared here once. Rooms count through
 * `Metrics` and do not depend on a metrics library.
 */

/**
 * Stages of a phrase, in order. Times start at its last frame: from the recorder to the clients.
 */
export const STAGES = ['capture', 'queue', 'vad', 'decode', 'store', 'send'] as const;
export type Stage = (typeof STAGES)[number];

export interface Declared {
  readonly help: string;
  /** Name of its only label; label values are few and never name a session. */
  readonly label?: string;
}

export const COUNTERS = {
  frames: { help: 'Frames of 20 ms received.', label: 'source' },
  audio_bytes: { help: 'Bytes of audio received.' },
  frames_dropped: {
    help:
      'Frames missing from the transcript: lost (not written to disk) or gap (never ' +
      'received).',
    label: 'reason',
  },
  vad_windows: {
    help: 'Windows of 32 ms: skipped (too quiet) or analysed (by the speech detector).',
    label: 'outcome',
  },
  phrases: {
    help: 'Phrases by outcome: spoken, rejected (no speech) or givenUp.',
    label: 'outcome',
  },
  engine_states: {
    help: 'Changes of an engine to a state: LOADING, WARMING_UP, READY, UNLOADING, ERROR.',
    label: 'state',
  },
  errors: {
    help: 'Errors by code: refused requests and failed decodes.',
    label: 'code',
  },
} as const satisfies Record<string, Declared>;

export const TIMINGS = {
  phrase_stage: { help: 'Time of one phrase in each stage.', label: 'stage' },
  inference: { help: 'Time of one decode in the recogniser.', label: 'provider' },
  inference_wait: { help: 'Time from the request of a final decode to its start.' },
  partial_latency: { help: 'Time from the newest audio of a partial to its text.' },
  final_latency: { help: 'Time from the end of live speech to its stored and sent text.' },
  engine_load: {
    help: 'Time of a model in a state: LOADING (files) or WARMING_UP (first decodes).',
    label: 'state',
  },
  store: { help: 'Time of one database call.', label: 'call' },
  fsync: { help: 'Time of one sync of spooled audio.' },
  event_loop_stall: { help: 'Longest stall of the event loop in each second, if over 25 ms.' },
  request: { help: 'Time of one request, from arrival to answer.', label: 'method' },
} as const satisfies Record<string, Declared>;

export const GAUGES = {
  connections: { help: 'Connected clients that have completed the handshake.' },
  sessions: { help: 'Sessions that run.', label: 'state' },
  queue_seconds: { help: 'Audio waiting for recognition.' },
  queue_phrases: { help: 'Finals waiting for a decoder.' },
  oldest_wait_seconds: { help: 'Age of the oldest unfinished final.' },
  vad_skip_ratio: { help: 'Share of windows skipped before the speech detector, 0–1.' },
  degradation_level: { help: 'Degradation level: 0 NORMAL to 4 FAILOVER.', label: 'engine' },
  engine_ready: { help: '1 while the engine has its model loaded.', label: 'engine' },
  errors_in_row: { help: 'Failed finals since the last success.' },
  worker_restarts: { help: 'Restarts of inference workers since the start.' },
  resident_bytes: { help: 'Resident memory.', label: 'process' },
  heap_bytes: { help: 'JavaScript heap in use.' },
  cpu_seconds: { help: 'Processor time of the daemon itself since its start.' },
  event_loop_utilization: {
    help: 'Share of the last interval in which the event loop was busy, 0–1.',
  },
  disk_free_bytes: { help: 'Free space on the disk of the state folder.' },
  network_bytes: { help: 'Bytes over connections since the start.', label: 'direction' },
  pool_buffers: {
    help: 'Buffers in the audio pools, by pool: in use, free, and created since the ' + 'start.',
    label: 'pool',
  },
  pool_reuse_ratio: {
    help: 'Share of buffers reused from a pool, 0–1.',
    label: 'pool',
  },
  decoders: {
    help: 'Decode slots of this worker: busy or free.',
    label: 'state',
  },
  team_workers: { help: 'Workers of the team that report their state.', label: 'model' },
  team_decoders: {
    help: 'Decode slots of all workers of the team: busy or free.',
    label: 'state',
  },
  team_queue_phrases: { help: 'Unfinished finals of all servers.' },
  team_queue_age_seconds: { help: 'Age of the oldest unfinished final of all servers.' },
  team_dead_letters: { help: 'Phrases that failed on every worker in the last 30 days.' },
  alerts: { help: '1 while the alert is raised.', label: 'alert' },
} as const satisfies Record<string, Declared>;

export type CounterName = keyof typeof COUNTERS;
export type TimingName = keyof typeof TIMINGS;
export type GaugeName = keyof typeof GAUGES;

/** A gauge that is read on request. */
export interface GaugeValue {
  readonly name: GaugeName;
  readonly value: number;
  readonly label?: string;
}

/** Session and phrase ids; they appear in no metric and no log line. */
export interface PhraseName {
  readonly sessionId: string;
  readonly phraseId: string;
}

export interface MetricRecorder {
  count(name: CounterName, by?: number, label?: string): void;
  observe(name: TimingName, ms: number, label?: string): void;
  /** A stage of a phrase has ended. */
  stage(phrase: PhraseName, stage: Stage, ms: number): void;
}

export const noMetrics: MetricRecorder = {
  count: () => undefined,
  observe: () => undefined,
  stage: () => undefined,
};
