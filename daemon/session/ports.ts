/**
 * Interfaces of a session to the outside: store, spool, speech engine, recorder. Adapters implement
 * them.
 */
import type { RtfStats } from '../asr/decodeStats';
import type { AsrResult, DecodeRequest, DeviceChoice, RecogniserStream } from '../asr/provider';
import type { Frame, Source } from '../audio/frame';
import type { Received } from '../audio/frameChain';
import type { Disposable } from '../base/disposable';
import type { Event } from '../base/emitter';
import type { Insight } from '../insights/types';
import type { DegradationLevel, DegradationActions } from '../degrade/degradation';
import type { Segment, Speaker } from '../transcript/types';
import type { SpeechDetectorFactory } from '../vad/contract';
import type { Embedding } from '../diarization/contract';
import type { DurableEvent, SessionRecord } from './events';
import type { SearchHit, SearchQuery } from './search';

/** The text of a source is final up to and including this frame. */
export interface Progress {
  readonly source: Source;
  readonly finalThrough: number;
  /**
   * Proof of the received audio, up to `finalThrough` at most. Only for sources that are verified.
   */
  readonly received?: Received;
}

export interface SessionCounts {
  /** Last durable event, 0 when none. */
  readonly lastSeq: number;
  /** Time of that event, milliseconds since session start. */
  readonly lastTime: number;
  readonly segments: number;
}

/** Metrics of a session by name (`audioMs`, `phrases`, `inferenceMs`, …). */
export type SessionStats = Readonly<Record<string, number>>;

/**
 * Sessions and their durable events. The store executes calls about a session in their order. A
 * resolved call is on disk and visible to later reads.
 */
export interface SessionStore {
  /**
   * Creates a session. A session without events is created again from the latest record, because a
   * client repeats a call whose response it missed.
   * @throws EarmarkError store.unwritable
   */
  createSession(record: SessionRecord): Promise<void>;
  updateSession(
    id: string,
    change: Partial<Pick<SessionRecord, 'title' | 'durationMs' | 'model' | 'provider'>> & {
      stats?: SessionStats;
    },
  ): Promise<void>;
  /**
   * Appends all events or none, and updates the session's state, segments, speakers and insights
   * with them. `progress` is stored in the same transaction, so that a power failure cannot make a
   * phrase final twice. Identical stored events are accepted again, because a client repeats a call
   * whose response it missed.
   * @throws EarmarkError store.unwritable; `internal` if an event has an unexpected seq
   */
  append(
    sessionId: string,
    events: readonly DurableEvent[],
    progress?: readonly Progress[],
  ): Promise<void>;
  /** Last progress that `append` stored, by source. */
  progress(sessionId: string): Promise<readonly Progress[]>;
  readEvents(sessionId: string, afterSeq: number, limit: number): Promise<readonly DurableEvent[]>;
  getSession(id: string): Promise<SessionRecord | undefined>;
  findByKey(key: string): Promise<SessionRecord | undefined>;
  counts(id: string): Promise<SessionCounts>;
  stats(id: string): Promise<SessionStats>;
  /**
   * Lists sessions, newest first. `active: true` selects sessions that are neither DONE nor FAILED;
   * `active: false` selects the others. `owner` selects the sessions of that user.
   */
  listSessions(filter: {
    limit: number;
    offset: number;
    active?: boolean;
    owner?: string;
  }): Promise<readonly SessionRecord[]>;
  segments(sessionId: string): Promise<readonly Segment[]>;
  speakers(sessionId: string): Promise<readonly Speaker[]>;
  insights(sessionId: string): Promise<readonly Insight[]>;
  /**
   * Finds visible segments, best first, or insights that are not dismissed, newest session first.
   */
  search(query: SearchQuery): Promise<readonly SearchHit[]>;
  deleteSession(id: string): Promise<void>;
  /**
   * Deletes a session and the voices stored from it. No byte of them stays in the database, its log
   * or its free pages.
   */
  purgeSession(id: string): Promise<RemovedRows>;
  /** Deletes the given kinds of data of an ended session. Its events are numbered again from 1. */
  forget(
    id: string,
    kinds: { readonly transcript: boolean; readonly insights: boolean },
  ): Promise<void>;
  /**
   * Removes the words of deleted data from the search index and the log of the database. Takes
   * about 75 ms for every hundred stored hours; does nothing if nothing was deleted.
   * @throws EarmarkError store.unwritable while another program reads the database
   */
  tidy(): Promise<void>;
  /** Reads a setting of the daemon; undefined if it was never set. */
  setting(name: string): Promise<string | undefined>;
  setSetting(name: string, value: string): Promise<void>;
  /** Finishes earlier requests first and refuses later ones. */
  close(): Promise<void>;
}

/**
 * Counts of a purge. `setAside` counts databases that were damaged earlier and may contain the
 * session. `unread` counts set-aside databases of which nothing was read; they are left.
 */
