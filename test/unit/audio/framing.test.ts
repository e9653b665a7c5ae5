/** Frames cut from a stream, holes in their numbers. */
import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { FRAME_SAMPLES, type Frame } from '../../../daemon/audio/frame';
import { FrameCutter } from '../../../daemon/audio/frameCutter';
import { GapFiller, type Gap } from '../../../daemon/audio/gapFiller';

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

describe('gap filler', () => {
  const check = (
    seqs: number[],
    expected: { out: [number, number][]; gaps: Gap[]; repeated: number },
    max?: number,
  ) => {
    const out: [number, number][] = [];
    const gaps: Gap[] = [];
    const filler = new GapFiller(
      { onFrame: (f) => out.push([f.seq, f.pcm[0]!]), onGap: (g) => gaps.push(g) },
      0,
      max,
    );
    for (const seq of seqs)
      filler.push({
        source: 'mic',
        seq,
        captureMs: seq * 20,
        pcm: new Int16Array(FRAME_SAMPLES).fill(9),
      });
    deepEqual({ out, gaps, repeated: filler.repeatedFrames }, expected);
  };

  it('hands whole streams through', () =>
    check([0, 1, 2], {
      out: [
        [0, 9],
        [1, 9],
        [2, 9],
      ],
      gaps: [],
      repeated: 0,
    }));
  it('fills a hole with silence and reports it', () =>
    check([0, 3], {
      out: [
        [0, 9],
        [1, 0],
        [2, 0],
        [3, 9],
      ],
      gaps: [{ fromSeq: 1, missingFrames: 2, filledFrames: 2 }],
      repeated: 0,
    }));
  it('drops what came before', () =>
    check([0, 1, 1, 0, 2], {
      out: [
        [0, 9],
        [1, 9],
        [2, 9],
      ],
      gaps: [],
      repeated: 2,
    }));
  it('bounds the silence of a wild number', () =>
    check(
      [0, 1_000_000_000],
      {
        out: [
          [0, 9],
          [999_999_998, 0],
          [999_999_999, 0],
          [1_000_000_000, 9],
        ],
        gaps: [{ fromSeq: 1, missingFrames: 999_999_999, filledFrames: 2 }],
        repeated: 0,
      },
      2,
    ));
});
