/**
 * When sentences without vectors are looked for. What they mean is tested over a real database and
 * model.
 */
import { deepEqual } from 'node:assert/strict';
import { ManualClock } from '../../../../daemon/base/clock';
import { silentLogger } from '../../../../daemon/base/logger';
import { Meanings } from '../../../../daemon/session/insights/meanings';
import { settle } from '../../../../testing/harness/sessionHarness';

describe('meanings of sentences', () => {
  it('are looked for every few seconds with the model, every few minutes without it', async () => {
    const clock = new ManualClock();
    let [installed, looks, kept] = [false, 0, 0];
    const meanings = new Meanings({
      clock,
      logger: silentLogger,
      store: {
        unread: async () => (looks++, [{ n: 1, text: 'one two three four five' }].slice(kept)),
        keepMeanings: async ({ length }) => void (kept += length),
        nearest: async () => [],
      },
      embedder: {
        available: async () => installed,
        embed: async (texts) => texts.map(() => new Float32Array(1)),
      },
    });
    const after = async (seconds: number): Promise<readonly number[]> => {
      for (let i = 0; i < seconds; i += 10) {
        clock.advance(10_000);
        await settle();
      }
      return [looks, kept];
    };
    const seen = [await after(10), await after(290)];
    installed = true;
    seen.push(await after(20), await after(30));
    meanings.dispose();
    deepEqual(seen, [
      [1, 0],
      [1, 0],
      [4, 1],
      [7, 1],
    ]);
  });
});
