/** Dependencies of a SessionManager: real ones from `compose.ts`, fakes in tests. */
import type { AnalyzerFactory } from '../insights/types';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import type { Logger } from '../base/logger';
import type { SpeakerEmbedder, SpeakerSegmenter } from '../diarization/contract';
import type { Lease } from '../team/leases';
import type { Ownership } from '../team/ownership';
import type { MetricRecorder } from '../telemetry/metrics';
import type { PhraseSourceLike, PhraseSourceSetup } from '../vad/contract';
import type { Sessions } from './api';
import type { NameLearner } from './codeContext';
import type { MeaningsSetup } from './meanings';
import type { SessionOptions } from './options';
import type { Capture, SessionStore, SpeechEngines, SpoolFactory, VoiceStore } from './ports';

/**
 * Audio that a user may send.
 * @returns undefined where so many frames may be, which are used up then; else how many
 * milliseconds to wait, and whether the limit is used up or only nobody could say yet
 */
export type Allowance = (
  owner: string,
  frames: number,
) => { readonly waitMs: number; readonly over: boolean } | undefined;

export interface SessionManagerDeps {
  readonly store: SessionStore;
  readonly spools: SpoolFactory;
  readonly engines: SpeechEngines;
  readonly capture: Capture;
  readonly analyzers: AnalyzerFactory;
  /**
   * Learns how names of the code are said; without it none become links, and recognition does not
   * lean towards them.
   */
  readonly learnNames?: NameLearner;
  /** Tells voices; without it the sources are the speakers. */
  readonly voices?: SpeakerEmbedder & Partial<SpeakerSegmenter>;
  /** Keeps voices of people who agreed; without it none are kept. */
  readonly voiceStore?: VoiceStore;
  /** Search by meaning; without it words alone are searched. */
  readonly meanings?: Pick<MeaningsSetup, 'store' | 'embedder'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * A place among the sessions of a user that several servers share; absent: this process's own
   * count.
   */
  readonly place?: (owner: string, max: number) => Promise<Lease | undefined>;
  /** Absent: as much as anybody likes. */
  readonly allowance?: Allowance;
  /**
   * Where several servers share the sessions: what one left another one goes on with, when somebody
   * comes for it.
   */
  readonly ownership?: Ownership;
  /** Absent: nobody counts. */
  readonly metrics?: MetricRecorder;
  /** One source from frames to phrases: `setup => new PhraseSource(setup)`. */
  readonly phrases: (setup: PhraseSourceSetup) => PhraseSourceLike;
  /** A name nobody can guess, for session ids and resume tokens. */
  readonly newId: () => string;
  /** As Node names it; advice to a person depends on it. Default: `linux`. */
  readonly platform?: string;
  readonly options?: Partial<SessionOptions>;
}

export interface SessionManager extends Sessions, Disposable {
  /**
   * Takes up what a crash left: call once, before the first client is served. Resolves when every
   * left session can be attached to; its audio is decoded in the background.
   * @returns ids of the sessions that go on
   */
  recover(): Promise<readonly string[]>;
  /**
   * Takes a session that nobody has any more and finishes it, unless somebody came for it; resolves
   * when it is over.
   */
  finish(sessionId: string): Promise<void>;
  /** Limits that hold from now on, for sessions that run as well. */
  configure(change: Partial<SessionOptions>): void;
}
