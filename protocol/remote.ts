/**
 * The wire of a remote daemon: JSON-RPC in text messages of a WebSocket, audio in binary messages,
 * and the codes of refused or closed connections. Declarations and the coding of one header; no
 * I/O.
 */
import type { ErrorCode } from './errors';

/** Path of the WebSocket; no other path exists. */
export const REMOTE_PATH = '/earmark/1';

/** Ping interval, and the silence after which the peer counts as dead, in milliseconds. */
export const KEEPALIVE_MS = 5_000;
export const DEAD_MS = 20_000;
/**
 * Shorter silence limit while an answer is pending or audio was sent recently. After half of it, a
 * ping follows.
 */
export const ANSWER_DEAD_MS = 6_000;

/** Bytes before the samples of a binary message. */
export const AUDIO_HEADER_BYTES = 16;
const AUDIO_VERSION = 1;
const AUDIO_PUSH = 1;

/**
 * A binary message is one `audio/push`: this header, all little-endian, then whole frames as s16le.
 * The answer is a text message whose `id` is `audio/` and the number in the header.
 *
 *   offset  0  u8   version, 1
 *           1  u8   kind, 1
 *           2  u16  channel, as `audio/open` gave it
 *           4  u32  number of this message, chosen by the client
 *           8  u32  `seq` of the first frame
 *          12  u32  `captureMs` of the first frame
 */
export interface AudioHeader {
  readonly channel: number;
  readonly id: number;
  readonly seq: number;
  readonly captureMs: number;
}

export const AUDIO_ANSWER_PREFIX = 'audio/';

export function encodeAudio(
  { channel, id, seq, captureMs }: AudioHeader,
  pcm: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(AUDIO_HEADER_BYTES + pcm.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, AUDIO_VERSION);
  view.setUint8(1, AUDIO_PUSH);
  view.setUint16(2, channel, true);
  view.setUint32(4, id, true);
  view.setUint32(8, seq, true);
  view.setUint32(12, Math.round(captureMs), true);
  bytes.set(pcm, AUDIO_HEADER_BYTES);
  return bytes;
}

/** Undefined if it is no binary message of this version. The receiver checks the samples. */
export function decodeAudio(
  bytes: Uint8Array,
): { readonly header: AudioHeader; readonly pcm: Uint8Array } | undefined {
  if (bytes.length < AUDIO_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== AUDIO_VERSION || view.getUint8(1) !== AUDIO_PUSH) return undefined;
  const header = {
    channel: view.getUint16(2, true),
    id: view.getUint32(4, true),
    seq: view.getUint32(8, true),
    captureMs: view.getUint32(12, true),
  };
  return { header, pcm: bytes.subarray(AUDIO_HEADER_BYTES) };
}

interface Closing {
  readonly error: ErrorCode;
  /** True: the client reconnects by itself. False: the user must act. */
  readonly recoverable: boolean;
  readonly doc: string;
}
const c = (error: ErrorCode, recoverable: boolean, doc: string): Closing => ({
  error,
  recoverable,
  doc,
});

/**
 * Close code → its meaning. A refused upgrade has the same number in the header `Earmark-Close`.
 */
export const CLOSINGS = {
  1001: c('rpc.disconnected', true, 'The daemon ends.'),
  1002: c('rpc.invalidRequest', false, 'A frame that is not a WebSocket frame.'),
  1003: c('rpc.invalidRequest', false, 'A binary message of an unknown version or kind.'),
  1007: c('rpc.parse', false, 'A text message that is not UTF-8 or not a JSON object.'),
  1009: c('rpc.messageTooLarge', false, 'A message whose header announces more than the limit.'),
  1011: c('rpc.disconnected', true, 'The daemon failed.'),
  1012: c('rpc.disconnected', true, 'The daemon is making room for a newer one.'),
  4401: c('rpc.unauthorized', false, 'The token is missing, unknown or revoked.'),
  4402: c('rpc.expired', false, 'The token has expired.'),
  4403: c('rpc.forbidden', false, 'A request from a web page (it names an origin).'),
  4408: c('rpc.disconnected', true, 'The client sent nothing in time.'),
  4426: c('rpc.versionMismatch', false, 'The client is too old, or does not use TLS.'),
  4429: c('rpc.tooFast', true, 'The client sent more than its limit.'),
  4430: c('rpc.tooMany', true, 'Too many connections.'),
} as const satisfies Record<number, Closing>;

export type CloseCode = keyof typeof CLOSINGS;

/**
 * Close code of an error without further context. If several close codes share an error, the closing
 * side picks the code.
 */
export function closeCodeOf(error: ErrorCode): CloseCode {
  switch (error) {
    case 'rpc.unauthorized':
      return 4401;
    case 'rpc.expired':
      return 4402;
    case 'rpc.forbidden':
      return 4403;
    case 'rpc.versionMismatch':
      return 4426;
    case 'rpc.tooFast':
      return 4429;
    case 'rpc.tooMany':
      return 4430;
    case 'rpc.messageTooLarge':
      return 1009;
    case 'rpc.parse':
      return 1007;
    case 'rpc.invalidRequest':
      return 1003;
    case 'rpc.draining':
      return 1012;
    case 'rpc.timeout':
      return 4408;
    case 'rpc.disconnected':
      return 1001;
    default:
      return 1011;
  }
}