export interface RemovedRows {
  readonly events: number;
  readonly segments: number;
  readonly insights: number;
  readonly setAside: number;
  readonly unread: number;
}

/** The voice of a named person in a session, stored after consent. */
export interface StoredVoice {
  readonly owner?: string;
  readonly name: string;
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly keptMs: number;
  /** Duration of its speech, milliseconds. */
  readonly speechMs: number;
  readonly centre: Embedding;
}

/**
 * Stored voices of the sessions on this machine. A purge of a session deletes the voices stored
 * from it.
 */
export interface VoiceStore {
  /** Voices of all owners, oldest first. */
  voices(): Promise<readonly StoredVoice[]>;
  /**
   * Stores a voice for each session and person. Each person keeps the voices of the newest sessions
   * only.
   */
  keepVoice(voice: StoredVoice): Promise<void>;
  /** Deletes the voices of a person without a trace; without `name`, all voices of that owner. */
  forgetVoices(owner: string | undefined, name?: string): Promise<void>;
}

/**
 * Turns sentences into vectors. The cosine of two vectors is high if their sentences have the same
 * meaning.
 */
export interface SentenceEmbedder {
  /** Resolves to true if the model is installed. */
  available(): Promise<boolean>;
  /**
   * @returns unit vectors.
   * @throws EarmarkError model.*, engine.*
   */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
}

/** Vectors of the segments of this machine's sessions. Deleting a segment deletes its vector. */
export interface MeaningStore {
  /** Segments without a vector, newest first. */
  unread(limit: number): Promise<readonly { readonly n: number; readonly text: string }[]>;
  /**
   * Stores vectors. A vector is ignored if its text changed meanwhile. An entry without a vector
   * marks a text that meaning search skips.
   */
  keepMeanings(
    meanings: readonly {
      readonly n: number;
      readonly text: string;
      readonly vector: Float32Array | undefined;
    }[],
  ): Promise<void>;
  /**
   * Finds segments that match the query's filters, nearest first.
   * @param mostDistance 1 − cosine
   */
  nearest(
    query: SearchQuery,
    vector: Float32Array,
    mostDistance: number,
  ): Promise<readonly SearchHit[]>;
}

