/** Two people who talk at once: both are in the transcript and in RTTM. */
import { deepEqual, match } from 'node:assert/strict';
import { overlappingSpeakers } from '../../../daemon/diarization/splitting';
import { withAllSpeech, withinSpeech } from '../../../daemon/diarization/spokenSpans';
import type { Turn } from '../../../daemon/diarization/contract';
import { renderRttm, transcriptLine } from '../../../daemon/notes/exports';
import { withSpeaker } from '../../../daemon/transcript/revise';
import type { Segment } from '../../../daemon/transcript/types';

const turn = (speaker: string, startMs: number, endMs: number): Turn => ({
  speaker,
  source: 'file',
  startMs,
  endMs,
});

const segment: Segment = {
  id: 's1',
  startMs: 0,
  endMs: 3_000,
  source: 'file',
  speaker: 'Ben',
  alsoSpeaking: ['Ana'],
  text: 'We ship on Friday.',
  revision: 0,
};

describe('speakers who talk at the same time', () => {
  it('are those with 300 ms in common with the speaker of the segment', () => {
    const turns = [turn('a', 0, 3_000), turn('b', 2_000, 4_000), turn('c', 2_800, 5_000)];
    deepEqual(overlappingSpeakers(turns, segment, 'a'), ['b']);
    deepEqual(
      overlappingSpeakers([turn('a', 0, 1_000), turn('b', 1_000, 3_000)], segment, 'a'),
      [],
    );
  });
  it('are both in the line of the transcript and in RTTM', () => {
    match(transcriptLine(segment), /^\*\*Ben \+ Ana\*\* /);
    const rttm = renderRttm({
      file: 'talk.wav',
      segments: [segment],
      speakers: [
        { id: 'a', name: 'Ben', source: 'file', turns: [{ startMs: 0, endMs: 3_000 }] },
        { id: 'b', name: 'Ana', source: 'file', turns: [{ startMs: 2_000, endMs: 4_000 }] },
      ],
    });
    match(rttm, /0\.000 3\.000 <NA> <NA> Ben/);
    match(rttm, /2\.000 2\.000 <NA> <NA> Ana/);
  });
  it('do not contain the speaker after a change of the speaker', () => {
    const { alsoSpeaking: _, ...alone } = segment;
    deepEqual(withSpeaker(segment, 'Ana'), { ...alone, speaker: 'Ana' });
  });
});

describe('turns and detected speech', () => {
  it('limits turns to speech', () => {
    deepEqual(
      withinSpeech(
        [turn('a', 0, 3_000), turn('b', 2_500, 4_000)],
        [
          { startMs: 500, endMs: 1_000 },
          { startMs: 2_000, endMs: 3_500 },
        ],
      ),
      [turn('a', 500, 1_000), turn('a', 2_000, 3_000), turn('b', 2_500, 3_500)],
    );
  });
  it('gives speech without a turn to the turn before it, else to the next one', () => {
    deepEqual(
      withAllSpeech(
        [turn('a', 500, 1_000)],
        [
          { startMs: 0, endMs: 1_500 },
          { startMs: 2_000, endMs: 3_000 },
        ],
      ).map(({ speaker, startMs, endMs }) => [speaker, startMs, endMs]),
      [
        ['a', 0, 500],
        ['a', 500, 1_000],
        ['a', 1_000, 1_500],
        ['a', 2_000, 3_000],
      ],
    );
  });
});
