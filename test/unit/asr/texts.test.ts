// From tokens and samples to words: grouping, estimated times, agreement of partials, guards.
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { compression, guardAudio, guardText } from '../../../daemon/asr/decoding/guards';
import { PartialAgreement } from '../../../daemon/asr/decoding/partialAgreement';
import type { AsrResult } from '../../../daemon/asr/contract/provider';
import { tokensToWords } from '../../../daemon/asr/decoding/tokenWords';
import { estimateWordTimes, audioBounds } from '../../../daemon/asr/decoding/wordTimes';

describe('words from tokens', () => {
  const vocabById = ['<unk>', '<s>', '</s>', '▁hel', 'lo', '▁world', '.', '▁', 'x'];
  const decoder = {
    vocabById,
    decode: (ids: number[]) =>
      ids
        .map((id) => vocabById[id])
        .join('')
        .replaceAll('▁', ' '),
  };
  const check = (ids: readonly (readonly [number, number])[], expected: [string, number][]): void =>
    deepEqual(
      tokensToWords(
        ids.map(([id, probability]) => ({ id, probability })),
        decoder,
      ).map((w) => [w.text, w.confidence]),
      expected,
    );

  it('joins the pieces of a word and averages their probabilities', () =>
    check(
      [
        [3, 1],
        [4, 0.5],
        [5, 0.25],
        [6, 0.75],
      ],
      [
        ['hello', 0.75],
        ['world.', 0.5],
      ],
    ));
  it('starts a word at the first piece, whatever it is', () =>
    check(
      [
        [4, 0.5],
        [5, 1],
      ],
      [
        ['lo', 0.5],
        ['world', 1],
      ],
    ));
  it('leaves out lone spaces and marks past the vocabulary', () =>
    check(
      [
        [7, 1],
        [5, 1],
        [99, 0.1],
      ],
      [['world', 1]],
    ));
  it('puts a mark that stands alone behind the word before it, and leaves it out at the start', () =>
    check(
      [
        [7, 1],
        [6, 1],
        [5, 1],
        [7, 1],
        [6, 1],
        [7, 1],
        [6, 1],
        [3, 1],
        [4, 1],
      ],
      [
        ['world.', 1],
        ['hello', 1],
      ],
    ));
  it('has no words for no tokens', () => check([], []));
});

describe('estimated word times', () => {
  const tone = (ms: number, loud: boolean): number[] =>
    Array.from({ length: ms * 16 }, (_, i) => (loud ? Math.sin(i / 5) * 0.3 : 0.0001));

  it('finds where the sound is', () => {
    deepEqual(
      audioBounds(
        Float32Array.from([...tone(300, false), ...tone(500, true), ...tone(200, false)]),
      ),
      { startMs: 300, endMs: 800 },
    );
    deepEqual(audioBounds(new Float32Array(16_000)), { startMs: 0, endMs: 1000 });
    deepEqual(audioBounds(new Float32Array(0)), { startMs: 0, endMs: 0 });
  });
  it('shares it by letters', () => {
    const words = estimateWordTimes(
      [
        { text: 'a', confidence: 1 },
        { text: 'bcd', confidence: 0.5 },
      ],
      { startMs: 100, endMs: 700 },
    );
    deepEqual(words, [
      { text: 'a', startMs: 100, endMs: 300, confidence: 1, timing: 'estimated' },
      { text: 'bcd', startMs: 300, endMs: 700, confidence: 0.5, timing: 'estimated' },
    ]);
  });
  it('is in order, without gap or overlap, and within the bounds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 60 }),
        fc.nat(20_000),
        fc.nat(20_000),
        (texts, startMs, span) => {
          const words = estimateWordTimes(
            texts.map((text) => ({ text, confidence: 1 })),
            { startMs, endMs: startMs + span },
          );
          deepEqual([words[0]?.startMs, words.at(-1)?.endMs], [startMs, startMs + span]);
          words.slice(1).forEach((word, i) => equal(word.startMs, words[i]?.endMs));
        },
      ),
    );
  });
});

describe('PartialAgreement', () => {
  const run = (...texts: string[]): string[] => {
    const agreement = new PartialAgreement();
    return texts.map((text) => {
      const { stable, unstable } = agreement.update(text);
      return `${stable}|${unstable}`;
    });
  };
  it('settles words on which two decodes agree, but not the newest', () =>
    deepEqual(run('we should', 'we should fix', 'we should fix the token'), [
      '|we should',
      'we should|fix',
      'we should fix|the token',
    ]));
  it('waits where they differ', () =>
    deepEqual(run('we shut', 'we should fix', 'we should fix it'), [
      '|we shut',
      'we|should fix',
      'we should fix|it',
    ]));
  it('agrees across case and punctuation, and keeps the later spelling', () =>
    deepEqual(run('okay so.', 'Okay, so we'), ['|okay so.', 'Okay, so|we']));
  it('never changes what is settled', () => {
    deepEqual(run('a b c', 'a b c d', 'x y z w v'), ['|a b c', 'a b c|d', 'a b c|w v']);
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'A.', 'b,'), { maxLength: 8 }), {
          maxLength: 12,
        }),
        (decodes) => {
          const agreement = new PartialAgreement();
          let before = '';
          for (const words of decodes) {
            const { stable } = agreement.update(words.join(' '));
            ok(
              stable === before || stable.startsWith(before === '' ? '' : `${before} `),
              `${before} → ${stable}`,
            );
            before = stable;
          }
        },
      ),
    );
  });
});

