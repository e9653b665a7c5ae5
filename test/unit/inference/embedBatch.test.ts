// Cuts of many sources in one call of the speaker encoder.
import { deepEqual } from 'node:assert/strict';
import { EmbedBatch } from '../../../daemon/adapters/inference/runtime/embedBatch';

const cuts = (...values: readonly number[]): Float32Array[] =>
  values.map((value) => Float32Array.of(value));

describe('voices over sources', () => {
  let calls: number[][];
  let end: (() => void)[];
  let failing: boolean;
  let batch: EmbedBatch;
  beforeEach(() => {
    [calls, end, failing] = [[], [], false];
    batch = new EmbedBatch(async (all) => {
      calls.push(all.map(([value]) => value as number));
      await new Promise<void>((resolve) => end.push(resolve));
      if (failing) throw new Error('away');
      return all.map(([value]) => Float32Array.of(2 * (value as number)));
    });
  });
  const endAll = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) {
      end.shift()?.();
      await new Promise(setImmediate);
    }
  };

  it('asks at once for a source that is alone, then for what came meanwhile together, each with its own answer', async () => {
    const answers = [cuts(1), cuts(2, 3), cuts(4)].map((of) => batch.embed(of));
    deepEqual(calls, [[1]]);
    await endAll();
    deepEqual(
      [calls, (await Promise.all(answers)).map((own) => own.map(([value]) => value))],
      [
        [[1], [2, 3, 4]],
        [[2], [4, 6], [8]],
      ],
    );
  });

  it('takes no more than eight cuts at once, and never parts those of one source', async () => {
    const sources = [
      cuts(0),
      cuts(1, 2, 3),
      cuts(4, 5, 6),
      cuts(7, 8, 9),
      cuts(...Array.from({ length: 10 }, (_, i) => 10 + i)),
      cuts(20),
    ];
    const answers = sources.map((of) => batch.embed(of));
    await endAll();
    await Promise.all(answers);
    deepEqual(
      calls.map(({ length }) => length),
      [1, 6, 3, 10, 1],
    );
  });

  it('fails for all of a call, and goes on', async () => {
    failing = true;
    const failed = Promise.allSettled([batch.embed(cuts(1)), batch.embed(cuts(2))]);
    await endAll();
    failing = false;
    const answer = batch.embed(cuts(3));
    await endAll();
    deepEqual(
      [(await failed).map(({ status }) => status), (await answer).length],
      [['rejected', 'rejected'], 1],
    );
  });
});
