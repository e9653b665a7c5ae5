// What is heard again and which text is kept.
import { deepEqual } from 'node:assert/strict';
import { redecodeSlowed } from '../../../../daemon/asr/decoding/slowedRedecode';

/**
 *
 * @param recognised probabilities of the tokens, as it is and slower.
 * @param decodes how often it is heard.
 * @param tookMs what the first decode of a second of audio took
 */
async function check(
  recognised: readonly [first: readonly number[], second: readonly number[]],
  kept: readonly number[],
  decodes: number,
  tookMs = 100,
): Promise<void> {
  let nowMs = 0;
  const drafts: unknown[] = [];
  const text = (probabilities: readonly number[]): { id: number; probability: number }[] =>
    probabilities.map((probability, id) => ({ id, probability }));
  const tokens = await redecodeSlowed(
    (first) => {
      drafts.push(first);
      nowMs += tookMs;
      return Promise.resolve(text(first ? recognised[1] : recognised[0]));
    },
    1_000,
    () => nowMs,
  );
  deepEqual([tokens, drafts], [text(kept), [undefined, text(recognised[0])].slice(0, decodes)]);
}

describe('hearing a doubted text again', () => {
  it('keeps what the recogniser is sure of', () => check([[0.85, 0.97], []], [0.85, 0.97], 1));
  it('takes the second where it is surer', () => check([[0.5, 0.9], [0.9]], [0.9], 2));
  it('keeps the first where the second is no surer', () => check([[0.6], [0.6, 0.5]], [0.6], 2));
  it('keeps words where the second hears none', () => check([[0.2], []], [0.2], 2));
  it('is left out where the machine is too slow for it', () =>
    check([[0.5], [0.9]], [0.5], 1, 400));
  it('does not look for words where there were none', () => check([[], [0.9]], [], 1));
});
