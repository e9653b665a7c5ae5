/** LocalAgreement-2: what is committed, where the buffer is cut, and what is said once only. */
import { deepEqual } from 'node:assert/strict';
import { LocalAgreement, prefixLength } from '../../../bench/localAgreement';

/** Words of 300 ms, one after the other. */
const timed = (text: string) =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .map((word, i) => ({ text: word, endMs: 300 * (i + 1) }));

function check(
  decodes: readonly (readonly [string, number])[],
  expected: { steps: readonly (readonly [string, number])[]; rest: string },
): void {
  const policy = new LocalAgreement();
  const steps = decodes.map(([text, bufferMs]) => {
    const { committed, trimMs } = policy.update(timed(text), bufferMs);
    return [committed.join(' '), trimMs] as const;
  });
  deepEqual({ steps, rest: policy.finish().join(' ') }, expected);
}

describe('LocalAgreement', () => {
  it('commits words on which two decodes agree, whatever their case and punctuation', () =>
    check(
      [
        ['We ship', 1000],
        ['we ship, it', 2000],
        ['we ship it now', 3000],
      ],
      {
        steps: [
          ['', 0],
          ['we ship,', 0],
          ['it', 0],
        ],
        rest: 'now',
      },
    ));

  it('cuts behind a committed sentence and does not say again what is left in the buffer', () =>
    check(
      [
        ['Done. Next one', 1000],
        ['Done. Next one is', 2000],
        ['next one is this', 2700],
      ],
      {
        steps: [
          ['', 0],
          ['Done. Next one', 300],
          ['is', 0],
        ],
        rest: 'this',
      },
    ));

  it('does not lose its place when a committed word is heard as two', () =>
    check(
      [
        ['a standup today', 1000],
        ['a standup today we', 2000],
        ['a stand up today we talk', 3000],
      ],
      {
        steps: [
          ['', 0],
          ['a standup today', 0],
          ['we', 0],
        ],
        rest: 'talk',
      },
    ));

  it('cuts a long buffer behind the last committed word', () =>
    check(
      [
        ['one two three', 14_000],
        ['one two four', 16_000],
      ],
      {
        steps: [
          ['', 0],
          ['one two', 600],
        ],
        rest: 'four',
      },
    ));

  it('takes a long buffer as it is when nothing was agreed on', () =>
    check(
      [
        ['one', 14_000],
        ['two', 16_000],
      ],
      {
        steps: [
          ['', 0],
          ['two', 16_000],
        ],
        rest: '',
      },
    ));

  it('starts afresh in long silence', () =>
    check(
      [
        ['', 16_000],
        ['yes', 1000],
        ['yes', 2000],
      ],
      {
        steps: [
          ['', 16_000],
          ['', 0],
          ['yes', 0],
        ],
        rest: '',
      },
    ));
});

describe('prefixLength', () => {
  it('counts the words that say what was committed', () => {
    deepEqual(
      [
        prefixLength([], ['a']),
        prefixLength(['a', 'b'], ['a', 'b', 'c']),
        prefixLength(['a', 'b'], ['a', 'x', 'c']),
        prefixLength(['a'], []),
      ],
      [0, 2, 2, 0],
    );
  });
});
