// The search for the likeliest text: what a greedy choice misses, how far a rival is followed, and
// that a width of one is greedy.
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Continued,
  type NextToken,
  type TokenModel,
  beamSearch,
} from '../../../../daemon/asr/decoding/beamSearch';

const END = 0;
const WORDS = 4;

/**
 * A model as a table: text so far → probabilities of END, 1, 2, 3. Counts how often it is asked.
 */
class TableModel implements TokenModel<readonly number[]> {
  readonly endToken = END;
  asked = 0;

  constructor(private readonly table: (text: readonly number[]) => readonly number[]) {}

  first(): Promise<NextToken<readonly number[]>> {
    return this.answer([]);
  }

  next(
    texts: readonly Continued<readonly number[]>[],
  ): Promise<readonly NextToken<readonly number[]>[]> {
    return Promise.all(texts.map(({ step, token }) => this.answer([...step, token])));
  }

  private answer(text: readonly number[]): Promise<NextToken<readonly number[]>> {
    this.asked++;
    return Promise.resolve({ logits: Float32Array.from(this.table(text), Math.log), step: text });
  }
}

const spoken = (probabilities: Readonly<Record<string, readonly number[]>>): TableModel =>
  new TableModel((text) => probabilities[text.join(' ')] ?? [0.97, 0.01, 0.01, 0.01]);
const found = async (
  model: TableModel,
  width: number,
  maxTokens = 12,
): Promise<readonly number[]> =>
  (await beamSearch(model, { width, maxTokens, signal: undefined })).map(({ id }) => id);

describe('beam search', () => {
  /** The likelier first word leads to doubt, the other to a sure end. */
  const trap = {
    '': [0.01, 0.55, 0.43, 0.01],
    '1': [0.3, 0.25, 0.25, 0.2],
    '2': [0.01, 0.01, 0.01, 0.97],
  };

  it('finds the text that is likelier as a whole', async () =>
    deepEqual([await found(spoken(trap), 1), await found(spoken(trap), 2)], [[1], [2, 3]]));

  it('does not follow what is far less likely', async () => {
    const sure = spoken({ '': [0.01, 0.8, 0.18, 0.01], '1': [0.01, 0.01, 0.97, 0.01] });
    deepEqual([await found(sure, 2), sure.asked], [[1, 2], 3]);
  });

  it('keeps the likelier of two texts that go on the same', async () => {
    const rivals = new TableModel((text) =>
      text.length === 0
        ? [0.01, 0.5, 0.48, 0.01]
        : text.length < 8
          ? [0.01, 0.01, 0.01, 0.97]
          : [0.97, 0.01, 0.01, 0.01],
    );
    deepEqual([await found(rivals, 2), rivals.asked], [[1, 3, 3, 3, 3, 3, 3, 3], 9 + 3]);
  });

  it('ends at the limit of tokens, and gives probabilities', async () => {
    const endless = new TableModel(() => [0.01, 0.97, 0.01, 0.01]);
    const tokens = await beamSearch(endless, { width: 2, maxTokens: 5, signal: undefined });
    deepEqual(
      tokens.map(({ id, probability }) => [id, Number(probability.toFixed(3))]),
      Array.from({ length: 5 }, () => [1, 0.97]),
    );
  });

  it('stops between two steps when it is cancelled', async () => {
    const abortion = new AbortController();
    const model = new TableModel(
      (text) => (text.length === 2 && abortion.abort(), [0.01, 0.97, 0.01, 0.01]),
    );
    await rejects(beamSearch(model, { width: 1, maxTokens: 9, signal: abortion.signal }), {
      code: 'rpc.cancelled',
    });
    equal(model.asked, 3);
  });

  const table = fc.func(
    fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: WORDS, maxLength: WORDS }),
  );

  it('at width 1 takes the likeliest token each time, whatever the model', () =>
    fc.assert(
      fc.asyncProperty(table, async (weights) => {
        const greedy: number[] = [];
        while (greedy.length < 12) {
          const all = weights(greedy.join(' '));
          const next = all.indexOf(Math.max(...all));
          if (next === END) break;
          greedy.push(next);
        }
        deepEqual(await found(new TableModel((text) => weights(text.join(' '))), 1), greedy);
      }),
      { numRuns: 200 },
    ));

  it('follows no more texts than its width', () =>
    fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 4 }), async (weights, width) => {
        const model = new TableModel((text) => weights(text.join(' ')));
        await found(model, width);
        ok(model.asked <= 1 + 11 * width);
      }),
      { numRuns: 200 },
    ));
});
