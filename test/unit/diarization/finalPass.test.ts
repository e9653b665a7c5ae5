/** Who speaks when in a whole recording, from pieces and runs of local voices. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { averageLinkage, type Separation } from '../../../daemon/diarization/agglomerative';
import { finalSpeakers } from '../../../daemon/diarization/finalPass';
import type { VoicePiece, VoiceRun } from '../../../daemon/diarization/segmentationStream';

/** Unit vectors that lie around an axis of their own. */
function voice(axis: number, turn: number): Float32Array {
  const vector = new Float32Array(8);
  vector[axis] = 1;
  vector[6] = 0.3 * Math.sin(turn);
  vector[7] = 0.3 * Math.cos(turn);
  const length = Math.hypot(...vector);
  return vector.map((x) => x / length);
}

const piece = (startMs: number, endMs: number, track: number, axis?: number): VoicePiece => ({
  startMs,
  endMs,
  track,
  ...(axis !== undefined && { embedding: voice(axis, startMs) }),
});
const run = (startMs: number, endMs: number, ...tracks: number[]): VoiceRun => ({
  startMs,
  endMs,
  tracks,
});
const runsOf = (pieces: readonly VoicePiece[]): VoiceRun[] =>
  pieces.map(({ startMs, endMs, track }) => run(startMs, endMs, track));

function check(pieces: readonly VoicePiece[], overlaps: readonly VoiceRun[], expected: string[]) {
  const runs = [...runsOf(pieces), ...overlaps].sort((a, b) => a.startMs - b.startMs);
  deepEqual(
    finalSpeakers(pieces, runs).turns.map((turn) => `${turn.voice}: ${turn.startMs}-${turn.endMs}`),
    expected,
  );
}

describe('averageLinkage', () => {
  it('keeps apart what is apart on average, and numbers clusters by their first member', () =>
    deepEqual(
      averageLinkage(
        [0, 1, 0, 2, 1, 0].map((axis, i) => voice(axis, i)),
        0.6,
      ),
      [0, 1, 0, 2, 1, 0],
    ));
  it('keeps tight clusters apart at a distance at which loose ones merge', () => {
    // Two groups of five unit vectors around directions with the given cosine.
    const groups = (cosine: number, spread: number): Float32Array[] =>
      Array.from({ length: 10 }, (_, i) => {
        const vector = new Float32Array(12);
        vector[0] = i < 5 ? 1 : cosine;
        vector[1] = i < 5 ? 0 : Math.sqrt(1 - cosine ** 2);
        vector[2 + i] = spread;
        const length = Math.hypot(...vector);
        return vector.map((x) => x / length);
      });
    const tight = groups(0.4, 0.1);
    const loose = groups(0.6, 0.9);
    const count = (embeddings: readonly Float32Array[], separation?: Separation): number =>
      new Set(averageLinkage(embeddings, 0.7, separation)).size;
    const separation = { close: 0.5, margin: 0.25 };
    deepEqual(
      [count(tight), count(tight, separation), count(loose), count(loose, separation)],
      [1, 2, 1, 1],
    );
  });
  it('merges everything at the greatest distance', () =>
    deepEqual(
      averageLinkage(
        [0, 1, 2].map((axis, i) => voice(axis, i)),
        2,
      ),
      [0, 0, 0],
    ));
  it('finds nothing in nothing', () => deepEqual(averageLinkage([], 0.5), []));
});

describe('finalSpeakers', () => {
  it('finds a voice again after another, whatever its track', () =>
    check(
      [piece(0, 2_000, 0, 0), piece(3_000, 6_000, 1, 1), piece(7_000, 9_000, 2, 0)],
      [],
      ['0: 0-2000', '1: 3000-6000', '0: 7000-9000'],
    ));
  it('gives both voices of an overlap', () =>
    check(
      [piece(0, 3_000, 0, 0), piece(4_000, 6_500, 1, 1)],
      [run(3_000, 4_000, 0, 1)],
      ['0: 0-4000', '1: 3000-6500'],
    ));
  it('gives two voices to an overlap whose tracks are one voice', () =>
    check(
      [piece(0, 3_000, 0, 0), piece(3_500, 6_000, 1, 1), piece(7_000, 10_000, 2, 0)],
      [run(6_200, 6_900, 0, 2)],
      ['0: 0-3000', '1: 3500-6000', '0: 6200-10000', '1: 6200-6900'],
    ));
  it('gives a piece without an embedding the voice of its track', () =>
    check(
      [piece(0, 3_000, 0, 0), piece(3_500, 6_500, 1, 1), piece(6_700, 7_000, 0)],
      [],
      ['0: 0-3000', '1: 3500-6500', '0: 6700-7000'],
    ));
  it('joins a voice of less than a second to the nearest', () => {
    const pieces = [piece(0, 3_000, 0, 0), piece(4_000, 4_900, 1, 1), piece(6_000, 9_000, 2, 0)];
    equal(finalSpeakers(pieces, runsOf(pieces)).voices.length, 1);
  });
  it('takes speech of which nothing is long enough for one voice', () =>
    check([piece(0, 300, 0), piece(1_000, 1_300, 1)], [], ['0: 0-300', '0: 1000-1300']));
  it('finds nobody where nobody speaks', () => check([], [], []));
  it('takes an hour of pieces within a second or a few', () => {
    const pieces = Array.from({ length: 4_000 }, (_, i) =>
      piece(2_000 * i, 2_000 * i + 1_900, i, i % 4),
    );
    const start = performance.now();
    equal(finalSpeakers(pieces, runsOf(pieces)).voices.length, 4);
    const took = performance.now() - start;
    ok(took < 15_000, `${took.toFixed(0)} ms, 15,000 allowed`);
  });
});
