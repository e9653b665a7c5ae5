/** Order of segments, and what a revision may do. */
import { deepEqual, throws } from 'node:assert/strict';
import fc from 'fast-check';
import type { Revision } from '../../../daemon/transcript/revision';
import { revisionsOf } from '../../../daemon/transcript/revise';
import { Transcript, compareSegments, segmentNumber } from '../../../daemon/transcript/transcript';
import type { Segment } from '../../../daemon/transcript/types';

const segment = (id: string, startMs: number, change: Partial<Segment> = {}): Segment => ({
  id,
  startMs,
  endMs: startMs + 500,
  source: 'mic',
  speaker: 'You',
  text: `words of ${id}`,
  confidence: 1,
  revision: 0,
  ...change,
});
const revision = (
  of: Segment,
  change: Partial<Segment>,
  more: Partial<Revision> = {},
): Revision => ({
  segmentId: of.id,
  revision: of.revision + 1,
  op: 'speaker',
  by: 'machine',
  segment: { ...of, ...change, revision: of.revision + 1 },
  ...more,
});

describe('transcript', () => {
  it('is in order of time, two sources woven together', () => {
    const transcript = new Transcript([
      segment('s1', 900),
      segment('s2', 100, { source: 'system' }),
    ]);
    transcript.add(segment('s10', 500));
    transcript.add(segment('s9', 500));
    deepEqual(
      {
        ids: transcript.ordered().map(({ id }) => id),
        highest: transcript.highestNumber,
        size: transcript.size,
      },
      { ids: ['s2', 's9', 's10', 's1'], highest: 10, size: 4 },
    );
  });

  it('is in the same order however the segments came', () => {
    const some = fc.uniqueArray(
      fc.record({ id: fc.integer({ min: 1, max: 50 }), startMs: fc.nat({ max: 5 }) }),
      { selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(some, (list) => {
        const segments = list.map(({ id, startMs }) => segment(`s${id}`, startMs));
        deepEqual(
          new Transcript(segments).ordered(),
          new Transcript([...segments].reverse()).ordered(),
        );
        deepEqual(new Transcript(segments).ordered(), [...segments].sort(compareSegments));
      }),
    );
  });

  it('takes a final once', () => {
    const transcript = new Transcript([segment('s1', 0)]);
    throws(() => transcript.add(segment('s1', 0)), /already final/);
  });

  const before = segment('s1', 0, { text: 'one two three' });
  const refused: readonly [string, Revision][] = [
    ['edit words', revision(before, { text: 'one two tree' }, { op: 'edit' })],
    ['edit words under another name', revision(before, { text: 'one two' }, { op: 'hide' })],
    [
      'lose a word in a split',
      revision(
        before,
        { text: 'one' },
        { op: 'split', added: [segment('s1.2', 100, { text: 'three' })] },
      ),
    ],
    ['skip a revision', { ...revision(before, {}), revision: 2 }],
    ['change an id', revision(before, { id: 's2' })],
    ['revise what is not there', { ...revision(before, {}), segmentId: 's7' }],
  ];
  for (const [what, change] of refused) {
    it(`does not let the machine ${what}`, () => {
      const transcript = new Transcript([before]);
      throws(() => transcript.apply(change));
      deepEqual(transcript.ordered(), [before]);
    });
  }

  it('lets the machine split, hide and name a speaker', () => {
    const transcript = new Transcript([before]);
    const second = segment('s1.2', 200, { text: 'two three', speaker: 'Ben' });
    transcript.apply(revision(before, { text: 'one' }, { op: 'split', added: [second] }));
    transcript.apply(revision(second, { hidden: true }, { op: 'hide' }));
    deepEqual(
      transcript.ordered().map(({ text, hidden }) => [text, hidden]),
      [
        ['one', undefined],
        ['two three', true],
      ],
    );
  });

  it('lets a person edit', () => {
    const transcript = new Transcript([before]);
    for (const change of revisionsOf(before, { text: 'one two tree' })) transcript.apply(change);
    deepEqual(transcript.get('s1')?.text, 'one two tree');
  });
});

describe('revisions by a person', () => {
  const words = [
    { text: 'hello', startMs: 0, endMs: 500, confidence: 1, timing: 'model' as const },
  ];
  const before = segment('s1', 0, { text: 'hello', words });
  const check = (
    change: Parameters<typeof revisionsOf>[1],
    expected: readonly string[],
    after: { text?: string; speaker?: string; hidden?: boolean; words?: number },
  ): void => {
    const revisions = revisionsOf(before, change);
    const last = revisions.at(-1)?.segment ?? before;
    deepEqual(
      {
        ops: revisions.map(({ op, revision: n }) => `${op} ${n}`),
        text: last.text,
        speaker: last.speaker,
        hidden: last.hidden,
        words: last.words?.length ?? 0,
      },
      { ops: expected, text: 'hello', speaker: 'You', hidden: undefined, words: 1, ...after },
    );
  };
  it('are none when nothing changes', () =>
    check({ text: 'hello', speaker: 'You', hidden: false }, [], {}));
  it('drop the times of words that were typed', () =>
    check({ text: 'hallo' }, ['edit 1'], { text: 'hallo', words: 0 }));
  it('keep the words when only the speaker changes', () =>
    check({ speaker: 'Ben' }, ['speaker 1'], { speaker: 'Ben' }));
  it('come one for each change', () =>
    check({ text: 'a', speaker: 'Ben', hidden: true }, ['edit 1', 'speaker 2', 'hide 3'], {
      text: 'a',
      speaker: 'Ben',
      hidden: true,
      words: 0,
    }));
});

describe('segment numbers', () => {
  for (const [id, expected] of [
    ['s12', 12],
    ['s12.2', 12],
    ['x3', 0],
    ['', 0],
  ] as const)
    it(`${id || 'nothing'} is ${expected}`, () => deepEqual(segmentNumber(id), expected));
});
