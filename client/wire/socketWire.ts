/** A local socket as a wire: LSP framing, bounded in both directions. */
import type { Socket } from 'node:net';
import type { Message } from 'vscode-jsonrpc/node';
import { EarmarkError, isEarmarkError } from '../../protocol/errors';
import { MESSAGE_MAX_BYTES } from '../../protocol/version';
import { FrameReader, FrameWriter } from './framing';
import type { Wire } from './wire';

/** Time limit for a closing connection to send its queue. */
const LINGER_MS = 1_000;

export interface WireLimits {
  /** Longest message that is read. */
  readonly readBytes: number;
  /** Longest message that is sent. */
  readonly writeBytes: number;
  /** Limit of bytes that wait for a peer that does not read. */
  readonly queuedBytes: number;
  /** Refuses a message before it is parsed. */
  readonly refusal?: (body: Buffer) => EarmarkError | undefined;
}

/** Longest answer that a client reads: a day's session with word times. */
const ANSWER_MAX_BYTES = 64 * 1024 * 1024;
export const CLIENT_LIMITS: WireLimits = {
  readBytes: ANSWER_MAX_BYTES,
  writeBytes: MESSAGE_MAX_BYTES,
  queuedBytes: ANSWER_MAX_BYTES,
};

export function socketWire(socket: Socket, limits: WireLimits): Wire {
  const reader = new FrameReader(socket, limits.readBytes, limits.refusal);
  const writer = new FrameWriter(
    socket,
    limits.writeBytes,
    limits.queuedBytes,
    () => reader.waiting,
  );
  /** Error that the peer sent without a request (id null) before it closed. */
  let lastWords: EarmarkError | undefined;
  return {
    reader,
    writer,
    get queuedBytes() {
      return socket.writableLength;
    },
    get farewell() {
      return lastWords;
    },
    dispatched: (message) => {
      reader.dispatched(message);
      lastWords ??= lastWordsOf(message);
    },
    onRefused: (listener) => reader.onError((error) => isEarmarkError(error) && listener(error)),
    onClosed: (listener) => void socket.on('close', listener),
    end: (reason) => {
      if (reason) writer.write(refusalMessage(reason)).catch(() => undefined);
      socket.end();
      linger(socket);
    },
    destroy: () => void socket.on('error', () => undefined).destroy(),
  };
}

/** Reads and discards input so that the last message arrives, then destroys the socket. */
export function linger(socket: Socket): void {
  socket.on('data', () => undefined).resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}

/** An error message without a request id. */
export function refusalMessage(error: EarmarkError): Message {
  return {
    jsonrpc: '2.0',
    id: null,
    error: { code: error.rpcCode, message: error.message, data: error.toData() },
  } as unknown as Message;
}

export function lastWordsOf(message: Message): EarmarkError | undefined {
  const response = message as { id?: unknown; error?: { message?: unknown; data?: unknown } };
  if (response.id !== null || typeof response.error?.message !== 'string') return undefined;
  return EarmarkError.fromData(response.error.message, response.error.data);
}
