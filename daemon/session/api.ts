/** Interface of the sessions for the RPC room. Implemented by SessionManager. */
import type { Source } from '../audio/frame';
import type { Received } from '../audio/frameChain';
import type { Disposable } from '../base/disposable';
import type { Event } from '../base/emitter';
import type { DeviceChoice } from '../asr/provider';
import type { Insight } from '../insights/types';
import type { Segment, Speaker } from '../transcript/types';
import type { Retention } from './retention';
import type { SessionEvent, SessionRecord, SessionState, SourceConfig } from './events';
import type { CodeSymbol } from './codeContext';
import type { Voiceprints } from './voiceprints';
import type { SearchHit, SearchQuery } from './search';

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
  /** As in EngineRequest; not kept with the session. */
  readonly phrases?: () => readonly string[];
  /** Its audio comes as fast as it is spoken. Default: unless it is a file. */
  readonly live?: boolean;
  readonly partials: boolean;
  readonly insights: boolean;
  /** Default: in meetings. */
  readonly diarize?: boolean;
  readonly ephemeral?: boolean;
  readonly keepAudio?: boolean;
  readonly workspace?: SessionRecord['workspace'];
  readonly consent?: SessionRecord['consent'];
  /** User over the network whose session it is; absent for the one the daemon runs as. */
  readonly owner?: string;
  readonly startedAt?: string;
}

/** A session's record with what changes while it runs. */
export interface SessionView {
  readonly record: SessionRecord;
  readonly lastSeq: number;
  readonly segments: number;
  readonly durationMs: number;
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
}

/** Gets the events of one attachment, in order, without gap or repeat. */
export type EventSink = (event: SessionEvent) => void;

export interface Sessions {
  /**
   * Creates and starts; resolves in STREAMING. The sink, where given, is attached from the first
   * event.
   * @throws EarmarkError session.tooMany, audio.*, model.*, engine.*, store.unwritable
   */
  start(
    request: StartRequest,
    sink?: EventSink,
  ): Promise<{ readonly session: SessionView; readonly attachment?: Disposable }>;
  /** Idempotent. Resolves once the state is STOPPING or later. */
  stop(sessionId: string, cause: string): Promise<SessionState>;
  /**
   * Resolves once what came in until now is in the transcript, as if a silence had followed.
   * @throws EarmarkError session.notFound
   */
  flush(sessionId: string): Promise<void>;
  /**
   * Resolves when everything that was said before the stop is in the transcript, or never will be;
   * recorders and record may still be ending.
   */
  whenRecognised(sessionId: string): Promise<void>;
  /** Resolves in DONE or FAILED. */
  whenEnded(sessionId: string): Promise<SessionState>;
  pause(sessionId: string, cause: string): Promise<SessionState>;
  resume(sessionId: string, cause: string): Promise<SessionState>;
  /**
   * Replays the durable events after `afterSeq`, then live. Resolves when the first page of them
   * was given. @throws EarmarkError session.notFound
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
   * Whole frames, in order; taken before the call returns.
   * @returns last frame of the source on disk. @throws EarmarkError audio.*
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
   * Is what was sent what came in and is on disk? Also of a session that is over. @throws
   * EarmarkError session.notFound, audio.unknownSource, store.unwritable
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
  /** Speakers that a person named, each once. */
  people(sessionId: string): Promise<readonly string[]>;
  /**
   * At most 30 s of kept audio. @throws EarmarkError session.notFound, session.wrongState while it
   * runs, audio.notKept
   */
  clip(
    sessionId: string,
    source: Source,
    startMs: number,
    endMs: number,
  ): Promise<{ readonly startMs: number; readonly pcm: Int16Array }>;
  rename(sessionId: string, title: string): Promise<void>;
  delete(sessionId: string): Promise<void>;
  /**
   * By words, and by meaning where the model is there. @throws EarmarkError rpc.invalidParams where
   * neither words nor a filter is given
   */
  search(
    query: SearchQuery,
  ): Promise<readonly { readonly record: SessionRecord; readonly hit: SearchHit }[]>;
  /**
   * Finishes what an earlier end left; returns once it is under way. @throws EarmarkError
   * session.notFound, engine.*, store.*
   */
  takeUp(sessionId: string): Promise<{ readonly state: SessionState; readonly left: boolean }>;
  /** Removes every trace. A running session is stopped first. */
  purge(sessionId: string): Promise<Purged>;
  /** How long what is kept may be kept. */
  retention(): Promise<Retention>;
  /** Applied at once. */
  setRetention(retention: Retention): Promise<void>;
  /**
   * Without a name, takes back what a kept voice gave or suggested. @throws EarmarkError
   * session.notFound, speaker.notFound, store.unwritable
   */
  renameSpeaker(sessionId: string, speakerId: string, name: string | undefined): Promise<void>;
  /** Voices of named people. */
  readonly voices: Pick<Voiceprints, 'standing' | 'keep' | 'people' | 'forget'>;
  /** Code that the editor has open; has no effect on an ended session. */
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
  readonly onDidAck: Event<{
    readonly sessionId: string;
    readonly source: Source;
    readonly ackSeq: number;
  }>;
  /** Another server has taken over a session; its subscribers here must attach there. */
  readonly onDidMove: Event<string>;
  /** Sessions that are neither DONE nor FAILED. */
  readonly activeCount: number;
  /** The same ones, as they are now. */
  readonly running: readonly SessionView[];
  /**
   * Windows came or went. A captured session pauses when for 60 s no window was there and no client
   * was attached to it.
   */
  setWindowCount(count: number): void;
  /** Refuses new sessions from now on. */
  drain(): void;
  /**
   * Within `withinMs`, stops and finalises every session, and what is not done stays in the spool;
   * where several servers share sessions, gives each to the others as it is.
   */
  shutdown(withinMs: number, cause: string): Promise<void>;
}
