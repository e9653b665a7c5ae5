// Which words of a text that goes on belong to the side before the cut.
import { equal } from 'node:assert/strict';
import { alignAtSeam } from '../../../../daemon/asr/decoding/cutWords';
import type { PieceDecoder, ScoredToken } from '../../../../daemon/asr/decoding/tokenWords';

/** Each word is one piece. */
const vocabById: string[] = [];
const decoder: PieceDecoder = {
  vocabById,
  decode: (ids) => ids.map((id) => (vocabById[id] ?? '').replaceAll('▁', ' ')).join(''),
};
const tokens = (text: string): ScoredToken[] =>
  (text === '' ? [] : text.split(' ')).map((word) => {
    const piece = `▁${word}`;
    if (!vocabById.includes(piece)) vocabById.push(piece);
    return { id: vocabById.indexOf(piece), probability: 1 };
  });
const check = (alone: string, joint: string, expected: string): void =>
  equal(
    decoder.decode(alignAtSeam(tokens(alone), tokens(joint), decoder).map(({ id }) => id)).trim(),
    expected,
  );

describe('words before a cut', () => {
  it('are those of the whole up to the last one heard alone', () =>
    check('We ship it on.', 'We ship it on Friday after the review.', 'We ship it on'));
  it('are heard better with what follows', () =>
    check(
      'Faith that right nature might.',
      'Faith that right makes your might and then that faith.',
      'Faith that right makes your might',
    ));
  it('keep a word whole that was cut', () =>
    check('Get a cup of cof', 'Get a cup of coffee for her', 'Get a cup of coffee'));
  it('are those heard alone where the whole is of something else', () =>
    check('Yes.', 'The stories of old', 'Yes.'));
  it('are those heard alone where the whole has none', () => check('Ship it.', '', 'Ship it.'));
  it('are none where none were heard', () => check('', 'The next sentence', ''));
});
