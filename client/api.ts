/**
 * Interfaces for clients of the daemon: the editor extension and the command line. `ensureDaemon`
 * makes a single connection; `ManagedConnection` reconnects by itself.
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

/** Identity of the client, for `daemon/hello`. */
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
   * Extra environment variables. Set `ELECTRON_RUN_AS_NODE` when an editor starts the daemon with
   * its own Node.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Extra environment variables that come from asynchronous storage; read at each start. */
  readonly secrets?: () => Promise<Readonly<Record<string, string>>>;
}

/** A daemon on another machine. */
export interface RemoteProfile {
  /** `wss://host:port`; `ws://` only for this machine. */
  readonly url: string;
  /** A function is called at every connection; undefined means that the token is missing. */
  readonly token: string | (() => Promise<string | undefined>);
  /** SHA-256 of a self-signed certificate as hex; colons are allowed. */
  readonly fingerprint?: string;
  /** Frames kept in memory while the daemon is unreachable; tests use a small number. */
  readonly maxFrames?: number;
  /** Milliseconds; tests use short times. */
  readonly timing?: Partial<RemoteTiming>;
}

export interface RemoteTiming {
  readonly keepaliveMs: number;
  readonly deadMs: number;
  /** Silence limit in milliseconds while audio or a request waits for its answer. */
  readonly answerDeadMs: number;
  /** Shortest and longest wait before a reconnect, in milliseconds. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

/** Quality of the link to a remote daemon. */
export interface LinkQuality {
  readonly grade: 'good' | 'fair' | 'poor' | 'away';
  /** Round trip of the last ping in milliseconds; undefined before the first ping. */
  readonly roundTripMs: number | undefined;
  /** Audio, sent or waiting, that the daemon has not stored on disk yet. */
  readonly unacknowledgedMs: number;
}

export interface ConnectOptions {
  /** Folder of `daemon.json`; `stateFolder()` returns the usual folder. */
  readonly stateDir: string;
  readonly client: ClientInfo;
  /**
   * Connects to this remote daemon instead. `stateDir` and `daemon` then only serve local
   * recording.
   */
  readonly remote?: RemoteProfile;
  /** Command that starts the daemon. Absent: connect only, never start. */
  readonly daemon?: DaemonCommand;
  /** Milliseconds for the whole attempt; 15 000 by default. */
  readonly timeoutMs?: number;
  /** Protocol version to claim; tests only. */
  readonly protocol?: ProtocolVersion;
  readonly signal?: AbortSignal;
  /** Writes an event name and plain fields to the client's own log. */
  readonly log?: (event: string, fields?: Record<string, string | number | boolean>) => void;
}

/** Sends requests. Implemented by both kinds of connection. */
export interface Requester {
  /**
   * Sends a request and validates the answer. An invalid answer rejects with `internal`; the
   * connection stays open.
   * @throws EarmarkError of the catalogue; `rpc.disconnected` when the connection is gone
   */
  request<M extends RequestType>(
    type: M,
    params: ParamsOf<M>,
    options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
  ): Promise<ResultOf<M>>;
  /** Messages that do not fit the declaration are dropped and reported to `onDidReceiveInvalid`. */
  onNotification<M extends NotificationType>(
    type: M,
    listener: (params: ParamsOf<M>) => void,
  ): Disposable;
  readonly onDidReceiveInvalid: Event<EarmarkError>;
}

/** One authenticated connection. */
export interface DaemonClient extends Requester, Disposable {
  /**
   * Pushes whole frames of one source, s16le, at most 100. Uses binary messages if the wire
   * supports them.
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
  /** Round trip of the last ping to a remote daemon, in milliseconds. */
  readonly roundTripMs: number | undefined;
  readonly onDidClose: Event<EarmarkError>;
}

export type ConnectionState =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'connected'; readonly client: DaemonClient }
  /** Lost or not reachable; the next try is at `retryAt` (ms since the epoch). */
  | {
      readonly kind: 'waiting';
      readonly attempt: number;
      readonly retryAt: number;
      readonly error: EarmarkError;
    }
  /** Gave up, because an automatic retry would not help. `retry()` tries again. */
  | { readonly kind: 'failed'; readonly error: EarmarkError }
  | { readonly kind: 'closed' };

export type StartParams = ParamsOf<typeof import('../protocol/session').SessionStart>;

