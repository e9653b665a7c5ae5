/**
 * What a client of the daemon (the editor extension, the command line) works with. Types only; made
 * by `ensureDaemon` (one connection) and `ManagedConnection` (one that comes back by itself).
 */
import type { Event } from 'vscode-jsonrpc/node';
import type { EarmarkError } from '../protocol/errors';
import type { NotificationType, ParamsOf, RequestType, ResultOf } from '../protocol/method';
import type { ProtocolVersion } from '../protocol/version';
import type { SessionEvent, SessionInfo } from '../protocol/session';
import type { SourceName } from '../protocol/audio';

export interface Disposable {
  dispose(): void;
}

/** Who is calling, for `daemon/hello`. */
export interface ClientInfo {
  /** `vscode`, `cli`, … */
  readonly name: string;
  readonly version: string;
  /** True for an editor window that shows sessions. */
  readonly window?: boolean;
}

/** How to start the daemon: `command args…`. `--home STATE_FOLDER` is added. */
export interface DaemonCommand {
  readonly command: string;
  readonly args: readonly string[];
  /**
   * Added to the environment; `ELECTRON_RUN_AS_NODE` for an editor that starts it with its own
   * Node.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** The same, asked for when it is started: what is kept where only a promise reaches. */
  readonly secrets?: () => Promise<Readonly<Record<string, string>>>;
}

/** A daemon on another machine. */
export interface RemoteProfile {
  /** `wss://host:port`; `ws://` only for this machine. */
  readonly url: string;
  /** Asked for at every connection where it is a function; undefined is a missing token. */
  readonly token: string | (() => Promise<string | undefined>);
  /** SHA-256 of the certificate as hex, colons allowed, for one that no authority signed. */
  readonly fingerprint?: string;
  /** Frames kept in memory while it is away; tests keep few. */
  readonly maxFrames?: number;
  /** Milliseconds; tests make them short. */
  readonly timing?: Partial<RemoteTiming>;
}

export interface RemoteTiming {
  readonly keepaliveMs: number;
  readonly deadMs: number;
  /** The same while audio or a request waits for its answer. */
  readonly answerDeadMs: number;
  /** First and longest wait before a connection is made again. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

/** How good the link to a remote daemon is. */
export interface LinkQuality {
  readonly grade: 'good' | 'fair' | 'poor' | 'away';
  /** Of the last ping; undefined before the first. */
  readonly roundTripMs: number | undefined;
  /** Audio that was sent or waits to be, and is not on the daemon's disk. */
  readonly unacknowledgedMs: number;
}

export interface ConnectOptions {
  /** Where `daemon.json` lies; `stateFolder()` gives the usual place. */
  readonly stateDir: string;
  readonly client: ClientInfo;
  /** Uses that daemon, not the one of `stateDir`; `daemon` is then only for recording here. */
  readonly remote?: RemoteProfile;
  /** Absent: only connect, never start. */
  readonly daemon?: DaemonCommand;
  /** Milliseconds for the whole attempt; 15 000 by default. */
  readonly timeoutMs?: number;
  /** Protocol version to claim; tests only. */
  readonly protocol?: ProtocolVersion;
  readonly signal?: AbortSignal;
  /** One event name and plain facts, for the client's own log. */
  readonly log?: (event: string, fields?: Record<string, string | number | boolean>) => void;
}

/** Sends requests. Both kinds of connection do. */
export interface Requester {
  /**
   * The answer is validated; one that does not fit rejects with `internal` and the connection lives
   * on.
   * @throws EarmarkError of the catalogue; `rpc.disconnected` when the connection is gone
   */
  request<M extends RequestType>(
    type: M,
    params: ParamsOf<M>,
    options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
  ): Promise<ResultOf<M>>;
  /** Messages that do not fit the declaration are dropped and told to `onDidReceiveInvalid`. */
  onNotification<M extends NotificationType>(
    type: M,
    listener: (params: ParamsOf<M>) => void,
  ): Disposable;
  readonly onDidReceiveInvalid: Event<EarmarkError>;
}

/** One authenticated connection. */
export interface DaemonClient extends Requester, Disposable {
  /**
   * Whole frames of one source, s16le, at most 100; binary where the connection has that.
   * @throws EarmarkError of `audio/push` and `audio/open`
   */
  pushAudio(
    sessionId: string,
    source: SourceName,
    seq: number,
    captureMs: number,
    pcm: Uint8Array,
  ): Promise<{ readonly ackSeq: number }>;
  readonly daemon: {
    readonly version: string;
    readonly pid: number;
    readonly protocol: ProtocolVersion;
  };
  readonly closed: boolean;
  /** Of the last ping of a remote connection, milliseconds. */
  readonly roundTripMs: number | undefined;
  readonly onDidClose: Event<EarmarkError>;
}

export type ConnectionState =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'connected'; readonly client: DaemonClient }
  /** Lost or not reached; tries again at `retryAt` (ms since the epoch). */
  | {
      readonly kind: 'waiting';
      readonly attempt: number;
      readonly retryAt: number;
      readonly error: EarmarkError;
    }
  /** Gave up: a retry by itself would not help. `retry()` tries again. */
  | { readonly kind: 'failed'; readonly error: EarmarkError }
  | { readonly kind: 'closed' };

