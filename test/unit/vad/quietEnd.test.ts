// The silence that stands for what is to come.
import { deepEqual, equal } from 'node:assert/strict';
import { withQuietEnd } from '../../../daemon/vad/quietEnd';

const end = (pcm: readonly number[], quiet: number, length: number): number[] => [
  ...withQuietEnd(Float32Array.from(pcm), quiet, length),
];

describe('a quiet end', () => {
  it('goes to and fro over the silence that came, and never over speech', () =>
    deepEqual(end([9, 9, 1, 2, 3], 3, 12), [9, 9, 1, 2, 3, 3, 2, 1, 1, 2, 3, 3]));
  it('leaves what is long enough, and what has no silence, as it is', () => {
    const pcm = Float32Array.of(9, 1);
    equal(withQuietEnd(pcm, 1, 2), pcm);
    equal(withQuietEnd(pcm, 0, 5), pcm);
  });
});
