// Words lost and doubled at a seam, beyond what the uncut text has.
import { deepEqual } from 'node:assert/strict';
import { alignWords, seamAt, seamErrors } from '../../../testing/scoring/wordAlignment';

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

/** `|` in the cut text is the seam. */
function check(
  reference: string,
  cut: string,
  whole: string,
  expected: { lost: number; doubled: number },
): void {
  const [before = '', after = ''] = cut.split('|');
  const text = alignWords(words(reference), words(`${before} ${after}`));
  deepEqual(
    seamErrors(
      text,
      seamAt(text, words(before).length),
      alignWords(words(reference), words(whole)),
    ),
    expected,
  );
}

describe('seamErrors', () => {
  const said = 'one two three four five six seven eight';
  it('finds nothing at a good seam', () =>
    check(said, 'one two three four | five six seven eight', said, { lost: 0, doubled: 0 }));
  it('counts a word that is lost', () =>
    check(said, 'one two three | five six seven eight', said, { lost: 1, doubled: 0 }));
  it('counts a word that is said twice', () =>
    check(said, 'one two three four | four five six seven eight', said, { lost: 0, doubled: 1 }));
  it('counts a word that was cut in two', () =>
    check(said, 'one two three fo | ur five six seven eight', said, { lost: 0, doubled: 1 }));
  it('leaves out what the uncut text has wrong there as well', () =>
    check(said, 'one two three | five six seven eight', 'one two three five six seven eight', {
      lost: 0,
      doubled: 0,
    }));
  it('leaves out what is wrong far from the seam, and words that are only misheard', () =>
    check(said, 'two three hive | five six seven eight', said, { lost: 0, doubled: 0 }));
});
