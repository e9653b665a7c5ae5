/** What one peer may cost. */
import { MESSAGE_MAX_BYTES } from '../../../protocol/version';

export interface TransportLimits {
  readonly handshakeMs: number;
  /** Admitted connections. */
  readonly connections: number;
  /** Connections that have not said the token yet. */
  readonly unauthenticated: number;
  /** Longest message that is read. */
  readonly messageBytes: number;
  /** Bytes that may wait for a client that does not read. */
  readonly queuedBytes: number;
}

export const defaultTransportLimits: TransportLimits = {
  handshakeMs: 5_000,
  connections: 64,
  unauthenticated: 64,
  messageBytes: MESSAGE_MAX_BYTES,
  queuedBytes: 64 * 1024 * 1024,
};

/** The same for those who come over the network. */
export interface RemoteLimits {
  /** Time for TLS, the headers of the upgrade and then the greeting. */
  readonly handshakeMs: number;
  readonly headerBytes: number;
  /** Admitted connections, of one user and in all. */
  readonly connectionsPerUser: number;
  readonly connections: number;
  /** Sockets, admitted or not. */
  readonly sockets: number;
  readonly messageBytes: number;
  readonly queuedBytes: number;
  /** Long-term rates of one connection, and what it may send at once above them. */
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  readonly bytesPerSecond: number;
  readonly byteBurst: number;
  /**
   * Messages refused for their rate without a pause of a second; the next one closes the
   * connection.
   */
  readonly refusals: number;
  /** How long a token that was closed for its rate is refused. */
  readonly penaltyMs: number;
  readonly keepaliveMs: number;
  readonly deadMs: number;
}

export const defaultRemoteLimits: RemoteLimits = {
  handshakeMs: 10_000,
  headerBytes: 8 * 1024,
  connectionsPerUser: 64,
  connections: 1_024,
  sockets: 1_280,
  messageBytes: MESSAGE_MAX_BYTES,
  queuedBytes: 16 * 1024 * 1024,
  // A window sends a few messages a second and a live source 32 KB; a file is sent at 60 times its
  // speed.
  messagesPerSecond: 100,
  messageBurst: 200,
  bytesPerSecond: 4 * 1024 * 1024,
  byteBurst: 16 * 1024 * 1024,
  refusals: 50,
  penaltyMs: 5_000,
  keepaliveMs: 5_000,
  deadMs: 20_000,
};
