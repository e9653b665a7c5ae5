/**
 * What a session needs from outside: store, spool, speech engine, recorder. Adapters implement
 * these.
 */
import type { RtfStats } from '../asr/decodeStats';
import type { DecodeRequest, AsrResult, DeviceChoice } from '../asr/provider';
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

/** The words of a source are final up to and with this frame. */
export interface Progress {
  readonly source: Source;
  readonly finalThrough: number;
  /** Where a source that is to be verified can prove to have come, not beyond `finalThrough`. */
  readonly received?: Received;
}

export interface SessionCounts {
  /** Last durable event, 0 when none. */
  readonly lastSeq: number;
  /** Its time, milliseconds since session start. */
  readonly lastTime: number;
  readonly segments: number;
}

/** Figures of a session by name (`audioMs`, `phrases`, `inferenceMs`, …). */
export type SessionStats = Readonly<Record<string, number>>;

/**
 * Sessions and their durable events. Calls about one session are carried out in the order in which
 * they are made; one that resolved is on disk, and what is read afterwards has it.
 */
export interface SessionStore {
  /**
   * One without events is made once more, as it is asked for last: whoever did not hear the answer
   * asks again.
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
   * Appends all or nothing and keeps the session's state, segments, speakers and insights in step
   * with the events. `progress` goes with them: a phrase is final exactly once, whenever the power
   * goes. Events that are there already, word for word, are taken again: whoever did not hear the
   * answer asks once more.
   * @throws EarmarkError store.unwritable; an event whose seq is not the next one is refused with
   * `internal`
   */
  append(
    sessionId: string,
    events: readonly DurableEvent[],
    progress?: readonly Progress[],
  ): Promise<void>;
  /** Last progress given to `append`, by source. */
  progress(sessionId: string): Promise<readonly Progress[]>;
  readEvents(sessionId: string, afterSeq: number, limit: number): Promise<readonly DurableEvent[]>;
  getSession(id: string): Promise<SessionRecord | undefined>;
  findByKey(key: string): Promise<SessionRecord | undefined>;
  counts(id: string): Promise<SessionCounts>;
  stats(id: string): Promise<SessionStats>;
  /**
   * Newest first. `active`: only those (or only not those) that are neither DONE nor FAILED.
   * `owner`: only that user's.
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
   * Segments that are shown, best first, or insights that nobody dismissed, newest session first.
   */
  search(query: SearchQuery): Promise<readonly SearchHit[]>;
  deleteSession(id: string): Promise<void>;
  /**
   * Deletes a session, and voices kept from it, so that no byte of them stays in the database, its
   * log or its free pages.
   */
  purgeSession(id: string): Promise<RemovedRows>;
  /** Forgets kinds of what an ended session holds; its events are numbered anew from 1. */
  forget(
    id: string,
    kinds: { readonly transcript: boolean; readonly insights: boolean },
  ): Promise<void>;
  /**
   * The words of what was deleted leave the search index too; about 75 ms for every hundred hours
   * that are kept.
   */
  tidy(): Promise<void>;
  /** A setting of the daemon; undefined when it was never set. */
  setting(name: string): Promise<string | undefined>;
  setSetting(name: string, value: string): Promise<void>;
  /** Finishes earlier requests first and refuses later ones. */
  close(): Promise<void>;
}

/**
 * What a purge removed; `setAside` counts databases that were damaged earlier and might have held
 * it.
 */
export interface RemovedRows {
  readonly events: number;
  readonly segments: number;
  readonly insights: number;
  readonly setAside: number;
}

/** A named person's voice of one session, kept because somebody agreed. */
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
 * Kept voices, beside the sessions of this machine; a purge of a session takes those that were kept
 * from it.
 */
export interface VoiceStore {
  /** Of everybody, oldest first. */
  voices(): Promise<readonly StoredVoice[]>;
  /** One a session and person; of many sessions of a person the newest stay. */
  keepVoice(voice: StoredVoice): Promise<void>;
  /** Leaves no byte of them; without a name everybody's of that owner. */
  forgetVoices(owner: string | undefined, name?: string): Promise<void>;
}

/**
 * Turns sentences into points by which their meanings compare: the cosine of two is high where they
 * say the same.
 */
export interface SentenceEmbedder {
  /** Its model is installed. */
  available(): Promise<boolean>;
  /** @returns unit vectors. @throws EarmarkError model.*, engine.* */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
}

/** Vectors of the segments of this machine's sessions, which go with their segments. */
export interface MeaningStore {
  /** Segments without a vector, the newest first. */
  unread(limit: number): Promise<readonly { readonly n: number; readonly text: string }[]>;
  /**
   * A vector whose text was changed meanwhile is left out; without a vector the text has no meaning
   * to be searched.
   */
  keepMeanings(
    meanings: readonly {
      readonly n: number;
      readonly text: string;
      readonly vector: Float32Array | undefined;
    }[],
  ): Promise<void>;
  /** Segments that fit the query's filters, nearest first. @param mostDistance 1 − cosine */
  nearest(
    query: SearchQuery,
    vector: Float32Array,
    mostDistance: number,
  ): Promise<readonly SearchHit[]>;
}

