/** Dependencies of the handlers. `compose.ts` passes real ones, tests pass fakes. */
import type { ExamResults } from '../insights/model/examResults';
import type { ModelQueue, ModelQueueStats } from '../insights/model/modelQueue';
import type { TranscriptAnalysis } from '../insights/analyseText';
import type { ManagedEngines } from '../asr/contract/enginesApi';
import type { RecordingAbilities } from '../audio/devices';
import type { MicrophoneWatcher } from '../audio/microphonePrograms';
import type { Tokens } from '../base/identity';
import type { Clock } from '../base/clock';
import type { LiveSettings } from '../config/liveSettings';
import type { Logger } from '../base/logger';
import type { SymbolSpeller } from '../dictation/respell';
import type { Condition } from '../telemetry/condition';
import type { AlertChange } from '../telemetry/alerts';
import type { MetricRecorder } from '../telemetry/metrics';
import type { Event } from '../base/emitter';
import type { Models } from '../models/api';
import type { Sessions } from '../session/contract/api';
import type { SessionManager } from '../session/contract/deps';
import type { Uploads } from '../uploads/uploads';
import type { ClientContext } from './clientContext';
import type { OfferedModel } from './offeredModel';
import type { Capture } from '../audio/capture';

/** Controls the daemon process. */
export interface DaemonControl {
  readonly version: string;
  readonly pid: number;
  readonly draining: boolean;
  uptimeMs(): number;
  rssBytes(): number;
  /** Problems, as sentences for the user. */
  problems(): Promise<readonly string[]>;
  /** Begins to drain; returns the number of running sessions. */
  drain(withinMs: number): number;
  shutdown(): void;
}

/** Stored data and its encryption key. */
export interface Vault {
  readonly locked: boolean;
  readonly encrypted: boolean;
  /**
   * @returns true if this call opened the vault
   * @throws EarmarkError store.locked
   */
  unlock(key: string): Promise<boolean>;
  /** @throws EarmarkError store.locked, rpc.invalidRequest */
  rotate(key: string): void;
  /** Bytes in the state folder by kind of data. */
  usage(): {
    readonly folder: string;
    readonly databaseBytes: number;
    readonly audioBytes: number;
    readonly logBytes: number;
  };
}

/** The daemon's own metrics and profiles. */
export interface Observed extends Pick<MetricRecorder, 'count' | 'observe'> {
  condition(): Condition;
  readonly onDidAlert: Event<AlertChange>;
  profile(ms: number): Promise<{ readonly cpu: string; readonly heap: string }>;
  /** Adds the request's id to log lines during `work`. */
  within<T>(request: string, work: () => Promise<T>): Promise<T>;
}

export interface NoteModels {
  /** Queue in front of the model that this client offers; undefined if it offers none. */
  offeredBy(client: ClientContext): ModelQueue | undefined;
  /** Queue in front of the configured server; undefined if none is configured. */
  readonly server: ModelQueue | undefined;
  /** Queue in front of a local model; opens nothing. */
  local(modelId: string): ModelQueue;
  readonly exams: ExamResults;
}

export interface RpcDeps {
  readonly sessions: Sessions & Pick<SessionManager, 'recover'>;
  readonly vault: Vault;
  readonly models: Models;
  readonly engines: Pick<
    ManagedEngines,
    'main' | 'machine' | 'list' | 'workers' | 'retry' | 'calibrate' | 'swap' | 'refresh'
  >;
  readonly analysis: TranscriptAnalysis;
  /** Memory for a new process in bytes; undefined if the system gives no value. */
  readonly freeMemory: () => Promise<number | undefined>;
  /** Queue in front of the language model; undefined if none is configured. */
  readonly languageModel?: () => { readonly metrics: ModelQueueStats } | undefined;
  /** Language models for notes that a client requests. */
  readonly noteModels?: NoteModels;
  /** Registers language models that editors offer. */
  readonly offeredModel: OfferedModel;
  /** Creates the speller of symbols. Without it, dictation supports only commands and numbers. */
  readonly speller?: () => SymbolSpeller;
  readonly capture: Capture;
  /** Watches other programs at the microphone; absent on a server of a team. */
  readonly microphone?: MicrophoneWatcher;
  /** Node's name of the platform, for advice about devices; `linux` by default. */
  readonly platform?: string;
  /** Upload copies for remote daemons; absent if this daemon makes none. */
  readonly uploads?: Uploads;
  readonly devices: { list(): Promise<RecordingAbilities> };
  readonly control: DaemonControl;
  readonly observed: Observed;
  readonly tokens: Tokens;
  readonly settings: Pick<LiveSettings, 'shown' | 'problems' | 'set'>;
  readonly clock: Clock;
  readonly logger: Logger;
}
