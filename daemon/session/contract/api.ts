/** Interface of the sessions for the RPC room. SessionManager implements it. */
import type { Source } from '../../audio/frame';
import type { Received } from '../../audio/frameChain';
import type { Disposable } from '../../base/disposable';
import type { Event } from '../../base/emitter';
import type { DeviceChoice } from '../../asr/contract/provider';
import type { Insight } from '../../insights/types';
import type { Segment, Speaker } from '../../transcript/types';
import type { Retention } from './retention';
import type { RecorderWarningCode, SessionEvent, SessionRecord } from './events';
import type { SessionState } from '../../../protocol/vocabulary';
import type { SourceConfig } from '../../speech/contract';
import type { CodeSymbol } from './code';
import type { Voiceprints } from '../speakers/voiceprints';
import type { SearchHit, SearchQuery } from './search';
import type { EngineChoice } from '../../asr/contract/engine';
import type { ImportRequest } from './importing';
import type { RewriteRequest, Rewritten } from './rewriting';

export interface StartRequest {
  readonly key?: string;
  readonly kind: SessionRecord['kind'];
  readonly title?: string;
  readonly sources: readonly SourceConfig[];
  readonly language?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly device?: DeviceChoice;
  /** As in EngineRequest. */
  readonly vocabulary?: readonly string[];
  readonly translate?: boolean;
  /** As in EngineRequest; not stored with the session. */
  readonly phrases?: () => readonly string[];
  /** Audio arrives at the speed of speech. Default: true, except for files. */
  readonly live?: boolean;
  readonly partials: boolean;
  readonly insights: boolean;
  /** Default: true for meetings. */
  readonly diarize?: boolean;
  readonly ephemeral?: boolean;
  readonly keepAudio?: boolean;
  readonly workspace?: SessionRecord['workspace'];
  readonly consent?: SessionRecord['consent'];
  /** Network user that owns the session; absent for the local user. */
  readonly owner?: string;
  readonly startedAt?: string;
}

/** A session's record with its changing state. */
export interface SessionView {
  readonly record: SessionRecord;
  readonly lastSeq: number;
  readonly segments: number;
  readonly durationMs: number;
  /** Session time now, in milliseconds, until the session has ended. */
  readonly clockMs?: number;
}

export interface SessionDocument extends SessionView {
  readonly transcript: readonly Segment[];
  readonly speakers: readonly Speaker[];
  readonly insights: readonly Insight[];
  readonly stats: Readonly<Record<string, number>>;
}

/** Counts of the data that a purge removed. */
export interface Purged {
  readonly events: number;
  readonly segments: number;
  readonly insights: number;
  readonly audioFiles: number;
  readonly setAside: number;
  readonly unread: number;
}

/** Receives the events of an attachment in order, without gap or repeat. */
export type EventSink = (event: SessionEvent) => void;

