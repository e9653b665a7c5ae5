// Processes of neighbouring versions side by side: each reads what the other writes, with fields
// that it does not know or has and misses.
import { deepEqual } from 'node:assert/strict';
import {
  decodeAnswer,
  decodePhrase,
  encodePhrase,
} from '../../../daemon/adapters/nats/phraseMessage';
import { negotiate, PROTOCOL_VERSION } from '../../../protocol/version';

const head = { id: 'p', replyTo: 'r', sessionId: 's' };
const pcm = Float32Array.from([0, 0.5, -0.5, 0.25]);

/** The same message with another head. */
function withHead(
  message: Uint8Array,
  change: (head: Record<string, unknown>) => unknown,
): Uint8Array {
  const bytes = Buffer.from(message);
  const end = 4 + bytes.readUInt32LE(0);
  const json = Buffer.from(
    JSON.stringify(change(JSON.parse(bytes.toString('utf8', 4, end)) as Record<string, unknown>)),
    'utf8',
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, bytes.subarray(end)]);
}

describe('neighbouring versions', () => {
  it('read a phrase of a newer gateway without what they do not know', () => {
    const message = encodePhrase(head, {
      pcm,
      options: { language: 'en', prompt: ['a'], purpose: 'partial' },
    });
    const newer = withHead(message, ({ options, ...rest }) => ({
      ...rest,
      next: { some: [1] },
      options: { ...(options as object), later: 'x' },
    }));
    deepEqual(decodePhrase(newer), decodePhrase(message));
  });

  it('read a phrase of an older gateway that says the least', () => {
    const older = withHead(
      encodePhrase(head, {
        pcm,
        options: {
          language: 'en',
          prompt: ['a'],
          conversation: 'c',
          effort: 'greedy',
          context: { left: { pcm, tokens: [1] } },
        },
      }),
      ({ id, replyTo, sessionId, samples }) => ({
        id,
        replyTo,
        sessionId,
        samples,
        options: { language: 'en' },
      }),
    );
    deepEqual(decodePhrase(older), { ...head, pcm, options: { language: 'en' } });
  });

  it('read a phrase that is too long with its right context without it', () => {
    const long = new Float32Array(480_000);
    const reported = (right: Float32Array) =>
      decodePhrase(
        encodePhrase(head, { pcm: long, options: { language: 'en', context: { right } } }),
      ).options;
    deepEqual(
      [reported(pcm), reported(new Float32Array(20_000))],
      [{ language: 'en', context: { right: pcm } }, { language: 'en' }],
    );
  });

  it('read an answer of a newer worker, also an error that they have no name for', () => {
    const result = {
      text: 'a',
      words: [],
      confidence: 1,
      language: 'en',
      inferenceMs: 1,
      later: 2,
    };
    deepEqual(decodeAnswer(Buffer.from(JSON.stringify({ id: 'p', waitMs: 1, result, later: 1 }))), {
      id: 'p',
      waitMs: 1,
      result,
      later: 1,
    });
    deepEqual(
      decodeAnswer(
        Buffer.from(
          JSON.stringify({ id: 'p', waitMs: 1, error: { code: 'engine.later', message: 'No.' } }),
        ),
      ),
      { id: 'p', waitMs: 1, error: { code: 'engine.crashed', message: 'No.' } },
    );
  });

  it('talk to clients that are a minor version older or newer', () => {
    const { major, minor } = PROTOCOL_VERSION;
    deepEqual(
      [minor - 1, minor, minor + 1].map((other) =>
        negotiate({ major, minor: other }, PROTOCOL_VERSION),
      ),
      ['ok', 'ok', 'ok'],
    );
  });
});
