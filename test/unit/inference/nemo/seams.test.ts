// Which words of a decode with left and right context belong to the phrase.
import { deepEqual } from 'node:assert/strict';
import { wordsBefore, wordsBehind } from '../../../../daemon/adapters/inference/nemo/seams';
import { Vocabulary } from '../../../../daemon/adapters/inference/nemo/vocabulary';

const vocabulary = new Vocabulary(
  ['▁one', '▁two', '▁three', '.', '<blk>'].map((piece, i) => `${piece} ${i}\n`).join(''),
);
const word = (text: string, start: number) => ({
  text,
  start,
  end: start + 2,
  confidence: 1,
  tokens: [],
});
const behind = (times: readonly number[], before: readonly number[]): string =>
  wordsBehind(
    ['one', 'Two.', 'three'].map((text, i) => word(text, times[i] ?? 0)),
    20,
    before,
    vocabulary,
  )
    .map(({ text }) => text)
    .join(' ');

describe('words at a seam', () => {
  it('begin where the phrase does', () =>
    deepEqual(
      [behind([2, 10, 30], [0, 1]), behind([2, 25, 30], [0]), behind([2, 10, 12], [0, 1, 2])],
      ['three', 'Two. three', ''],
    ));

  it('are not given twice where their times differ', () =>
    deepEqual(behind([2, 21, 30], [0, 1, 3]), 'three'));

  it('are not lost where their times differ', () =>
    deepEqual([behind([2, 18, 30], [0]), behind([2, 18, 30], [0, 1])], ['Two. three', 'three']));

  it('end where the phrase does', () =>
    deepEqual(
      wordsBefore([word('one', 3), word('two', 9), word('three', 10)], 10).map(({ text }) => text),
      ['one', 'two'],
    ));
});
