/** Which words of one decode stand in another. */
import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { type TimedWord, bareWord, matchWords, similarity } from '../../../daemon/echo/echoText';

const timed = (text: string, startMs = 0): TimedWord[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((word, i) => ({ text: word, startMs: startMs + i * 300, endMs: startMs + i * 300 + 250 }));

describe('echo: words of two decodes', () => {
  /** Matched words in capitals. */
  const check = (
    what: string,
    words: string,
    others: string,
    expected: string,
    laterMs = 0,
  ): void => {
    it(what, () => {
      const matches = matchWords(timed(words, laterMs), timed(others));
      deepEqual(
        words
          .split(' ')
          .map((word, i) => (matches[i] ? word.toUpperCase() : word.toLowerCase()))
          .join(' '),
        expected,
      );
    });
  };
  check(
    'are the same but for case and marks',
    'so, i finished it.',
    'So I finished it',
    'SO, I FINISHED IT.',
  );
  check(
    'may be misheard',
    'add retray with buck off',
    'add retry with backoff',
    'ADD RETRAY WITH BUCK OFF',
  );
  check(
    'may be parted and joined',
    'the login end point',
    'the log in endpoint',
    'THE LOGIN END POINT',
  );
  check(
    'may be figures',
    '30 seconds, 21 minutes',
    'thirty seconds twenty one minutes',
    '30 SECONDS, 21 MINUTES',
  );
  check('keep their order', 'later we meet', 'we meet later', 'later WE MEET');
  check('count one by one', 'yes yes yes', 'yes', 'yes yes YES');
  check(
    'are another time when they are far apart',
    'that is good',
    'that is good',
    'that is good',
    5_000,
  );
  check(
    'of two people have little in common',
    'what is your name',
    'you could take another train',
    'what is YOUR name',
  );
  check('are none without the other text', 'hello there', '', 'hello there');

  it('match in order, each word of the other text once', () => {
    const some = fc.array(
      fc.constantFrom('a', 'yes', 'no', 'retry', 'retray', 'log', 'in', 'login', '20', 'twenty'),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(some, some, (a, b) => {
        const found = matchWords(timed(a.join(' ')), timed(b.join(' '))).flatMap((match) =>
          match ? [match.index] : [],
        );
        deepEqual(
          found,
          [...found].sort((x, y) => x - y),
        );
        deepEqual(
          found.every((index) => index >= 0 && index < b.length),
          true,
        );
      }),
    );
  });

  for (const [a, b, expected] of [
    ['same', 'same', 1],
    ['', '', 0],
    ['abcd', 'abce', 0.75],
    ['yes', 'refreshes', 0],
  ] as const)
    it(`"${a}" and "${b}" are ${expected} alike`, () => deepEqual(similarity(a, b), expected));
  for (const [word, expected] of [
    ['Don’t,', 'dont'],
    ['Café', 'cafe'],
    ['15', 'fifteen'],
    ['40', 'forty'],
    ['99.', 'ninetynine'],
    ['2021', '2021'],
    ['…', ''],
  ] as const)
    it(`"${word}" is bare as "${expected}"`, () => deepEqual(bareWord(word), expected));
});
