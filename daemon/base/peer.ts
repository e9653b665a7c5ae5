/** One authenticated connection as the transport and the handlers see it: the seam between sockets and methods. */

export interface Peer {
  /** Counts connections since the start; for logs. */
  readonly id: number;
  /** Bytes that wait for the other side to read; passing events are left out while it is behind. */
  readonly queuedBytes: number;
  notify(method: string, params: object): void;
  /** Ends the connection once what was sent is out. */
  close(): void;
}

export interface PeerHandler {
  /** @throws EarmarkError and nothing else; it goes to the other side as it is */
  request(method: string, params: unknown, signal: AbortSignal): Promise<object>;
  /** The connection is gone. Called once. */
  closed(): void;
}

export type AcceptPeer = (peer: Peer) => PeerHandler;
