/** Length limits of messages by method, checked before a message is parsed. */
import { EarmarkError } from '../../../protocol/errors';

/** Methods that carry a transcript, a note, audio or the answer of a language model. */
const LONG: ReadonlySet<string> = new Set([
  'audio/push',
  'insights/analyze',
  'languageModel/answer',
  'notes/plan',
]);
/**
 * Longest message of any other method, in bytes. The longest useful one has 5,000 symbols of 100
 * characters. Parsing this length takes less than 50 ms, also as an object of 55,000 names.
 */
const SHORT_MESSAGE_MAX_BYTES = 600_000;
/** Clients write the method before the params; an id has at most 100 characters. */
const FRONT_BYTES = 256;
const METHOD =
  /^\{"jsonrpc":"2\.0",(?:"id":(?:\d{1,15}|"[^"\\]{1,100}"),)?"method":"([\w/]{1,60})"/;

/** @returns the error of a message that is too long for its method; undefined if it may be parsed */
export function tooLongForMethod(body: Buffer): EarmarkError | undefined {
  if (body.length <= SHORT_MESSAGE_MAX_BYTES) return undefined;
  const method = METHOD.exec(body.toString('latin1', 0, FRONT_BYTES))?.[1];
  return method !== undefined && LONG.has(method)
    ? undefined
    : new EarmarkError(
        'rpc.messageTooLarge',
        `The message has ${body.length} bytes; the limit is ${SHORT_MESSAGE_MAX_BYTES} for this ` +
          'method. Send less at once.',
      );
}