export type StartParams = ParamsOf<typeof import('../protocol/session').SessionStart>;

/** Follows one session over any number of connections: every durable event once, in order. */
export interface SessionSubscription extends Disposable {
  readonly sessionId: string;
  /** As it was when last attached. */
  readonly session: SessionInfo;
  /** Last durable event that was handed on. */
  readonly lastSeq: number;
  /** First frame of each source that the daemon did not have on disk when last attached. */
  readonly nextFrames: ReadonlyMap<SourceName, number>;
  /** After every attach, also again after a reconnect. */
  readonly onDidAttach: Event<SessionInfo>;
  /** The daemon does not know the session any more, or refuses it. The subscription is over. */
  readonly onDidLose: Event<EarmarkError>;
}

export type EventSink = (event: SessionEvent) => void;

/**
 * A recording of this machine on its way to a daemon elsewhere. It is kept here until that has
 * confirmed it.
 */
export interface Sending {
  readonly sessionId: string;
  /** Name of the daemon elsewhere. */
  readonly remote: string;
  readonly state:
    | { readonly kind: 'recording' | 'sending' | 'checking' | 'confirmed' }
    | { readonly kind: 'pending'; readonly problem: string };
}

/** What became of a kept recording that was sent once more. */
export interface UploadOutcome {
  readonly uploadId: string;
  /** Undefined: the other side has all of it, and the copy here is gone. */
  readonly problem: string | undefined;
}

/**
 * A connection to the daemon that is made again when it is lost, starting the daemon where it must.
 */
export interface Connection extends Requester, Disposable {
  readonly state: ConnectionState;
  /** How good the link is; undefined to the daemon of this machine. */
  readonly quality?: LinkQuality;
  /** What is sent to it from here; undefined to the daemon of this machine. */
  readonly sending?: readonly Sending[];
  readonly onDidChangeSending?: Event<void>;
  /**
   * Sends recordings that are kept here for it, and ends those whose client is gone. Resolves when
   * each was confirmed, or was not.
   */
  sendKept?(uploadIds: readonly string[]): Promise<readonly UploadOutcome[]>;
  readonly onDidChangeState: Event<{
    readonly from: ConnectionState;
    readonly to: ConnectionState;
  }>;
  /**
   * Resolves when connected. @throws EarmarkError when it failed for good, was disposed, or after
   * `timeoutMs`
   */
  whenConnected(timeoutMs?: number): Promise<DaemonClient>;
  /** After `failed` or while waiting: tries now. */
  retry(): void;
  /**
   * Starts a session and follows it from its first event. Safe over a lost connection: the call
   * carries a key.
   */
  start(params: StartParams, sink: EventSink): Promise<SessionSubscription>;
  /** Follows a session from the event after `afterSeq`. */
  attach(sessionId: string, afterSeq: number, sink: EventSink): Promise<SessionSubscription>;
}

/** Pushes the frames of one source, at most 10 s unacknowledged, over any number of connections. */
export interface FramePusher extends Disposable {
  /**
   * Samples, 16 kHz mono, any number; whole frames are cut from them. Never blocks: beyond 5
   * minutes the oldest go and are counted, or are read from the copy. `seq`: whole frames, the
   * first with this number.
   */
  write(pcm: Int16Array, seq?: number): void;
  /**
   * Resolves when less than `belowMs` (default 20 s) waits to be sent; for sources that are faster
   * than real time.
   */
  whenReady(belowMs?: number): Promise<void>;
  /**
   * Fills the last frame with silence, waits until all is on disk and tells the daemon that the
   * source ended.
   */
  end(): Promise<void>;
  /** The copy on this machine has come so far. */
  extend(frames: number): void;
  /** Number of the next frame that is written. */
  readonly nextSeq: number;
  /** Frames the daemon has on disk. */
  readonly acknowledged: number;
  /** Milliseconds that wait for an acknowledgement. */
  readonly bufferedMs: number;
  /** Frames that had to go because the daemon was away too long. */
  readonly dropped: number;
  /** The daemon refused the audio for good; the pusher is over. */
  readonly onDidFail: Event<EarmarkError>;
}