/** Frames that were on disk but are no longer readable. */
export interface LostAudio {
  readonly source: Source;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** Stores audio on disk until its text is final. Each session has its own spool. */
export interface Spool extends Disposable {
  /** Damage found while the spool was opened. */
  readonly lost: readonly LostAudio[];
  /** True while some frames are only in memory because the disk refuses them. */
  readonly behind: boolean;
  /**
   * Takes frames of one source; they are on disk within 200 ms.
   * @throws EarmarkError store.unwritable; `range` then shows which frames were taken
   */
  append(...frames: readonly Frame[]): void;
  /** Last frame of a source that is on disk; −1 if there is none. */
  durableSeq(source: Source): number;
  readonly onDidSync: Event<{ readonly source: Source; readonly seq: number }>;
  /** Writes all appended frames to disk now. */
  sync(): void;
  /** Frames of a source from `fromSeq` on, in order. */
  read(source: Source, fromSeq: number, limit: number): readonly Frame[];
  /** Frames before `seq` are final; the spool may delete them. */
  release(source: Source, seq: number): void;
  /** First and last unreleased frame of a source. */
  range(source: Source): { readonly firstSeq: number; readonly lastSeq: number } | undefined;
  /** Deletes the spool. */
  remove(): void;
}

export interface SpoolFactory {
  open(sessionId: string): Spool;
  /** Sessions with a spool on disk. */
  list(): readonly string[];
  /**
   * Deletes the spool of a session that no longer exists.
   * @returns number of deleted files
   */
  remove(sessionId: string): number;
}

/**
 * Priority of a decode, highest first. A speculative decode is for a phrase that may be complete.
 * It takes an idle worker or the place of a partial, and yields to finals. A partial yields to
 * both.
 */
export type DecodePriority = 'final' | 'speculative' | 'partial';

export interface DecodeOptions extends DecodeRequest {
  readonly priority: DecodePriority;
  readonly sessionId: string;
  /** Time until the text is needed, in milliseconds from now. */
  readonly deadlineMs?: number;
  /** True for live speech: a late text counts as load. */
  readonly live?: boolean;
  /** Owner of the session. A team's decoders are shared fairly between owners. */
  readonly owner?: string;
  /** If true, a decode that timed out is repeated on another engine. */
  readonly retryOnOther?: boolean;
}

/** See RecogniserStream. After an error, the phrase is decoded as a whole instead. */
export interface EngineStream extends Pick<RecogniserStream, 'push' | 'close'> {
  /** @param pcm audio of the phrase; the silence guards judge it and the text */
  end(pcm: Float32Array): Promise<AsrResult>;
}

export interface EngineWarning {
  /**
   * `engine.failover`: the session changed to another engine or back to the preferred engine.
   * `engine.degraded`: the degradation level changed.
   */
  readonly code:
    | 'engine.restarted'
    | 'vad.fallback'
    | 'engine.unavailable'
    | 'engine.failover'
    | 'engine.degraded';
  readonly message: string;
}

/** Speed and memory of an engine at one time. */
export interface SpeechStatus {
  /** Real-time factor over the last decodes. */
  readonly recentRtf: number;
  /** Real-time factor over more decodes, with percentiles. */
  readonly rtf: RtfStats;
  /** Resident memory of the decoders as last reported, in bytes. */
  readonly rssBytes: number;
}

/**
 * Speech recognition with one model for all sessions that request it. It has one scheduler in front
 * of the workers.
 */
export interface SpeechEngine {
  readonly provider: string;
  readonly model: string;
  /**
   * Resolves when ready to decode; concurrent callers share a load.
   * @throws EarmarkError model.missing, model.corrupt, engine.unavailable, …
   */
  ready(): Promise<void>;
  /**
   * Queues a decode. A busy engine refuses speculative and partial decodes with `undefined`. A
   * decode that yields to another also resolves to `undefined`.
   */
  decode(
    pcm: Float32Array,
    options: DecodeOptions,
    signal?: AbortSignal,
  ): Promise<AsrResult | undefined>;
  /**
   * Starts a phrase that is decoded while its audio arrives. Resolves to undefined if the model
   * does not support streams, or the engine is not loaded or too busy.
   * @throws EarmarkError engine.*
   */
  openStream?(options: DecodeOptions): Promise<EngineStream | undefined>;
  /** True if the engine would accept a partial now. */
  readonly idle: boolean;
  readonly status: SpeechStatus;
  readonly detectors: SpeechDetectorFactory;
  readonly onDidWarn: Event<EngineWarning>;
}

/** What decodes the phrases of a source. */
export type PhraseEngine = Pick<SpeechEngine, 'ready' | 'decode' | 'openStream' | 'idle'>;

/** A choice of engine. The daemon chooses parts that are absent or `auto`. */
export interface EngineChoice {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly device?: DeviceChoice | undefined;
}

/** A session's request for an engine. */
export interface EngineRequest extends EngineChoice {
  /** A person waits for the text of each phrase: the daemon chooses a quick engine. */
  readonly dictation?: boolean | undefined;
  /** BCP 47. */
  readonly language: string;
  /** Likely words, best first, for every decode. Ignored by engines without a prompt. */
  readonly vocabulary?: readonly string[] | undefined;
  readonly translate?: boolean | undefined;
  /** Returns `phrases` of a DecodeRequest. Called for each decode, because the list may grow. */
  readonly phrases?: (() => readonly string[]) | undefined;
  /** Audio arrives at the speed of speech. */
  readonly live: boolean;
  /** Network user that owns the session. */
  readonly owner?: string | undefined;
}

/**
 * An engine held by a session until it is disposed. An engine without holders is unloaded after a
 * while. If a decode fails or is too slow, a fallback engine decodes it.
 */
export interface EngineLease extends SpeechEngine, Disposable {
  /** Current degradation level of recognition; it decides which work is switched off. */
  readonly degradationLevel: DegradationLevel;
  readonly actions: DegradationActions;
  /**
   * Id of the best model of several languages for this machine, while the current model recognises
   * English alone. Undefined if the current model recognises more.
   */
  readonly multilingual?: string | undefined;
  /**
   * Changes to another engine while the session runs. Resolves when the engine is loaded and
   * decodes the next phrase; phrases that are being decoded finish on the former engine. On an
   * error, the former engine stays.
   * @throws EarmarkError engine.unavailable, model.unknown, model.missing, engine.language, …
   */
  change(choice: EngineChoice): Promise<void>;
  /** The preferred engine is another one; `provider` and `model` name it. */
  readonly onDidChange: Event<void>;
}

export interface SpeechEngines {
  /**
   * Returns the engine for a request; equal requests share an engine. Does not load it.
   * @throws EarmarkError engine.unavailable, model.unknown, engine.language
   */
  open(request: EngineRequest): EngineLease;
}

/** A running recorder. */
export interface Recording {
  readonly source: Source;
  readonly device: string;
  readonly recorder: string;
  stop(): Promise<void>;
}

export interface RecordingHandlers {
  /** Receives raw samples of any length. The session owns them from now on and cuts frames. */
  onData(pcm: Int16Array): void;
  /** The recorder ended without a request. */
  onEnd(error: Error): void;
}

export interface Capture {
  /** @throws EarmarkError audio.noRecorder, audio.deviceNotFound, audio.recorderFailed */
  start(
    source: 'mic' | 'system',
    device: string | undefined,
    handlers: RecordingHandlers,
  ): Promise<Recording>;
}
