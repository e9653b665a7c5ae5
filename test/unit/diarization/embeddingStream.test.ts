/**
 * One source, from frames to stretches: silence costs nothing, and nothing that follows it is lost.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Frame } from '../../../daemon/audio/frame';
import type { Stretch } from '../../../daemon/diarization/contract';
import { EmbeddingStream } from '../../../daemon/diarization/embeddingStream';
import { VAD_WINDOW } from '../../../daemon/vad/contract';

const LOUD = 0.1;
const QUIET = 0.0002;

/**
 *
 * @param levels of seconds, one after the other.
 * @returns windows that the detector heard, and stretches from … to in milliseconds
 */
async function recognise(levels: readonly number[]): Promise<{
  readonly windows: number;
  readonly stretches: readonly (readonly [number, number])[];
}> {
  let windows = 0;
  const stretches: Stretch[] = [];
  const track = new EmbeddingStream({
    source: 'mic',
    detector: {
      detect: (pcm) => {
        const count = pcm.length / VAD_WINDOW;
        windows += count;
        return Promise.resolve(
          Float32Array.from({ length: count }, (_, i) =>
            Math.abs(pcm[(i + 1) * VAD_WINDOW - 1] ?? 0) > LOUD / 2 ? 0.9 : 0,
          ),
        );
      },
      reset: () => undefined,
      dispose: () => undefined,
    },
    embedder: { embed: (cuts) => Promise.resolve(cuts.map(() => Float32Array.of(1))) },
    onWindow: () => undefined,
    onStretch: (stretch) => stretches.push(stretch),
  });
  const frames = levels.flatMap((level, second) =>
    Array.from({ length: 50 }, (_, i): Frame => ({
      source: 'mic',
      seq: second * 50 + i,
      captureMs: (second * 50 + i) * 20,
      pcm: new Int16Array(320).fill(Math.round(level * 32767)),
    })),
  );
  for (let at = 0; at < frames.length; at += 5) await track.process(frames.slice(at, at + 5));
  await track.flush();
  track.dispose();
  return { windows, stretches: stretches.map(({ startMs, endMs }) => [startMs, endMs]) };
}

describe('the voices of a source', () => {
  it('are listened for where it is not quiet, 2 s after and a moment before', async () => {
    const quiet = new Array<number>(60).fill(QUIET);
    const { windows, stretches } = await recognise([...quiet, LOUD, ...quiet]);
    deepEqual(
      stretches.map(([from, to]) => [Math.round(from / 100), Math.round(to / 100)]),
      [[599, 610]],
    );
    // A second is 31 windows; 2 s more at the beginning, 2.2 s after, 0.6 s before.
    ok(
      windows >= 31 && windows <= 31 * (1 + 2 + 2.2 + 0.6) + 10,
      `the detector heard ${windows} windows`,
    );
  });
  it('are listened for all the time where the loudest is hardly louder than the rest', async () =>
    equal(
      (await recognise(new Array<number>(10).fill(0.002))).windows,
      Math.floor((10 * 16_000) / VAD_WINDOW),
    ));
});
