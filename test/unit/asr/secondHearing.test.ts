// What is heard again and which text is kept; what asks for it is the lease of a session that nobody waits for.
import assert from 'node:assert/strict';
import { SECOND_SILENCE, hearTwice } from '../../../daemon/asr/secondHearing';

/** Texts of one token, by the silence around the sound. @returns [what was kept, silences that were decoded with] */
async function check(heard: readonly [first: readonly number[], second: readonly number[]], kept: readonly number[], asked: readonly number[]): Promise<void> {
  const silences: number[] = [];
  const tokens = await hearTwice((silence) => {
    silences.push(silence);
    return Promise.resolve((silence === 0 ? heard[0] : heard[1]).map((probability, id) => ({ id, probability })));
  });
  assert.deepEqual([tokens.map(({ probability }) => probability), silences], [kept, asked]);
}

describe('hearing a doubted text again', () => {
  it('keeps what the recogniser is sure of', () => check([[0.7, 0.9], []], [0.7, 0.9], [0]));
  it('takes the second where it is surer', () => check([[0.5, 0.9], [0.9]], [0.9], [0, SECOND_SILENCE]));
  it('keeps the first where the second is no surer', () => check([[0.6], [0.6, 0.5]], [0.6], [0, SECOND_SILENCE]));
  it('keeps words where the second hears none', () => check([[0.2], []], [0.2], [0, SECOND_SILENCE]));
  it('does not look for words where there were none', () => check([[], [0.9]], [], [0]));
});
