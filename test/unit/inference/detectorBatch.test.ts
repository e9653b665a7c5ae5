// Windows of many sources in one call of the speech detector.
import { deepEqual } from 'node:assert/strict';
import {
  DetectorBatch,
  type DetectParams,
} from '../../../daemon/adapters/inference/runtime/detectorBatch';
import { ManualClock } from '../../../daemon/base/clock';
import { VAD_WINDOW } from '../../../daemon/vad/contract';

const turn = (): Promise<void> => new Promise(setImmediate);

/** Windows whose first samples are these numbers; the detector answers them. */
function windows(...values: readonly number[]): Float32Array {
  const all = new Float32Array(values.length * VAD_WINDOW);
  values.forEach((value, i) => (all[i * VAD_WINDOW] = value));
  return all;
}

class Rig {
  readonly calls: (readonly (readonly [stream: number, windows: number])[])[] = [];
  readonly clock = new ManualClock();
  failing = false;
  private go: (() => void)[] = [];
  readonly batch = new DetectorBatch(
    this.clock,
    async ({ streams, windows: all }: DetectParams) => {
      this.calls.push(streams.map((stream, i) => [stream, (all[i]?.length ?? 0) / VAD_WINDOW]));
      await new Promise<void>((resolve) => this.go.push(resolve));
      if (this.failing) throw new Error('away');
      return all.map((one) =>
        Float32Array.from({ length: one.length / VAD_WINDOW }, (_, i) => one[i * VAD_WINDOW] ?? 0),
      );
    },
  );

  endOne(): void {
    this.go.shift()?.();
  }

  /** The call that runs ends, and so do those that follow. */
  async end(): Promise<void> {
    for (let i = 0; i < 10; i++) {
      await turn();
      this.endOne();
      this.clock.advance(8);
    }
  }
}

describe('speech detection over sources', () => {
  it('asks at once for a source that is alone', async () => {
    const rig = new Rig();
    const answer = rig.batch.detect(1, windows(0.25, 0.5));
    deepEqual(rig.calls, [[[1, 2]]]);
    await rig.end();
    deepEqual([...(await answer)], [0.25, 0.5]);
  });

  it('puts what comes meanwhile into one call, each with its own answer', async () => {
    const rig = new Rig();
    const answers = [1, 2, 3, 4].map((stream) => rig.batch.detect(stream, windows(stream / 8)));
    await rig.end();
    deepEqual(
      [rig.calls, (await Promise.all(answers)).map((answer) => [...answer])],
      [
        [
          [[1, 1]],
          [
            [2, 1],
            [3, 1],
            [4, 1],
          ],
        ],
        [[0.125], [0.25], [0.375], [0.5]],
      ],
    );
  });

  it('does not let a file hold the others up', async () => {
    const rig = new Rig();
    const file = rig.batch.detect(1, windows(...Array.from({ length: 20 }, (_, i) => i)));
    const live = rig.batch.detect(2, windows(0.5));
    await rig.end();
    deepEqual(
      [rig.calls, [...(await file)].length, (await file)[19], [...(await live)]],
      [
        [
          [[1, 8]],
          [
            [2, 1],
            [1, 8],
          ],
          [[1, 4]],
        ],
        20,
        19,
        [0.5],
      ],
    );
  });

  it('waits for company only in a crowd', async () => {
    const rig = new Rig();
    const first = [1, 2, 3, 4, 5].map((stream) => rig.batch.detect(stream, windows(0)));
    const before = rig.clock.now();
    await turn();
    rig.endOne();
    await turn();
    const second = rig.batch.detect(6, windows(0));
    rig.endOne();
    await turn();
    deepEqual([rig.calls.length, rig.clock.now() - before], [2, 0]);
    rig.clock.advance(8);
    await rig.end();
    await Promise.all([...first, second]);
    deepEqual(rig.calls[2], [[6, 1]]);
  });

  it('waits the longer, the greater the crowd, and never a whole window', async () => {
    const waited = async (sources: number): Promise<number> => {
      const rig = new Rig();
      const crowd = Array.from({ length: 1 + sources }, (_, stream) =>
        rig.batch.detect(stream, windows(0)),
      );
      await turn();
      rig.endOne();
      await turn();
      crowd.push(rig.batch.detect(99, windows(0)));
      rig.endOne();
      let ms = 0;
      for (await turn(); rig.calls.length < 3; ms++) {
        rig.clock.advance(1);
        await turn();
      }
      await rig.end();
      await Promise.all(crowd);
      return ms;
    };
    const times = [await waited(4), await waited(10), await waited(40)];
    deepEqual(times, [8, 20, 24]);
  });

  it('tells every source of a call that failed, and goes on', async () => {
    const rig = new Rig();
    rig.failing = true;
    const outcomes = Promise.allSettled([
      rig.batch.detect(1, windows(0)),
      rig.batch.detect(2, windows(0)),
    ]);
    await rig.end();
    rig.failing = false;
    const later = rig.batch.detect(1, windows(0.5));
    await rig.end();
    deepEqual(
      [(await outcomes).map(({ status }) => status), [...(await later)]],
      [['rejected', 'rejected'], [0.5]],
    );
  });
});
