/** Segments on the wire: as spoken, and beside it as people would write it. */
import { deepEqual } from 'node:assert/strict';
import { toSegment } from '../../../daemon/rpc/convert';

const said = (text: string) =>
  toSegment({
    id: 's1',
    startMs: 0,
    endMs: 1000,
    source: 'mic',
    speaker: 'You',
    text,
    confidence: 1,
    revision: 0,
  });

describe('segments on the wire', () => {
  it('keep every word, and say which of them a reader can do without', () => {
    const { text, readable, fillers } = said('Um, the the release is on november twenty third.');
    deepEqual(
      { text, readable, cut: fillers?.map(({ start, end }) => text.slice(start, end)) },
      {
        text: 'Um, the the release is on november twenty third.',
        readable: 'The release is on November 23.',
        cut: ['Um, ', 'the '],
      },
    );
  });
  it('say nothing of it where the words read well as they are', () =>
    deepEqual(
      Object.keys(said('The release is on Monday.')).filter(
        (key) => key === 'readable' || key === 'fillers',
      ),
      [],
    ));
});
