/** Dependencies of a SessionManager. `compose.ts` passes real ones, tests pass fakes. */
import type { AnalyzerFactory } from '../../insights/types';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import type { Logger } from '../../base/logger';
import type { SpeakerEmbedder, SpeakerSegmenter } from '../../diarization/contract';
import type { Lease } from '../../base/lease';
import type { Ownership } from './ownership';
import type { MetricRecorder } from '../../telemetry/metrics';
import type { PhraseSourceLike, PhraseSourceSetup } from '../../vad/contract';
import type { Sessions } from './api';
import type { NameLearner } from './code';
import type { WarningCode } from '../../../protocol/vocabulary';
import type { MeaningsSetup } from '../insights/meanings';
import type { SessionOptions } from './options';
import type { Capture } from '../../audio/capture';
import type { SessionStore } from './store';
import type { SpeechEngines } from '../../asr/contract/engine';
import type { SpoolFactory } from '../../audio/spool';
import type { VoiceStore } from './voices';
import type { Allowance } from '../../audio/allowance';

export interface SessionManagerDeps {
  readonly store: SessionStore;
  readonly spools: SpoolFactory;
  readonly engines: SpeechEngines;
  readonly capture: Capture;
  readonly analyzers: AnalyzerFactory;
  /** Learns how code symbols are spoken. Without it, symbols are neither linked nor boosted. */
  readonly learnNames?: NameLearner;
  /** Embeds voices. Without it, each source is its own speaker. */
  readonly voices?: SpeakerEmbedder & Partial<SpeakerSegmenter>;
  /** Stores voices of people who consented. Without it, no voice is stored. */
  readonly voiceStore?: VoiceStore;
  /** Search by meaning. Without it, search uses words alone. */
  readonly meanings?: Pick<MeaningsSetup, 'store' | 'embedder'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Reserves a session for a user across several servers. Without it, this process counts its own
   * sessions.
   */
  readonly place?: (owner: string, max: number) => Promise<Lease | undefined>;
  /** Without it, audio is unlimited. */
  readonly allowance?: Allowance;
  /**
   * Ownership of sessions shared by several servers. When a client comes for a session of a stopped
   * server, another server continues it.
   */
  readonly ownership?: Ownership;
  /** Optional; without it, nothing is counted. */
  readonly metrics?: MetricRecorder;
  /** Creates the segmenter of a source: `setup => new PhraseSource(setup)`. */
  readonly phrases: (setup: PhraseSourceSetup) => PhraseSourceLike;
  /** Returns an unguessable id, for sessions and resume tokens. */
  readonly newId: () => string;
  /** Platform as Node names it; user advice depends on it. Default: `linux`. */
  readonly platform?: string;
  readonly options?: Partial<SessionOptions>;
}

export interface SessionManager extends Sessions, Disposable {
  /**
   * Resumes sessions after a crash. Call it once, before the first client is served. Resolves when
   * clients can attach to every resumed session. Their audio is decoded in the background.
   * @returns ids of the resumed sessions
   */
  recover(): Promise<readonly string[]>;
  /**
   * Takes over an orphaned session and finishes it, unless a client attached to it. Resolves when
   * the session has ended.
   */
  finish(sessionId: string): Promise<void>;
  /** Warns the clients of every running session. */
  warn(code: WarningCode, message: string): void;
  /** Changes limits at once, also for running sessions. */
  configure(change: Partial<SessionOptions>): void;
}
