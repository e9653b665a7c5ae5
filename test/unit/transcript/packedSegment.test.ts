/** What a session keeps of a segment is the same segment when it is unpacked, to the byte. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import type { AsrWord } from '../../../daemon/asr/contract/provider';
import { Packer, Unpacker } from '../../../daemon/base/packing';
import { packSegment, unpackSegment } from '../../../daemon/transcript/packedSegment';
import type { Segment } from '../../../daemon/transcript/types';

const ms = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -1000, max: 4 * 3_600_000 }) },
  fc.integer(),
  fc.double(),
);
const word = fc.record<AsrWord>(
  {
    text: fc.oneof(
      fc.constantFrom('the', 'parser,', "I'll", 'naïve', '日本', '🙂'),
      fc.string({ unit: 'binary' }),
    ),
    startMs: ms,
    endMs: ms,
    confidence: fc.oneof(fc.constantFrom(0, 0.9, 1), fc.double()),
    timing: fc.constantFrom('model', 'estimated'),
  },
  { noNullPrototype: true, requiredKeys: ['text', 'startMs', 'endMs', 'timing'] },
);

function segment(
  words: readonly AsrWord[] | undefined,
  text = (words ?? []).map((one) => one.text).join(' '),
): Segment {
  return {
    id: 's1',
    startMs: 0,
    endMs: 900,
    source: 'mic',
    speaker: 'You',
    text,
    confidence: 0.8,
    ...(words && { words }),
    revision: 0,
  };
}

function check(before: Segment): void {
  const after = unpackSegment(packSegment(before));
  deepEqual(after, before);
  equal(JSON.stringify(after), JSON.stringify(before));
}

describe('a packed segment', () => {
  it('is what it was, whatever its words are', () => {
    fc.assert(
      fc.property(fc.array(word), fc.option(fc.string(), { nil: undefined }), (words, text) =>
        check(segment(words, text)),
      ),
    );
  });
  it('is what it was without words', () => check(segment(undefined, 'Hello.')));
  it('takes a few bytes a word', () => {
    const words = Array.from({ length: 20 }, (_, i): AsrWord => ({
      text: `word${i}`,
      startMs: 3_000_000 + i * 400,
      endMs: 3_000_380 + i * 400,
      confidence: 0.83,
      timing: 'estimated',
    }));
    const packed = packSegment(segment(words)).words ?? '';
    ok(packed.length <= 5 * words.length, `${packed.length}`);
  });
});

describe('packing', () => {
  it('gives back numbers and texts of every kind', () => {
    const thing = fc.oneof(
      fc.nat(),
      fc.nat(300),
      fc.record({ double: fc.double() }, { noNullPrototype: true }),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(thing), (things) => {
        const packer = new Packer();
        packer.list(things, (one) =>
          typeof one === 'number'
            ? packer.number(one)
            : typeof one === 'string'
              ? packer.text(one)
              : packer.double(one.double),
        );
        const unpacker = new Unpacker(packer.packed);
        let at = 0;
        deepEqual(
          unpacker.list(() => {
            const one = things[at++];
            return typeof one === 'number'
              ? unpacker.number()
              : typeof one === 'string'
                ? unpacker.text()
                : { double: unpacker.double() };
          }),
          things,
        );
      }),
    );
  });
});
