/** One admitted connection: JSON-RPC on its socket, requests to the handlers, last words when it must go. */
import type { Socket } from 'node:net';
import { createMessageConnection, ResponseError, type CancellationToken, type MessageConnection } from 'vscode-jsonrpc/node';
import { FrameReader, FrameWriter } from '../../../client/framing';
import { EarmarkError, isEarmarkError, type ErrorCode } from '../../../protocol/errors';
import type { Logger } from '../../base/logger';
import type { AcceptPeer, Peer, PeerHandler } from '../../base/peer';
import { linger, type TransportLimits } from './limits';

export class SocketPeer implements Peer {
  private readonly reader: FrameReader;
  private readonly writer: FrameWriter;
  private readonly connection: MessageConnection;
  private handler: PeerHandler | undefined;
  private over = false;

  constructor(
    readonly id: number,
    private readonly socket: Socket,
    limits: TransportLimits,
    private readonly logger: Logger,
    private readonly onClosed: () => void,
  ) {
    this.reader = new FrameReader(socket, limits.messageBytes);
    this.writer = new FrameWriter(socket, limits.queuedBytes, limits.queuedBytes);
    const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined, log: () => undefined };
    this.connection = createMessageConnection(this.reader, this.writer, quiet, {
      messageStrategy: {
        handleMessage: (message, next) => {
          this.reader.dispatched(message);
          if (!this.over) next(message);
        },
      },
    });
    socket.on('error', (error: NodeJS.ErrnoException) => logger.debug('transport.socketError', { client: id, error: error.code ?? error.name }));
    socket.on('close', () => this.ended());
  }

  get queuedBytes(): number {
    return this.socket.writableLength;
  }

  serve(accept: AcceptPeer): void {
    this.handler = accept(this);
    this.reader.onError((error) => {
      if (isEarmarkError(error)) this.refuse(error.code, error.message);
    });
    this.connection.onRequest((method, params, token) => this.answer(method, params, token));
    this.connection.listen();
  }

  notify(method: string, params: object): void {
    if (this.over) return;
    // A peer that is gone or stopped reading closes its socket, which is all that can be done about it.
    this.writer.write({ jsonrpc: '2.0', method, params } as never).catch((error: unknown) => this.logger.debug('transport.notSent', { client: this.id, method, error: isEarmarkError(error) ? error.code : 'unknown' }));
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.socket.end();
    linger(this.socket);
  }

  /** An error that answers no request in particular, then the end. */
  refuse(code: ErrorCode, message: string): void {
    if (this.over) return;
    this.logger.warn('transport.closed', { client: this.id, reason: code });
    const error = new EarmarkError(code, message);
    this.writer.write({ jsonrpc: '2.0', id: null, error: { code: error.rpcCode, message, data: error.toData() } } as never).catch(() => undefined);
    this.close();
  }

  private async answer(method: string, params: unknown, token: CancellationToken): Promise<object> {
    const abort = new AbortController();
    const cancelled = token.onCancellationRequested(() => abort.abort());
    try {
      if (!this.handler) throw new EarmarkError('rpc.disconnected', 'The connection is closed.');
      return await this.handler.request(method, params, abort.signal);
    } catch (thrown) {
      const error = isEarmarkError(thrown) ? thrown : new EarmarkError('internal', 'Something went wrong in the Earmark daemon; see "earmark daemon logs".');
      throw new ResponseError(error.rpcCode, error.message, error.toData());
    } finally {
      cancelled.dispose();
    }
  }

  private ended(): void {
    this.over = true;
    this.connection.dispose();
    this.onClosed();
    const { handler } = this;
    this.handler = undefined;
    handler?.closed();
  }
}