const KNOWN = 'knownSilencePhrase';

describe('silence guards', () => {
  const audio = (ms: number, db: number): Float32Array =>
    new Float32Array(ms * 16).fill(10 ** (db / 20));
  it('reject what is too short or too quiet to decode', () => {
    deepEqual(
      [
        audio(240, -20),
        audio(260, -20),
        audio(1000, -51),
        audio(1000, -49),
        new Float32Array(0),
        new Float32Array(16_000),
      ].map((pcm) => guardAudio(pcm)),
      ['tooShort', undefined, 'tooQuiet', undefined, 'tooShort', 'tooQuiet'],
    );
  });
  it('hear a short answer within much silence', () => {
    const pcm = new Float32Array(16_000 * 5);
    pcm.set(audio(300, -45), 16_000);
    equal(guardAudio(pcm), undefined);
  });
  const text = (words: string, seconds: number, confidence = 0.9): string | undefined =>
    guardText(
      { text: words, confidence, words: [], language: 'en', inferenceMs: 1 } satisfies AsrResult,
      new Float32Array(seconds * 16_000),
    );
  const cases: [string, number, number, string | undefined][] = [
    ['', 3, 0, undefined],
    ['Yes.', 1, 0.4, undefined],
    ['No.', 1, 0.4, undefined],
    ['Ship it.', 1, 0.4, undefined],
    [
      'We should fix the token refresh before Friday, because the redirect depends on it.',
      5,
      0.9,
      undefined,
    ],
    ['and then and then and then and then and then and then and then and then', 12, 0.9, 'loop'],
    ['No, no, no.', 2, 0.9, undefined],
    ['one two three four five six seven eight nine ten', 1, 0.9, 'tooManyWords'],
    ['one two three four five six seven eight nine ten', 2, 0.9, undefined],
    ['Thank you.', 2, 0.5, 'knownSilencePhrase'],
    ['Thank you.', 2, 0.9, undefined],
    ['Okay.', 2, 0.3, undefined],
    ['…', 2, 0.9, 'knownSilencePhrase'],
  ];
  for (const [words, seconds, confidence, expected] of cases)
    it(`say ${expected ?? 'nothing'} to "${words}"`, () =>
      equal(text(words, seconds, confidence), expected));
  describe('of a recogniser without a confidence', () => {
    /** Bursts of a voiced tone with pauses, as levels in dBFS every 20 ms. */
    const shaped = (levels: readonly number[]): Float32Array =>
      Float32Array.from(
        { length: levels.length * 320 },
        (_, i) => Math.SQRT2 * 10 ** ((levels[Math.floor(i / 320)] ?? -100) / 20) * Math.sin(i / 9),
      );
    const span = (ms: number, db: number): number[] => new Array<number>(ms / 20).fill(db);
    const spoken = [...span(300, -60), ...span(500, -25), ...span(400, -60)];
    const check = (
      title: string,
      words: string,
      levels: readonly number[],
      expected: string | undefined,
    ): void =>
      void it(title, () =>
        equal(
          guardText({ text: words, words: [], language: 'en', inferenceMs: 1 }, shaped(levels)),
          expected,
        ),
      );
    check('keep "Thank you." that was said', 'Thank you.', spoken, undefined);
    check('keep "Bye." that was said', 'Bye.', spoken, undefined);
    it('keep "Thank you." that was said with an uncalibrated confidence', () =>
      equal(
        guardText(
          {
            text: 'Thank you.',
            words: [],
            language: 'en',
            inferenceMs: 1,
            confidence: 0.1,
            uncalibrated: true,
          },
          shaped(spoken),
        ),
        undefined,
      ));
    check('refuse "Thank you." over steady noise', 'Thank you.', span(2000, -30), KNOWN);
    check('refuse "Thank you." over quiet noise', 'Thank you.', span(1000, -48), KNOWN);
    check(
      'refuse a click',
      'Thank you.',
      [...span(900, -60), ...span(40, -20), ...span(900, -60)],
      KNOWN,
    );
    check(
      'refuse "You" over seconds of speech',
      'You',
      [...span(300, -60), ...span(4000, -25), ...span(400, -60)],
      KNOWN,
    );
    check('keep other texts', 'Ship it.', span(2000, -30), undefined);
  });
  it('measure a loop by its compression', () =>
    ok(
      compression('a b c '.repeat(50)) > 10 && compression('We met on Tuesday and agreed.') < 1.1,
    ));
});