/** Follows one session across connections: every durable event once, in order. */
export interface SessionSubscription extends Disposable {
  readonly sessionId: string;
  /** State of the session at the last attach. */
  readonly session: SessionInfo;
  /**
   * Session time now in milliseconds, by the daemon's clock at the first attach; 0 if it has ended.
   */
  readonly sessionMs: number;
  /** Number of the last durable event passed to the sink. */
  readonly lastSeq: number;
  /** For each source, the first frame that was not on the daemon's disk at the last attach. */
  readonly nextFrames: ReadonlyMap<SourceName, number>;
  /** Fires after every attach, including those after a reconnect. */
  readonly onDidAttach: Event<SessionInfo>;
  /** Fires when the daemon refuses the session or does not have it. The subscription is over. */
  readonly onDidLose: Event<EarmarkError>;
}

export type EventSink = (event: SessionEvent) => void;

/**
 * A recording of this machine that is sent to a remote daemon. The local copy stays until the
 * remote daemon confirms it.
 */
export interface Sending {
  readonly sessionId: string;
  /** Name of the remote daemon. */
  readonly remote: string;
  readonly state:
    | { readonly kind: 'recording' | 'sending' | 'checking' | 'confirmed' }
    | { readonly kind: 'pending'; readonly problem: string };
}

/** Result of sending an upload copy again. */
export interface UploadOutcome {
  readonly uploadId: string;
  /** Undefined: the remote daemon has the whole recording, and the local copy is deleted. */
  readonly problem: string | undefined;
}

/** A connection to the daemon that reconnects when lost, and starts the daemon if necessary. */
export interface Connection extends Requester, Disposable {
  readonly state: ConnectionState;
  /** Link quality; undefined for the local daemon. */
  readonly quality?: LinkQuality;
  /** Recordings sent from this machine; undefined for the local daemon. */
  readonly sending?: readonly Sending[];
  readonly onDidChangeSending?: Event<void>;
  /** Fires with a sentence for the user when the remote daemon refuses the rest of a recording. */
  readonly onDidRefuseAudio?: Event<string>;
  /**
   * Sends the upload copies, and ends those whose client is gone. Resolves when each copy is
   * confirmed or has failed.
   */
  sendKept?(uploadIds: readonly string[]): Promise<readonly UploadOutcome[]>;
  readonly onDidChangeState: Event<{
    readonly from: ConnectionState;
    readonly to: ConnectionState;
  }>;
  /**
   * Resolves when connected.
   * @throws EarmarkError when the connection failed for good, was disposed, or after `timeoutMs`
   */
  whenConnected(timeoutMs?: number): Promise<DaemonClient>;
  /** Tries again now, after `failed` or during a wait. */
  retry(): void;
  /**
   * Starts a session and follows it from its first event. The call carries a key, so a lost
   * connection does not start it twice.
   */
  start(params: StartParams, sink: EventSink): Promise<SessionSubscription>;
  /** Follows a session from the event after `afterSeq`. */
  attach(sessionId: string, afterSeq: number, sink: EventSink): Promise<SessionSubscription>;
}

/** Pushes the frames of one source, at most 10 s unacknowledged, over any number of connections. */
export interface FramePusher extends Disposable {
  /**
   * Appends any number of samples, 16 kHz mono, and cuts whole frames from them. Never blocks:
   * beyond 5 minutes it drops and counts the oldest frames, or reads them from the copy.
   * @param placed sequence number and capture clock of the first frame; the samples are then whole
   * frames without a break. Without it, the clock continues
   */
  write(pcm: Int16Array, placed?: { readonly seq: number; readonly captureMs: number }): void;
  /** Resolves when less than `belowMs` (default 20 s) waits. For sources faster than real time. */
  whenReady(belowMs?: number): Promise<void>;
  /**
   * Fills the last frame with silence, waits until all audio is on disk, and reports the end of the
   * source to the daemon.
   */
  end(): Promise<void>;
  /** The local copy now holds this number of frames. */
  extend(frames: number): void;
  /** Sequence number of the next frame. */
  readonly nextSeq: number;
  /** Frames the daemon has on disk. */
  readonly acknowledged: number;
  /** Unacknowledged audio in milliseconds. */
  readonly bufferedMs: number;
  /** Frames dropped because the daemon was unreachable too long. */
  readonly dropped: number;
  /** The daemon refused the audio permanently; the pusher is over. */
  readonly onDidFail: Event<EarmarkError>;
}
