import { ok, equal, rejects, deepEqual } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TurnEncoder, windowsOf } from '../../../daemon/adapters/inference/embeddings/turnEncoder';

const FOLDER = join(__dirname, '../../../models/turn-encoder');
const vectors = JSON.parse(readFileSync(join(FOLDER, 'vectors.json'), 'utf8')) as {
  readonly turns: readonly { readonly speaker: string; readonly text: string }[];
  readonly logits: readonly (readonly number[])[];
};
/** Largest difference of a logit: 8-bit arithmetic differs between processors. */
const MARK = 0.35;
/** Time of one live update: the new turn with its context. */
const MARK_MS = 50;

async function opened(): Promise<TurnEncoder> {
  const encoder = new TurnEncoder();
  await encoder.load({
    id: 'turn-encoder',
    files: { model: join(FOLDER, 'model.onnx'), tokenizer: join(FOLDER, 'tokenizer.json') },
  });
  return encoder;
}

describe('TurnEncoder', () => {
  it('computes the logits of the training code', async () => {
    ok(existsSync(join(FOLDER, 'model.onnx')));
    const got = await (await opened()).score(vectors.turns);
    const apart = got.map((row, t) =>
      Math.max(...[...row].map((x, i) => Math.abs(x - (vectors.logits[t]?.[i] ?? Number.NaN)))),
    );
    const most = Math.max(...apart);
    ok(most <= MARK, `largest difference ${most.toFixed(3)}, mark ${MARK}`);
    equal(got.length, vectors.turns.length);
  });

  it('scores a new turn with its context within the live budget', async () => {
    const encoder = await opened();
    const turns = vectors.turns.slice(0, 14);
    const times: number[] = [];
    for (let i = 0; i < 9; i++) {
      const before = process.cpuUsage();
      await encoder.score(turns);
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
    }
    const fastest = Math.min(...times);
    ok(fastest <= MARK_MS, `${fastest.toFixed(0)} ms, mark ${MARK_MS} ms`);
  });

  it('refuses to score before it is loaded', () =>
    rejects(new TurnEncoder().score([]), { code: 'engine.unavailable' }));

  it('covers every turn by windows that overlap by half', () => {
    deepEqual(windowsOf([100, 100, 100, 100]), [
      [0, 2],
      [1, 3],
      [2, 4],
    ]);
    deepEqual(windowsOf([]), []);
    deepEqual(windowsOf([500]), [[0, 1]]);
  });
});
