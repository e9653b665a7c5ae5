/**
 * Message format of a phrase: four bytes length, JSON of that length, then 16-bit samples of the
 * phrase and of its lead. Audio comes from 16-bit frames, so the conversion is lossless.
 */
import { z } from 'zod';
import { EarmarkError, ERRORS, type ErrorCode } from '../../../protocol/errors';
import type { QueuedDecode } from '../../asr/engine/phraseQueue';
import type { AsrResult } from '../../asr/contract/provider';
import { toFloat32, toInt16 } from '../../audio/pcm';

/** NATS refuses messages over 1 MB by default. */
export const PHRASE_MAX_BYTES = 1_000_000;

/** Origin of a phrase and destination of its text. */
export interface PhraseHead {
  /** Constant across deliveries of the phrase. */
  readonly id: string;
  /** Subject that receives the answer. */
  readonly replyTo: string;
  readonly sessionId: string;
}

export interface SentPhrase extends PhraseHead {
  readonly pcm: Float32Array;
  readonly options: QueuedDecode['options'];
}

const numbers = z.array(z.number()).max(10_000);
const Head = z.object({
  id: z.string().min(1).max(200),
  replyTo: z.string().min(1).max(200),
  sessionId: z.string().max(200),
  samples: z.number().int().min(0).max(PHRASE_MAX_BYTES),
  leftTokens: numbers.optional(),
  /** 16-bit samples in base64; older workers ignore this field. */
  right: z.string().max(PHRASE_MAX_BYTES).optional(),
  options: z.object({
    language: z.string().max(100),
    prompt: z.array(z.string().max(1_000)).max(10_000).optional(),
    phrases: z.array(z.string().max(1_000)).max(10_000).optional(),
    translate: z.boolean().optional(),
    conversation: z.string().max(200).optional(),
    draft: numbers.optional(),
    purpose: z.enum(['final', 'partial', 'trial']).optional(),
    effort: z.enum(['full', 'single-pass', 'greedy']).optional(),
  }),
});

/** @throws EarmarkError audio.truncated if the message would be too long */
export function encodePhrase(
  head: PhraseHead,
  { pcm, options: { context = {}, ...rest } }: Pick<QueuedDecode, 'pcm' | 'options'>,
): Uint8Array {
  const { left, right, draft } = context;
  const options = { ...rest, ...(draft ? { draft } : {}) };
  const sent = {
    ...head,
    samples: pcm.length,
    options,
    ...(left ? { leftTokens: left.tokens } : {}),
  };
  const audio = [pcm, ...(left ? [left.pcm] : [])].map(bytesOf);
  const message = framed(sent, audio);
  if (message.length > PHRASE_MAX_BYTES)
    throw new EarmarkError(
      'audio.truncated',
      'The phrase is longer than a worker accepts; the limit is 30 s.',
    );
  const withRight = right && framed({ ...sent, right: bytesOf(right).toString('base64') }, audio);
  // The following audio is optional: a message too long with it is sent without it.
  return withRight && withRight.length <= PHRASE_MAX_BYTES ? withRight : message;
}

function framed(head: object, audio: readonly Buffer[]): Buffer {
  const json = Buffer.from(JSON.stringify(head), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, ...audio]);
}

/** @throws EarmarkError internal for any other content */
export function decodePhrase(message: Uint8Array): SentPhrase {
  try {
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    const at = 4 + bytes.readUInt32LE(0);
    const { samples, leftTokens, right, options, ...head } = Head.parse(
      JSON.parse(bytes.toString('utf8', 4, at)),
    );
    const end = at + 2 * samples;
    if (end > bytes.length) throw new RangeError('cut short');
    const { prompt, phrases, translate, conversation, draft, purpose, effort } = options;
    const context = {
      ...(draft && { draft }),
      ...(right !== undefined && { right: floats(Buffer.from(right, 'base64')) }),
      ...(leftTokens && { left: { pcm: floats(bytes, end, bytes.length), tokens: leftTokens } }),
    };
    return {
      ...head,
      pcm: floats(bytes, at, end),
      options: {
        language: options.language,
        ...(prompt && { prompt }),
        ...(phrases && { phrases }),
        ...(translate !== undefined && { translate }),
        ...(conversation !== undefined && { conversation }),
        ...(purpose && { purpose }),
        ...(effort && { effort }),
        ...(Object.keys(context).length > 0 && { context }),
      },
    };
  } catch (cause) {
    throw new EarmarkError(
      'internal',
      'A queue message is not a phrase. Run the same or neighbouring versions of ' +
        'gateways and workers.',
      { cause },
    );
  }
}

export type Answer = {
  readonly id: string;
  /** Time that the phrase waited for a worker. */ readonly waitMs: number;
} & (
  | { readonly result: AsrResult }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } }
);

/**
 * A worker is decoding the phrase; sent twice a second, before the answer. The gateway replies
 * `SETTLED` if the phrase is no longer needed.
 */
export interface InHand {
  readonly id: string;
  readonly inHand: true;
}

export const SETTLED = 'settled';

/** Comes from trusted workers, so fields are not validated. */
export function decodeAnswer(message: Uint8Array): Answer | InHand | undefined {
  try {
    const answer = JSON.parse(Buffer.from(message).toString('utf8')) as Answer | InHand;
    if (typeof answer.id !== 'string') return undefined;
    if ('inHand' in answer) return answer;
    // A newer worker may use an error code that is unknown here.
    if ('error' in answer)
      return Object.hasOwn(ERRORS, answer.error.code)
        ? answer
        : { ...answer, error: { ...answer.error, code: 'engine.crashed' } };
    return typeof answer.result.text === 'string' && Array.isArray(answer.result.words)
      ? answer
      : undefined;
  } catch {
    return undefined;
  }
}

function bytesOf(audio: Float32Array): Buffer {
  const samples = toInt16(audio);
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

/** Copies, because samples may start at an odd offset. */
function floats(bytes: Buffer, from = 0, to = bytes.length): Float32Array {
  const copy = new Uint8Array(bytes.subarray(from, to - ((to - from) % 2)));
  return toFloat32(new Int16Array(copy.buffer));
}
