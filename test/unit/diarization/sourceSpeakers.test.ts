/** Speakers of one source: live voices keep their ids in the final pass, and overlap has both. */
import { deepEqual } from 'node:assert/strict';
import type { Frame } from '../../../daemon/audio/frame';
import { SEGMENTATION } from '../../../daemon/diarization/contract';
import { SourceSpeakers } from '../../../daemon/diarization/sourceSpeakers';
import { VAD_WINDOW } from '../../../daemon/vad/contract';

/** A voice is a level: 0.1 is a, 0.2 is b, 0.3 both. */
const levelOf = (pcm: Float32Array, at: number): number => Math.round(10 * (pcm[at] ?? 0));

/** @param probability of speech that the detector finds in any audio */
function make(probability = 0.9): SourceSpeakers {
  let next = 0;
  return new SourceSpeakers({
    source: 'file',
    newId: () => `voice-${++next}`,
    detector: {
      detect: (pcm) =>
        Promise.resolve(
          Float32Array.from({ length: pcm.length / VAD_WINDOW }, (_, i) =>
            Math.abs(pcm[i * VAD_WINDOW] ?? 0) > 0.01 ? probability : 0,
          ),
        ),
      reset: () => undefined,
      dispose: () => undefined,
    },
    models: {
      embed: (cuts) =>
        Promise.resolve(
          cuts.map((pcm) => {
            const level = levelOf(pcm, pcm.length >> 1);
            return Float32Array.of(level === 1 ? 1 : 0, level === 1 ? 0 : 1);
          }),
        ),
      segment: (pcm) =>
        Promise.resolve(
          Uint8Array.from(
            { length: Math.floor((pcm.length - 991) / SEGMENTATION.step) + 1 },
            (_, i) => levelOf(pcm, Math.round(SEGMENTATION.first + i * SEGMENTATION.step)),
          ),
        ),
    },
  });
}

async function push(
  speakers: SourceSpeakers,
  said: readonly (readonly [level: number, seconds: number])[],
): Promise<void> {
  let seq = 0;
  for (const [level, seconds] of said) {
    const frames = Array.from({ length: seconds * 50 }, (): Frame => ({
      source: 'file',
      seq,
      captureMs: 20 * seq++,
      pcm: new Int16Array(320).fill(Math.round((level / 10) * 32_767)),
    }));
    for (let at = 0; at < frames.length; at += 25)
      await speakers.process(frames.slice(at, at + 25));
  }
}

describe('SourceSpeakers', () => {
  it('gives both speakers of an overlap while it records', async () => {
    const speakers = make();
    await push(speakers, [
      [1, 6],
      [0, 1],
      [2, 5],
      [3, 2],
      [1, 3],
    ]);
    const at = (ms: number): string[] =>
      speakers
        .turns()
        .filter(({ startMs, endMs }) => startMs <= ms && ms < endMs)
        .map(({ speaker }) => speaker)
        .sort();
    deepEqual([3_000, 9_000, 13_000, 15_500].map(at), [
      ['voice-1'],
      ['voice-2'],
      ['voice-1', 'voice-2'],
      ['voice-1'],
    ]);
  });
  it('gives both speakers of an overlap at the end, under the ids they had live', async () => {
    const speakers = make();
    await push(speakers, [
      [1, 6],
      [0, 1],
      [2, 5],
      [3, 2],
      [1, 6],
      [0, 1],
    ]);
    const live = speakers.voices.map(({ id }) => id);
    await speakers.finish();
    const seconds = (ms: number): number => Math.round(ms / 1000);
    deepEqual(
      speakers
        .turns()
        .map(({ speaker, startMs, endMs }) => [speaker, seconds(startMs), seconds(endMs)]),
      [
        [live[0], 0, 6],
        [live[1], 7, 14],
        [live[0], 12, 20],
      ],
    );
    speakers.dispose();
  });
  it('keeps faint speech at the end, but nothing in time that is surely silent', async () => {
    const found: number[] = [];
    for (const probability of [0.1, 0.01]) {
      const speakers = make(probability);
      await push(speakers, [
        [1, 6],
        [0, 1],
      ]);
      await speakers.finish();
      found.push(speakers.turns().reduce((sum, turn) => sum + turn.endMs - turn.startMs, 0));
      speakers.dispose();
    }
    deepEqual(
      found.map((ms) => Math.round(ms / 1000)),
      [6, 0],
    );
  });
});
