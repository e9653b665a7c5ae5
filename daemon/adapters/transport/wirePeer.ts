/**
 * One admitted connection, local or remote: JSON-RPC on its wire, requests to the handlers, and a
 * final error before a forced end.
 */
import {
  createMessageConnection,
  ResponseError,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { Wire } from '../../../client/wire/wire';
import { EarmarkError, isEarmarkError, type ErrorCode } from '../../../protocol/errors';
import { AUDIO_ANSWER_PREFIX, decodeAudio } from '../../../protocol/remote';
import type { Identity } from '../../base/identity';
import type { Logger } from '../../base/logger';
import type { AcceptPeer, Peer, PeerHandler } from '../../base/peer';

let count = 0;

export class WirePeer implements Peer {
  private readonly connection: MessageConnection;
  private handler: PeerHandler | undefined;
  private over = false;
  readonly id = ++count;

  constructor(
    readonly identity: Identity,
    private readonly wire: Wire,
    private readonly logger: Logger,
    private readonly onClosed: () => void,
  ) {
    const quiet = {
      error: () => undefined,
      warn: () => undefined,
      info: () => undefined,
      log: () => undefined,
    };
    this.connection = createMessageConnection(wire.reader, wire.writer, quiet, {
      messageStrategy: {
        handleMessage: (message, next) => {
          wire.dispatched(message);
          if (!this.over) next(message);
        },
      },
    });
    wire.onClosed(() => this.ended());
  }

  get queuedBytes(): number {
    return this.wire.queuedBytes;
  }

  serve(accept: AcceptPeer): void {
    this.handler = accept(this);
    this.wire.onRefused((error) => this.close(error));
    this.connection.onRequest((method, params, token) => this.answer(method, params, token));
    this.wire.audio?.onMessage((message) => this.takeAudio(message));
    this.connection.listen();
  }

  notify(method: string, params: object): void {
    if (this.over) return;
    // A peer that is gone or does not read has its socket closed; nothing else can be done.
    this.wire.writer.write({ jsonrpc: '2.0', method, params } as never).catch((error: unknown) =>
      this.logger.debug('transport.notSent', {
        client: this.id,
        method,
        error: isEarmarkError(error) ? error.code : 'unknown',
      }),
    );
  }

  /** With a reason: sends an error without a request id, then ends. */
  close(reason?: EarmarkError): void {
    if (this.over) return;
    if (reason) this.logger.warn('transport.closed', { client: this.id, reason: reason.code });
    this.over = true;
    this.wire.end(reason);
  }

  refuse(code: ErrorCode, message: string): void {
    this.close(new EarmarkError(code, message));
  }

  private async answer(method: string, params: unknown, token: CancellationToken): Promise<object> {
    const abort = new AbortController();
    const cancelled = token.onCancellationRequested(() => abort.abort());
    try {
      if (!this.handler) throw new EarmarkError('rpc.disconnected', 'The connection is closed.');
      return await this.handler.request(method, params, abort);
    } catch (thrown) {
      const error = known(thrown);
      throw new ResponseError(error.rpcCode, error.message, error.toData());
    } finally {
      cancelled.dispose();
    }
  }

  private takeAudio(bytes: Uint8Array): void {
    const message = decodeAudio(bytes);
    if (!message)
      return this.refuse(
        'rpc.invalidRequest',
        'The binary message is not audio in a version that this daemon supports; ' +
          'update Earmark on both sides.',
      );
    if (this.over || !this.handler?.audio) return;
    const { id, ...header } = message.header;
    const answer = { jsonrpc: '2.0', id: `${AUDIO_ANSWER_PREFIX}${id}` };
    const send = (what: object) =>
      void this.wire.writer.write({ ...answer, ...what } as never).catch(() => undefined);
    this.handler.audio({ ...header, pcm: message.pcm }).then(
      (result) => send({ result }),
      (thrown: unknown) => {
        const error = known(thrown);
        send({ error: { code: error.rpcCode, message: error.message, data: error.toData() } });
      },
    );
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

function known(thrown: unknown): EarmarkError {
  return isEarmarkError(thrown)
    ? thrown
    : new EarmarkError('internal', 'The Earmark daemon failed; see "earmark daemon logs".');
}
