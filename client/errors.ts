/** Errors of a connection over any wire. */
import { EarmarkError } from '../protocol/errors';

/** The caller ended the attempt to connect. */
export function connectCancelled(): EarmarkError {
  return new EarmarkError('rpc.cancelled', 'Connecting to the Earmark daemon was cancelled.');
}

/** The connection was disposed here. */
export function closedHere(): EarmarkError {
  return new EarmarkError('rpc.disconnected', 'The connection was closed on this side.');
}

/**
 * @param bytes size of the message
 * @param most the limit, in bytes
 */
export function messageTooLarge(bytes: number, most: number): EarmarkError {
  return new EarmarkError(
    'rpc.messageTooLarge',
    `The message has ${bytes} bytes; the limit is ${most}. Send less at once.`,
  );
}

/** The peer does not read what is sent. */
export const STOPPED_READING = 'The other side stopped reading, so Earmark closed the connection.';
