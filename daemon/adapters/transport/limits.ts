/** Resource limits of a peer. */
import { MESSAGE_MAX_BYTES } from '../../../protocol/version';
import type { UnadmittedLimits } from './unadmittedSockets';

export interface TransportLimits {
  readonly handshakeMs: number;
  /** Admitted connections. */
  readonly connections: number;
  /** Connections before the token check. */
  readonly unauthenticated: number;
  /** Longest message that is read. */
  readonly messageBytes: number;
  /** Limit of bytes that wait for a client that does not read. */
  readonly queuedBytes: number;
}

export const defaultTransportLimits: TransportLimits = {
  handshakeMs: 5_000,
  connections: 64,
  unauthenticated: 64,
  messageBytes: MESSAGE_MAX_BYTES,
  queuedBytes: 64 * 1024 * 1024,
};

/**
 * The same for peers over the network. `handshakeMs` limits the time from accept to admission, and
 * then the time to the greeting.
 */
export interface RemoteLimits extends UnadmittedLimits {
  readonly headerBytes: number;
  /** Limits of admitted connections: for each user and in total. */
  readonly connectionsPerUser: number;
  readonly connections: number;
  readonly messageBytes: number;
  readonly queuedBytes: number;
  /** Long-term rates of a connection, and bursts above them. */
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  readonly bytesPerSecond: number;
  readonly byteBurst: number;
  /**
   * Limit of messages refused for their rate in a row, without a pause of a second; the next one
   * closes the connection.
   */
  readonly refusals: number;
  /** Time that a token is refused after its connection was closed for its rate. */
  readonly penaltyMs: number;
  readonly keepaliveMs: number;
  readonly deadMs: number;
}

export const defaultRemoteLimits: RemoteLimits = {
  handshakeMs: 10_000,
  headerBytes: 8 * 1024,
  connectionsPerUser: 64,
  connections: 1_024,
  // An admission takes a few milliseconds; a proxy in front has one address for all its clients.
  unadmitted: 256,
  unadmittedPerAddress: 64,
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
