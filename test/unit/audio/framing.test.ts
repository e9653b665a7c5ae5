/** Frames cut from a stream, holes in their numbers. */
import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { FRAME_SAMPLES, type Frame } from '../../../daemon/audio/frame';
import { FrameCutter } from '../../../daemon/audio/frameCutter';

const cutter = (options: { firstSeq?: number; startMs?: number } = {}) => {
  const frames: Frame[] = [];
  return {
    frames,
    cutter: new FrameCutter({
      source: 'mic',
      ...options,
      onFrames: (cut) => void frames.push(...cut),
    }),
  };
};

describe('frame cutter', () => {
  it('keeps every sample in order however the chunks are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 20 }), (sizes) => {
        const { frames, cutter: c } = cutter();
        let n = 0;
        for (const size of sizes)
          c.push(Int16Array.from({ length: size }, () => (n++ * 7) % 30_000));
        const padded = c.flush();
        const out = frames.flatMap((f) => [...f.pcm]);
        const expected = Array.from({ length: n + padded }, (_, i) =>
          i < n ? (i * 7) % 30_000 : 0,
        );
        deepEqual(out, expected);
        deepEqual(
          frames.map((f) => [f.seq, f.captureMs, f.pcm.length]),
          frames.map((_, i) => [i, i * 20, FRAME_SAMPLES]),
        );
      }),
    );
  });

  it('numbers on from where it was told, and jumps in time after a stand-still', () => {
    const { frames, cutter: c } = cutter({ firstSeq: 5, startMs: 100 });
    c.push(new Int16Array(400).fill(3));
    c.resumeAt(9_000);
    c.push(new Int16Array(320).fill(4));
    c.resumeAt(10);
    c.push(new Int16Array(320).fill(5));
    deepEqual(
      frames.map((f) => [f.seq, f.captureMs, f.pcm[0], f.pcm[319]]),
      [
        [5, 100, 3, 3],
        [6, 120, 3, 0],
        [7, 9_000, 4, 4],
        [8, 9_020, 5, 5],
      ],
    );
  });
});
