/**
 * One authenticated connection as the transport and the handlers see it: the seam between sockets
 * and methods.
 */
import type { EarmarkError } from '../../protocol/errors';
import type { Identity } from './identity';

export interface Peer {
  /** Counts connections since the start; for logs. */
  readonly id: number;
  readonly identity: Identity;
  /** Bytes that wait for the other side to read; passing events are left out while it is behind. */
  readonly queuedBytes: number;
  notify(method: string, params: object): void;
  /** Ends the connection once what was sent is out; `reason` is told to the other side. */
  close(reason?: EarmarkError): void;
}

/** Frames that came as a binary message. */
export interface AudioMessage {
  /** As `audio/open` gave it. */
  readonly channel: number;
  readonly seq: number;
  readonly captureMs: number;
  /** s16le; its length was not looked at. */
  readonly pcm: Uint8Array;
}

/**
 * A request that may be taken back. Its signal is made when somebody looks at it: few requests take
 * so long, and audio comes in hundreds a second.
 */
export type Asked = Pick<AbortController, 'signal'>;

export interface PeerHandler {
  /** @throws EarmarkError and nothing else; it goes to the other side as it is */
  request(method: string, params: unknown, asked: Asked): Promise<object>;
  /**
   * Where the connection has binary messages.
   * @returns what answers it; taken before the call returns. @throws EarmarkError and nothing else
   */
  audio?(message: AudioMessage): Promise<object>;
  /** The connection is gone. Called once. */
  closed(): void;
}

export type AcceptPeer = (peer: Peer) => PeerHandler;
