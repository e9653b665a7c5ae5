/**
 * One connection as messages, whatever carries them: a local socket or a WebSocket. Both ends use
 * it.
 */
import type { Disposable, Message, MessageReader, MessageWriter } from 'vscode-jsonrpc/node';
import type { EarmarkError } from '../protocol/errors';

export interface Wire {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
  /** Bytes that wait for the other side to read. */
  readonly queuedBytes: number;
  /** Binary messages; absent where the wire has none. */
  readonly audio?: AudioWire;
  /** Call when a message is dispatched; lets more come in. */
  dispatched(message: Message): void;
  /** What the other side did wrong; it is no longer heard. */
  onRefused(listener: (error: EarmarkError) => void): Disposable;
  /** Why the other side closed, where it said so. */
  readonly farewell: EarmarkError | undefined;
  /** Called once. What came before may still be on its way through the reader. */
  onClosed(listener: () => void): void;
  /** Ends once what was sent is out. */
  end(reason?: EarmarkError): void;
  /** Ends now. */
  destroy(): void;
}

export interface AudioWire {
  send(message: Uint8Array): void;
  onMessage(listener: (message: Uint8Array) => void): void;
}