/** Frames that were on disk and cannot be read any more. */
export interface LostAudio {
  readonly source: Source;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** Audio that is not final yet, on disk. One spool a session. */
export interface Spool extends Disposable {
  /** Damage found when it was opened. */
  readonly lost: readonly LostAudio[];
  /** Some of it is in memory alone, because the disk refuses it. */
  readonly behind: boolean;
  /**
   * Takes frames of one source, which are on disk at the latest 200 ms later.
   * @throws EarmarkError store.unwritable; `range` then says which of them it took
   */
  append(...frames: readonly Frame[]): void;
  /** Last frame of a source that is on disk; −1 when none. */
  durableSeq(source: Source): number;
  readonly onDidSync: Event<{ readonly source: Source; readonly seq: number }>;
  /** Forces what was appended to disk now. */
  sync(): void;
  /** Frames of a source from `fromSeq` on, in order. */
  read(source: Source, fromSeq: number, limit: number): readonly Frame[];
  /** Frames before `seq` are final and may go. */
  release(source: Source, seq: number): void;
  /** First and last unreleased frame of one source. */
  range(source: Source): { readonly firstSeq: number; readonly lastSeq: number } | undefined;
  /** Deletes the spool. */
  remove(): void;
}

export interface SpoolFactory {
  open(sessionId: string): Spool;
  /** Sessions that left a spool behind. */
  list(): readonly string[];
  /** Deletes the spool of a session that is gone. @returns files that went */
  remove(sessionId: string): number;
}

/**
 * Priority of a decode, the first before the others. A speculative decode is of a phrase that may
 * be over: it takes an idle worker or the place of a partial, and gives way to finals; a partial
 * gives way to both.
 */
export type DecodePriority = 'final' | 'speculative' | 'partial';

export interface DecodeOptions extends DecodeRequest {
  readonly priority: DecodePriority;
  readonly sessionId: string;
  /** Milliseconds from now until the text is wanted. */
  readonly deadlineMs?: number;
  /** Spoken now: being late counts as load. */
  readonly live?: boolean;
  /** Owner of the session; decoders of a team are shared between owners. */
  readonly owner?: string;
  /** A decode that took too long goes to another engine. */
  readonly retryOnOther?: boolean;
}

export interface EngineWarning {
  /**
   * `engine.failover`: another engine goes on, or the preferred one is back. `engine.degraded`: a
   * step on the degradation of load.
   */
  readonly code:
    | 'engine.restarted'
    | 'vad.fallback'
    | 'engine.unavailable'
    | 'engine.failover'
    | 'engine.degraded';
  readonly message: string;
}

/**
 * Speech recognition with one model, for all sessions that wish it: one scheduler in front of the
 * workers.
 */
export interface SpeechEngine {
  readonly provider: string;
  readonly model: string;
  /**
   * Resolves when ready to decode; concurrent callers share one load. @throws EarmarkError
   * model.missing, model.corrupt, engine.unavailable, …
   */
  ready(): Promise<void>;
  /**
   * Queues a decode. A speculative one and a partial are refused with `undefined` when the engine
   * is busy, and end with it when they have to give way.
   */
  decode(
    pcm: Float32Array,
    options: DecodeOptions,
    signal?: AbortSignal,
  ): Promise<AsrResult | undefined>;
  /** True when a partial would be taken now. */
  readonly idle: boolean;
  /** Milliseconds of audio that waits. */
  readonly queuedMs: number;
  /** Real-time factor over the last decodes. */
  readonly rtf: number;
  /** The same over more decodes, with its percentiles. */
  readonly metrics: RtfStats;
  /** Resident memory of the decoders, as last reported. */
  readonly rssBytes: number;
  readonly detectors: SpeechDetectorFactory;
  readonly onDidWarn: Event<EngineWarning>;
}

/** A session's choice of engine; the daemon chooses absent or `auto` parts. */
export interface EngineRequest {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly device?: DeviceChoice | undefined;
  /** BCP 47. */
  readonly language: string;
  /**
   * Words that are likely, best first, and whether the text is put into English: for every decode,
   * where the engine can.
   */
  readonly vocabulary?: readonly string[] | undefined;
  readonly translate?: boolean | undefined;
  /** `phrases` of DecodeRequest, asked for each decode: they may become more meanwhile. */
  readonly phrases?: (() => readonly string[]) | undefined;
  /** Its audio comes as fast as it is spoken. */
  readonly live: boolean;
  /** User over the network whose session it is. */
  readonly owner?: string | undefined;
}

/**
 * An engine that a session holds until it gives it back; one that nobody holds is unloaded after a
 * while. What fails or is too slow is decoded by what stands in for it.
 */
export interface EngineLease extends SpeechEngine, Disposable {
  /** Where recognition stands on the degradation of load, and what it saves there. */
  readonly degradationLevel: DegradationLevel;
  readonly actions: DegradationActions;
}

export interface SpeechEngines {
  /**
   * The engine for a wish, shared by all who wish the same. Does not load it. @throws EarmarkError
   * engine.unavailable, model.unknown, engine.language
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
  /** Raw samples as they come, any length, the session's from now on; it cuts frames. */
  onData(pcm: Int16Array): void;
  /** The recorder ended by itself; it was not asked to. */
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
