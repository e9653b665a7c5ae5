/**
 * JSON-RPC messages on a socket (LSP framing: `Content-Length: N`, empty line, body), bounded in
 * both directions. The reader of vscode-jsonrpc buffers any announced length, and its writer queues
 * without limit. This reader refuses a body before reading it; this writer drops a peer that does
 * not read. Used by the client and the daemon.
 */
import type { Socket } from 'node:net';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';
import { EarmarkError } from '../../protocol/errors';
import { STOPPED_READING, messageTooLarge } from '../errors';
import { isCounted, written } from './jsonRpc';

const HEADER_MAX_BYTES = 1024;
const HEADER_END = Buffer.from('\r\n\r\n');
/** Limit of parsed messages that wait for dispatch; above it the socket is not read. */
const UNDISPATCHED_MAX = 256;
/**
 * Outgoing messages wait at most this number of event loop turns, to be sent with the answers that
 * follow.
 */
const GATHERED_TURNS = 8;

export class FrameReader extends AbstractMessageReader implements MessageReader {
  private header: Buffer = Buffer.alloc(0);
  private body: { length: number; have: number; chunks: Buffer[] } | undefined;
  private undispatched = 0;
  private dead = false;
  private closing = false;

  /**
   * @param maxBytes longest body that is read
   * @param refusal refuses a body before it is parsed
   */
  constructor(
    private readonly socket: Socket,
    private readonly maxBytes: number,
    private readonly refusal: (body: Buffer) => EarmarkError | undefined = () => undefined,
  ) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    const onData = (chunk: Buffer) => this.take(chunk, callback);
    const onError = (error: Error) => this.fireError(error);
    const onClose = () => {
      // Messages received before the end are dispatched before the end.
      this.closing = true;
      if (this.undispatched === 0) this.fireClose();
    };
    this.socket.on('data', onData).on('error', onError).on('close', onClose);
    this.socket.resume();
    return { dispose: () => this.socket.off('data', onData).off('close', onClose) };
  }

  /** True while parsed messages wait for dispatch. */
  get waiting(): boolean {
    return this.undispatched > 0;
  }

  /** Call when a message is dispatched (`messageStrategy`); lets the socket flow again. */
  dispatched(message: Message): void {
    if (!isCounted(message)) return;
    this.undispatched--;
    if (this.closing && this.undispatched === 0) setImmediate(() => this.fireClose());
    if (this.undispatched < UNDISPATCHED_MAX / 2 && this.socket.isPaused() && !this.dead)
      this.socket.resume();
  }

  private take(chunk: Buffer, callback: DataCallback): void {
    let rest = chunk;
    while (rest.length > 0 && !this.dead) {
      if (!this.body) {
        const next = this.takeHeader(rest);
        if (next === undefined) return;
        rest = next;
      }
      const body = this.body;
      if (!body) return;
      const part = rest.subarray(0, body.length - body.have);
      rest = rest.subarray(part.length);
      body.chunks.push(part);
      body.have += part.length;
      if (body.have < body.length) return;
      this.body = undefined;
      this.deliver(body.chunks, callback);
    }
  }

  /** Returns the bytes after the header; undefined if more must arrive or the peer is refused. */
  private takeHeader(chunk: Buffer): Buffer | undefined {
    const joined = this.header.length === 0 ? chunk : Buffer.concat([this.header, chunk]);
    const end = joined.indexOf(HEADER_END);
    if (end < 0 ? joined.length > HEADER_MAX_BYTES : end > HEADER_MAX_BYTES)
      return this.refuse('rpc.parse', 'A message header is too long.');
    if (end < 0) {
      this.header = joined;
      return undefined;
    }
    this.header = Buffer.alloc(0);
    const match = /(?:^|\r\n)content-length: *(\d{1,15})(?:\r\n|$)/i.exec(
      joined.toString('latin1', 0, end),
    );
    if (!match) return this.refuse('rpc.parse', 'A message header has no Content-Length.');
    const length = Number(match[1]);
    if (length > this.maxBytes) {
      return this.refuse('rpc.messageTooLarge', messageTooLarge(length, this.maxBytes).message);
    }
    this.body = { length, have: 0, chunks: [] };
    return joined.subarray(end + HEADER_END.length);
  }

  private deliver(chunks: readonly Buffer[], callback: DataCallback): void {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const refused = this.refusal(body);
    if (refused) return void this.refuse('rpc.messageTooLarge', refused.message);
    let message: unknown;
    try {
      message = JSON.parse(body.toString('utf8'));
    } catch {
      this.refuse('rpc.parse', 'A message is not JSON.');
      return;
    }
    if (typeof message !== 'object' || message === null || Array.isArray(message)) {
      this.refuse('rpc.parse', 'A message is not a JSON-RPC object.');
      return;
    }
    if (isCounted(message as Message)) this.undispatched++;
    if (this.undispatched >= UNDISPATCHED_MAX) this.socket.pause();
    callback(message as Message);
  }

  private refuse(code: 'rpc.parse' | 'rpc.messageTooLarge', message: string): undefined {
    this.dead = true;
    this.body = undefined;
    this.fireError(new EarmarkError(code, message));
    return undefined;
  }
}

export class FrameWriter extends AbstractMessageWriter implements MessageWriter {
  private gathering = false;

  /**
   * @param maxBytes longest body that is sent
   * @param maxQueued limit of bytes that wait for a peer that does not read; beyond it the socket
   * is destroyed
   * @param moreToAnswer returns true while messages of the peer wait for dispatch; output then
   * waits some turns for their answers
   */
  constructor(
    private readonly socket: Socket,
    private readonly maxBytes: number,
    private readonly maxQueued: number,
    private readonly moreToAnswer: () => boolean,
  ) {
    super();
  }

  /** @throws EarmarkError rpc.messageTooLarge, rpc.disconnected */
  write(message: Message): Promise<void> {
    return written((one) => this.send(one), message);
  }

  end(): void {
    this.socket.end();
  }

  private send(message: Message): void {
    if (this.socket.destroyed || this.socket.writableEnded)
      throw new EarmarkError('rpc.disconnected', 'The connection to the Earmark daemon is closed.');
    const body = Buffer.from(JSON.stringify(message), 'utf8');
    if (body.length > this.maxBytes) {
      throw messageTooLarge(body.length, this.maxBytes);
    }
    if (this.socket.writableLength + body.length > this.maxQueued) {
      const error = new EarmarkError('rpc.disconnected', STOPPED_READING);
      this.socket.destroy(error);
      throw error;
    }
    this.gather();
    this.socket.write(`Content-Length: ${body.length}\r\n\r\n`, 'latin1');
    this.socket.write(body);
  }

  /**
   * Sends all messages of one turn together, and the answers to messages that arrived together. The
   * event loop dispatches one of those each turn. Each system call wakes the peer, which costs more
   * than the message.
   */
  private gather(): void {
    if (this.gathering) return;
    this.gathering = true;
    this.socket.cork();
    let turns = 0;
    const send = (): void => {
      if (this.moreToAnswer() && ++turns < GATHERED_TURNS) return void setImmediate(send);
      this.gathering = false;
      this.socket.uncork();
    };
    setImmediate(send);
  }
}
