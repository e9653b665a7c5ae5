/** One authenticated connection, the interface between the transport and the handlers. */
import type { EarmarkError } from '../../protocol/errors';
import type { Identity } from './identity';

export interface Peer {
  /** Running number of the connection; for logs. */
  readonly id: number;
  readonly identity: Identity;
  /** Bytes that wait for the peer to read; transient events are dropped while it is slow. */
  readonly queuedBytes: number;
  notify(method: string, params: object): void;
  /** Ends the connection after the queue is sent; the peer receives `reason`. */
  close(reason?: EarmarkError): void;
}

/** Frames in a binary message. */
export interface AudioMessage {
  /** Channel from `audio/open`. */
  readonly channel: number;
  readonly seq: number;
  readonly captureMs: number;
  /** s16le; its length is not checked. */
  readonly pcm: Uint8Array;
}

/**
 * A cancellable request. Its signal is made on first access: few requests take long, and audio
 * arrives hundreds of times a second.
 */
export type Asked = Pick<AbortController, 'signal'>;

export interface PeerHandler {
  /** @throws only EarmarkError, which is sent to the peer unchanged */
  request(method: string, params: unknown, asked: Asked): Promise<object>;
  /**
   * For connections with binary messages. Takes the samples before the call returns.
   * @returns the answer
   * @throws only EarmarkError
   */
  audio?(message: AudioMessage): Promise<object>;
  /** Called once when the connection is gone. */
  closed(): void;
}

export type AcceptPeer = (peer: Peer) => PeerHandler;
