/** One source through segmentation: windows are joined, pieces of one voice are embedded. */
import { deepEqual, equal } from 'node:assert/strict';
import type { Frame } from '../../../daemon/audio/frame';
import { SEGMENTATION } from '../../../daemon/diarization/contract';
import { SegmentationStream } from '../../../daemon/diarization/segmentationStream';

/** A voice is a level: 0.1 is a, 0.2 is b, 0.3 both. */
const VOICES: Readonly<Record<number, number>> = { 0: 0, 1: 0b01, 2: 0b10, 3: 0b11 };

interface Made {
  readonly stream: SegmentationStream;
  readonly windows: number[];
  readonly cuts: number[];
  readonly push: (said: readonly (readonly [level: number, seconds: number])[]) => Promise<void>;
}

/** @param swapped every second window numbers its voices the other way round */
function make(swapped = false): Made {
  const windows: number[] = [];
  const cuts: number[] = [];
  const stream = new SegmentationStream({
    source: 'file',
    segmenter: {
      segment: (pcm) => {
        windows.push(pcm.length);
        const turned = swapped && windows.length % 2 === 0;
        const frames = Math.max(0, 1 + Math.floor((pcm.length - 991) / SEGMENTATION.step));
        return Promise.resolve(
          Uint8Array.from({ length: frames }, (_, i) => {
            const level = pcm[Math.round(SEGMENTATION.first + i * SEGMENTATION.step)] ?? 0;
            const mask = VOICES[Math.round(10 * level)] ?? 0;
            return turned ? ((mask & 1) << 1) | (mask >> 1) : mask;
          }),
        );
      },
    },
    embedder: {
      embed: (all) => {
        cuts.push(...all.map(({ length }) => length / 16_000));
        return Promise.resolve(all.map((pcm) => Float32Array.of(pcm[pcm.length >> 1] ?? 0)));
      },
    },
  });
  let seq = 0;
  return {
    stream,
    windows,
    cuts,
    push: async (said) => {
      for (const [level, seconds] of said) {
        const frames = Array.from({ length: seconds * 50 }, (): Frame => ({
          source: 'file',
          seq,
          captureMs: 20 * seq++,
          pcm: new Int16Array(320).fill(Math.round((level / 10) * 32_767)),
        }));
        for (let at = 0; at < frames.length; at += 25)
          await stream.process(frames.slice(at, at + 25));
      }
    },
  };
}

const tenths = (ms: number): number => Math.round(ms / 100) / 10;
const runsOf = ({ runs }: SegmentationStream): string[] =>
  runs.map(
    ({ startMs, endMs, tracks }) => `${tenths(startMs)}-${tenths(endMs)} ${tracks.join('+')}`,
  );

describe('SegmentationStream', () => {
  it('finds who talks when, overlap included', async () => {
    const { stream, push } = make();
    await push([
      [1, 4],
      [0, 2],
      [2, 3],
      [3, 1],
      [1, 5],
      [0, 3],
    ]);
    await stream.flush();
    deepEqual(runsOf(stream), ['0-4 0', '6-9 1', '9-10 0+1', '10-15 0']);
  });
  it('follows voices whose numbers change from window to window', async () => {
    const { stream, push } = make(true);
    const said = [
      [1, 4],
      [2, 4],
    ] as const;
    await push([...said, ...said, ...said, ...said]);
    await stream.flush();
    deepEqual(
      runsOf(stream),
      Array.from({ length: 8 }, (_, i) => `${4 * i}-${4 * i + 4} ${i % 2}`),
    );
  });
  it('embeds pieces of two seconds of one voice, and nothing of an overlap', async () => {
    const { stream, push, cuts } = make();
    await push([
      [1, 6],
      [3, 3],
      [2, 1],
      [0, 2],
    ]);
    await stream.flush();
    deepEqual(
      cuts.map((seconds) => Math.round(seconds)),
      [2, 2, 2, 1],
    );
    deepEqual(
      stream.pieces.map(({ track, embedding }) => [track, Math.round(10 * (embedding?.[0] ?? 0))]),
      [
        [0, 1],
        [0, 1],
        [0, 1],
        [1, 2],
      ],
    );
  });
  it('takes one window for a short recording', async () => {
    const { stream, push, windows } = make();
    await push([[1, 2]]);
    await stream.flush();
    deepEqual(windows, [32_000]);
    equal(stream.runs.length, 1);
  });
  it('gives no window to less than a tenth of a second', async () => {
    const { stream, push, windows } = make();
    await push([[1, 0.08]]);
    await stream.flush();
    deepEqual([windows, stream.runs], [[], []]);
  });
  it('goes on after a jump of the clock with the times of the clock', async () => {
    const { stream, push } = make();
    await push([[1, 3]]);
    await stream.process(
      Array.from({ length: 150 }, (_, i) => ({
        source: 'file' as const,
        seq: 1_000 + i,
        captureMs: 60_000 + 20 * i,
        pcm: new Int16Array(320).fill(Math.round(0.2 * 32_767)),
      })),
    );
    await stream.flush();
    // The second voice of another window: a track of its own.
    deepEqual(runsOf(stream), ['0-3 0', '60-63 4']);
  });
  it('holds the same audio after an hour as after a minute', async () => {
    const { stream, push } = make();
    const held = (): number => (stream as unknown as { samples: Float32Array }).samples.length;
    await push([[1, 60]]);
    const before = held();
    await push(Array.from({ length: 60 }, () => [1, 10] as const));
    equal(held(), before);
  });
});
