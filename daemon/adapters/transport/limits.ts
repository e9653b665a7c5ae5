/** What one peer may cost, and how a connection that must go is let go. */
import type { Socket } from 'node:net';
import { MESSAGE_MAX_BYTES } from '../../../protocol/version';

export interface TransportLimits {
  readonly handshakeMs: number;
  /** Admitted connections. */
  readonly connections: number;
  /** Connections that have not said the token yet. */
  readonly strangers: number;
  /** Longest message that is read. */
  readonly messageBytes: number;
  /** Bytes that may wait for a client that does not read. */
  readonly queuedBytes: number;
}

export const defaultTransportLimits: TransportLimits = {
  handshakeMs: 5_000,
  connections: 64,
  strangers: 64,
  messageBytes: MESSAGE_MAX_BYTES,
  queuedBytes: 64 * 1024 * 1024,
};

/** How long a connection that is closed may take to send what waits. */
const LINGER_MS = 1_000;

/** Reads and forgets what still comes, so that the last words arrive, then destroys. */
export function linger(socket: Socket): void {
  socket.on('data', () => undefined).resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
