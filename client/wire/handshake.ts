/**
 * The client's side of the greeting: connect to the socket, send the token, wait for the admission
 * line.
 */
import { createConnection, type Socket } from 'node:net';
import { EarmarkError } from '../../protocol/errors';
import { HANDSHAKE_DENIED, HANDSHAKE_OK, HANDSHAKE_PREFIX } from '../../protocol/version';
import { assertOwn, type DaemonFile } from '../local/daemonFile';
import { connectCancelled } from '../errors';

const ANSWER_MAX_BYTES = Math.max(HANDSHAKE_OK.length, HANDSHAKE_DENIED.length);

/**
 * Returns an admitted socket, paused; its next byte is the first of JSON-RPC.
 * @throws EarmarkError rpc.disconnected when nothing listens, rpc.unauthorized when the token or
 * the socket's owner is wrong
 */
export async function openSocket(
  file: DaemonFile,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Socket> {
  const isPipe = file.socket.startsWith('\\\\');
  if (!isPipe) {
    try {
      // Send the token only to a process of the same user.
      assertOwn(file.socket, 0o077);
    } catch (error) {
      throw error instanceof EarmarkError ? error : unreachable(error);
    }
  }
  return await new Promise<Socket>((resolve, reject) => {
    const socket = createConnection(file.socket);
    let answer = Buffer.alloc(0);
    const finish = (error: EarmarkError | undefined) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket
        .off('error', onError)
        .off('close', onClose)
        .off('connect', onConnect)
        .off('data', onData);
      if (!error) return resolve(socket);
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const onAbort = () => finish(connectCancelled());
    const timer = setTimeout(
      () =>
        finish(
          new EarmarkError(
            'rpc.disconnected',
            'The Earmark daemon does not answer; run "earmark daemon stop" and try again.',
          ),
        ),
      timeoutMs,
    );
    const onError = (error: Error) => finish(unreachable(error));
    const onClose = () =>
      finish(new EarmarkError('rpc.disconnected', 'The Earmark daemon closed the connection.'));
    const onConnect = () => void socket.write(`${HANDSHAKE_PREFIX}${file.token}\n`);
    const onData = (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      const end = answer.indexOf(0x0a);
      if (end < 0 && answer.length < ANSWER_MAX_BYTES) return;
      const line = answer.toString('latin1', 0, end + 1);
      if (line === HANDSHAKE_OK) {
        socket.pause();
        if (answer.length > end + 1) socket.unshift(answer.subarray(end + 1));
        return finish(undefined);
      }
      finish(
        line === HANDSHAKE_DENIED
          ? new EarmarkError(
              'rpc.unauthorized',
              'The Earmark daemon refused the token in daemon.json; run "earmark daemon stop" and try again.',
            )
          : new EarmarkError(
              'rpc.unauthorized',
              "Another program is listening on the daemon's socket. Remove daemon.json from " +
                'the state folder and try again.',
            ),
      );
    };
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) return onAbort();
    socket.on('error', onError).on('close', onClose).on('connect', onConnect).on('data', onData);
  });
}

function unreachable(cause: unknown): EarmarkError {
  return new EarmarkError(
    'rpc.disconnected',
    'No Earmark daemon is running; start it with "earmark daemon start".',
    { cause },
  );
}
