/**
 * One connection as messages over any carrier: a local socket or a WebSocket. Used by both ends.
 */
import type { Disposable, Message, MessageReader, MessageWriter } from 'vscode-jsonrpc/node';
import type { EarmarkError } from '../../protocol/errors';

export interface Wire {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
  /** Bytes that wait for the peer to read. */
  readonly queuedBytes: number;
  /** Binary messages; absent if the wire has none. */
  readonly audio?: AudioWire;
  /** Call when a message is dispatched; permits further input. */
  dispatched(message: Message): void;
  /** Fires when the peer broke a rule; its input is no longer read. */
  onRefused(listener: (error: EarmarkError) => void): Disposable;
  /** The peer's reason for closing, if it sent a reason. */
  readonly farewell: EarmarkError | undefined;
  /** Calls the listener once. Earlier messages may still be in the reader. */
  onClosed(listener: () => void): void;
  /** Ends after the queue is sent. */
  end(reason?: EarmarkError): void;
  /** Ends now. */
  destroy(): void;
}

export interface AudioWire {
  send(message: Uint8Array): void;
  onMessage(listener: (message: Uint8Array) => void): void;
}