export interface Sessions {
  /**
   * Creates and starts a session; resolves in STREAMING. An optional sink is attached from the
   * first event.
   * @throws EarmarkError session.tooMany, audio.*, model.*, engine.*, store.unwritable
   */
  start(
    request: StartRequest,
    sink?: EventSink,
  ): Promise<{ readonly session: SessionView; readonly attachment?: Disposable }>;
  /** Idempotent. Resolves once the state is STOPPING or later. */
  stop(sessionId: string, cause: string): Promise<SessionState>;
  /**
   * Resolves when all audio received so far is in the transcript. Acts like a silence after that
   * audio.
   * @throws EarmarkError session.notFound
   */
  flush(sessionId: string): Promise<void>;
  /**
   * Resolves when all speech before the stop is in the transcript or cannot be recognised.
   * Recorders may still be stopping.
   */
  whenRecognised(sessionId: string): Promise<void>;
  /** Resolves in DONE or FAILED. */
  whenEnded(sessionId: string): Promise<SessionState>;
  pause(sessionId: string, cause: string): Promise<SessionState>;
  resume(sessionId: string, cause: string): Promise<SessionState>;
  /**
   * Replays the durable events after `afterSeq`, then sends live events. Resolves after the first
   * replayed page.
   * @throws EarmarkError session.notFound
   */
  attach(
    sessionId: string,
    afterSeq: number,
    sink: EventSink,
  ): Promise<{
    readonly session: SessionView;
    readonly sources: readonly { readonly source: Source; readonly nextSeq: number }[];
    readonly attachment: Disposable;
  }>;
  /**
   * Takes whole frames in order before the call returns.
   * @returns last frame of the source on disk
   * @throws EarmarkError audio.*
   */
  push(
    sessionId: string,
    source: Source,
    seq: number,
    captureMs: number,
    pcm: Int16Array,
  ): Promise<number>;
  endSource(sessionId: string, source: Source): Promise<void>;
  /**
   * Warns of a fault of the recorder behind a pushed source.
   * @throws EarmarkError session.notFound, session.wrongState, audio.unknownSource
   */
  report(
    sessionId: string,
    source: Source,
    code: RecorderWarningCode,
    message: string,
  ): Promise<void>;
  /**
   * Compares the audio that a client sent with the audio on disk, also for ended sessions.
   * @throws EarmarkError session.notFound, audio.unknownSource, store.unwritable
   */
  verify(
    sessionId: string,
    source: Source,
    sent: Received,
  ): Promise<Received & { readonly confirmed: boolean }>;
  /** @throws EarmarkError session.notFound */
  ownerOf(sessionId: string): Promise<string | undefined>;
  list(filter: {
    limit: number;
    offset: number;
    active?: boolean;
    owner?: string;
  }): Promise<readonly SessionView[]>;
  get(sessionId: string): Promise<SessionDocument>;
  /** Distinct names that a person gave to speakers. */
  people(sessionId: string): Promise<readonly string[]>;
  /**
   * Returns at most 30 s of stored audio.
   * @throws EarmarkError session.notFound, session.wrongState while the session runs, audio.notKept
   */
  clip(
    sessionId: string,
    source: Source,
    startMs: number,
    endMs: number,
  ): Promise<{ readonly startMs: number; readonly pcm: Int16Array }>;
  rename(sessionId: string, title: string): Promise<void>;
  /**
   * Changes the speech engine of a running session. Resolves when the new engine is loaded.
   * @throws EarmarkError session.notFound, session.wrongState, errors of `EngineLease.change`
   */
  changeEngine(sessionId: string, choice: EngineChoice): Promise<SessionView>;
  delete(sessionId: string): Promise<void>;
  /**
   * Searches by words, and also by meaning if the model is installed.
   * @throws EarmarkError rpc.invalidParams without words and filters
   */
  search(
    query: SearchQuery,
  ): Promise<readonly { readonly record: SessionRecord; readonly hit: SearchHit }[]>;
  /**
   * Resumes an unfinished session; resolves when it is under way.
   * @throws EarmarkError session.notFound, engine.*, store.*
   */
  takeUp(sessionId: string): Promise<{ readonly state: SessionState; readonly left: boolean }>;
  /** Deletes all data of a session. A running session is stopped first. */
  purge(sessionId: string): Promise<Purged>;
  /** Returns the retention times. */
  retention(): Promise<Retention>;
  /** Applied at once. */
  setRetention(retention: Retention): Promise<void>;
  /**
   * Renames a speaker. Without a name, removes the name that a voiceprint gave or suggested.
   * @throws EarmarkError session.notFound, speaker.notFound, store.unwritable
   */
  renameSpeaker(sessionId: string, speakerId: string, name: string | undefined): Promise<void>;
  /** Voices of named people. */
  readonly voices: Pick<Voiceprints, 'standing' | 'keep' | 'people' | 'forget'>;
  /** Receives the code that is open in the editor. No effect on an ended session. */
  look(
    sessionId: string,
    seen: { readonly symbols?: readonly CodeSymbol[]; readonly focus?: CodeSymbol },
  ): Promise<void>;
  reviseSegment(
    sessionId: string,
    segmentId: string,
    change: { text?: string; speaker?: string; hidden?: boolean },
  ): Promise<void>;
  reviseInsight(
    sessionId: string,
    insightId: string,
    change: { text?: string; owner?: string; status?: Insight['status'] },
  ): Promise<void>;
  /**
   * A language model writes the insights of an ended session again.
   * @throws EarmarkError session.*, engine.*, rpc.cancelled; the insights are unchanged then
   */
  writeNotes(sessionId: string, request: RewriteRequest): Promise<Rewritten>;
  /**
   * Stores a transcript of another program as an ended meeting; returns its id.
   * @throws EarmarkError store.unwritable
   */
  import(request: ImportRequest): Promise<string>;
  readonly onDidAck: Event<{
    readonly sessionId: string;
    readonly source: Source;
    readonly ackSeq: number;
  }>;
  /** Fires when another server took over a session; its subscribers must attach there. */
  readonly onDidMove: Event<string>;
  /** Sessions that are neither DONE nor FAILED. */
  readonly activeCount: number;
  /** Views of the sessions that are neither DONE nor FAILED. */
  readonly running: readonly SessionView[];
  /**
   * Sets the number of open windows. A captured session pauses after 60 s without a window and
   * without an attached client.
   */
  setWindowCount(count: number): void;
  /** Refuses new sessions after this call. */
  drain(): void;
  /**
   * Stops and finalises every session within `withinMs`; unfinished audio stays in the spool.
   * Servers that share sessions hand theirs over without finishing them.
   */
  shutdown(withinMs: number, cause: string): Promise<void>;
}
