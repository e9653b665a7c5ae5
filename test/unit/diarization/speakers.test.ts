/**
 * Voices are told apart, segments split at a change of speaker, a name given once is everywhere.
 */
import { deepEqual, equal, throws } from 'node:assert/strict';
import type { Turn, VoiceWindow } from '../../../daemon/diarization/contract';
import { partsOf } from '../../../daemon/diarization/splitting';
import { joinTurns } from '../../../daemon/diarization/turns';
import { dot, dots } from '../../../daemon/diarization/vectors';
import { voiceCentres } from '../../../daemon/diarization/voiceCentres';
import { OnlineClustering } from '../../../daemon/diarization/onlineClustering';
import { SessionProjection } from '../../../daemon/session/events/sessionProjection';
import { renameSpeaker } from '../../../daemon/session/speakers/renameSpeaker';
import { SpeakerNumbers } from '../../../daemon/session/speakers/speakerNumbers';
import type { Segment } from '../../../daemon/transcript/types';

/**
 * A voice in one part of the space, as alike to itself as encoded speech is (cosine about 0.7); the
 * noise repeats.
 */
function voice(axis: number, i: number, noisy = 1.2): Float32Array {
  let seed = 7919 * (i + 1);
  const noise = (): number =>
    (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.5;
  const vector = Float32Array.from(
    { length: 256 },
    (_, d) => (d % 4 === axis ? 1 : 0) + noisy * noise(),
  );
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / length);
}

const windowsOf = (axes: readonly number[], noisy?: number): VoiceWindow[] =>
  axes.map((axis, i) => ({
    startMs: i * 1_200,
    endMs: (i + 1) * 1_200,
    embedding: voice(axis, i, noisy),
  }));
const turn = (speaker: string, startMs: number, endMs: number): Turn => ({
  speaker,
  source: 'file',
  startMs,
  endMs,
});
const words = (text: string, startMs: number, eachMs: number): Segment => ({
  id: 's1',
  source: 'file',
  speaker: 'Speaker',
  text,
  confidence: 1,
  revision: 0,
  startMs,
  endMs: startMs + eachMs * text.split(' ').length,
  words: text.split(' ').map((word, i) => ({
    text: word,
    startMs: startMs + i * eachMs,
    endMs: startMs + (i + 1) * eachMs,
    confidence: 1,
    timing: 'model' as const,
  })),
});

describe('voices', () => {
  const checkCount = (axes: readonly number[], expected: number) =>
    equal(voiceCentres(windowsOf(axes)).length, expected);
  it('are none where nothing is heard', () => checkCount([], 0));
  it('are one where one speaks', () => checkCount(new Array<number>(30).fill(0), 1));
  it('are two where two take turns', () =>
    checkCount(
      Array.from({ length: 30 }, (_, i) => (i % 10 < 5 ? 0 : 1)),
      2,
    ));
  it('are three where three do', () =>
    checkCount(
      Array.from({ length: 45 }, (_, i) => Math.floor((i % 15) / 5)),
      3,
    ));

  it('open with two seconds, and join another with less', () =>
    deepEqual(
      [1, 2].map(
        (count) =>
          voiceCentres(
            windowsOf([...new Array<number>(100).fill(0), ...new Array<number>(count).fill(1)]),
          ).length,
      ),
      [1, 2],
    ));
  it('are as like each other four at a time as one by one', () => {
    const voices = Array.from({ length: 7 }, (_, i) => voice(i % 3, i));
    deepEqual(
      [...dots(voices[2] as Float32Array, voices)],
      voices.map((other) => dot(voices[2] as Float32Array, other)),
    );
  });
  it('keep their ids when they are told apart anew, and memory stays bounded', () => {
    let next = 0;
    const clustering = new OnlineClustering('file', () => `v${++next}`);
    const ids: string[] = [];
    for (let i = 0; i < 700; i++) {
      const window = {
        startMs: i * 2_000,
        endMs: i * 2_000 + 1_200,
        embedding: voice(i % 10 < 5 ? 0 : 1, i),
      };
      clustering.addWindow(window);
      clustering.addStretch({ startMs: window.startMs, endMs: window.endMs, windows: [window] });
      if (i > 30 && i % 100 === 0)
        ids.push(
          clustering.activeVoices
            .map(({ id }) => id)
            .sort()
            .join(' '),
        );
    }
    deepEqual(new Set(ids).size, 1);
    equal(new Set(clustering.turns().map(({ speaker }) => speaker)).size, 2);
  });
});

describe('turns', () => {
  it('take a pause of their speaker in, unless somebody else speaks in it', () =>
    deepEqual(
      joinTurns([
        turn('A', 0, 1000),
        turn('A', 1400, 2000),
        turn('B', 2100, 2300),
        turn('A', 2400, 3000),
        turn('A', 5000, 6000),
      ]),
      [turn('A', 0, 2000), turn('B', 2100, 2300), turn('A', 2400, 3000), turn('A', 5000, 6000)],
    ));
});

describe('a segment', () => {
  const check = (
    segment: Segment,
    turns: readonly Turn[],
    expected: readonly (readonly [string | undefined, number, number])[],
  ) =>
    deepEqual(
      partsOf(turns, segment).map(({ speaker, from, to }) => [speaker, from, to]),
      expected,
    );
  const eight = words('one two three four five six seven eight', 0, 500);
  it("is its speaker's by the greater share of time, not by its middle", () =>
    check(
      { ...eight, words: [] },
      [turn('A', 0, 1500), turn('B', 1500, 2400), turn('A', 2400, 4000)],
      [['A', 0, 0]],
    ));
  it('is split where the speaker changes', () =>
    check(
      eight,
      [turn('A', 0, 2000), turn('B', 2000, 4000)],
      [
        ['A', 0, 4],
        ['B', 4, 8],
      ],
    ));
  it('is not split for a slip of one word', () =>
    check(
      eight,
      [turn('A', 0, 2000), turn('B', 2000, 2400), turn('A', 2500, 4000)],
      [['A', 0, 8]],
    ));
  it('is split at the nearest end of a sentence', () =>
    check(
      words('one two three four. five six seven eight', 0, 500),
      [turn('A', 0, 2900), turn('B', 2900, 4000)],
      [
        ['A', 0, 4],
        ['B', 4, 8],
      ],
    ));
  it('is not split far from the end of a sentence for a moment', () =>
    check(
      words('one two three. four five six seven eight nine ten', 0, 500),
      [turn('A', 0, 4000), turn('B', 4000, 5000)],
      [['A', 0, 10]],
    ));
  it('is split within a sentence where each speaks long', () =>
    check(
      words('one two three four five six seven eight nine ten', 0, 500),
      [turn('A', 0, 2500), turn('B', 2500, 5000)],
      [
        ['A', 0, 5],
        ['B', 5, 10],
      ],
    ));
  it('is split between pauses where somebody says little within a sentence', () =>
    check(
      words('one two three four five six seven eight nine ten', 0, 500),
      [turn('A', 0, 1800), turn('B', 2050, 2900), turn('A', 3150, 5000)],
      [
        ['A', 0, 4],
        ['B', 4, 6],
        ['A', 6, 10],
      ],
    ));
  it('is split behind a comma in the pause, not at the end of the next sentence', () =>
    check(
      words('sure no problem, one correction. five six seven eight nine', 0, 500),
      [turn('A', 0, 1400), turn('B', 1600, 5000)],
      [
        ['A', 0, 3],
        ['B', 3, 10],
      ],
    ));
  it('has as many words as voices, or fewer voices', () =>
    check(
      words('one two', 0, 1000),
      [turn('A', 0, 600), turn('B', 800, 1400), turn('C', 1600, 2000)],
      [
        ['A', 0, 1],
        ['B', 1, 2],
      ],
    ));
  it('has no speaker where no turn lies', () =>
    check(eight, [turn('A', 9000, 9500)], [[undefined, 0, 8]]));
});

describe('speakers without a name', () => {
  it('are numbered as they are told, and at the end from 1 by who is there', () => {
    const numbers = new SpeakerNumbers();
    const of = (): readonly number[] => ['a', 'b', 'c'].map((id) => numbers.of(id));
    const before = of();
    numbers.order(['c', 'a', 'c']);
    deepEqual(
      [before, of()],
      [
        [1, 2, 3],
        [2, 3, 1],
      ],
    );
  });
});

describe('naming a speaker', () => {
  const segment = (id: string, speaker: string): Segment => ({
    ...words('I will do it', 0, 300),
    id,
    speaker,
  });
  const make = (): SessionProjection => {
    const clustering = new SessionProjection({
      segments: [
        segment('s1', 'Speaker 1'),
        segment('s2', 'Speaker 2'),
        segment('s3', 'Speaker 1'),
      ],
      speakers: [
        { id: 'file-1', name: 'Speaker 1', source: 'file' },
        { id: 'file-2', name: 'Speaker 2', source: 'file' },
      ],
    });
    clustering.apply({
      kind: 'action',
      op: 'add',
      insight: {
        id: 'a1',
        kind: 'action',
        text: 'do it',
        owner: 'Speaker 1',
        status: 'open',
        confidence: 1,
        evidence: [],
        symbols: [],
      },
    });
    return clustering;
  };
  const check = (id: string, name: string, speakers: readonly string[], owner: string) => {
    const clustering = make();
    for (const event of renameSpeaker(clustering, id, name)) {
      clustering.check(event);
      clustering.apply(event);
    }
    deepEqual(
      [
        clustering.transcript.ordered().map(({ speaker }) => speaker),
        clustering.insights.get('a1')?.owner,
      ],
      [speakers, owner],
    );
  };
  it('reaches every segment and insight', () =>
    check('file-1', 'Ben', ['Ben', 'Speaker 2', 'Ben'], 'Ben'));
  it('merges two by giving one the name of the other', () =>
    check('file-1', 'Speaker 2', ['Speaker 2', 'Speaker 2', 'Speaker 2'], 'Speaker 2'));
  it('refuses a speaker that is not there', () =>
    throws(() => renameSpeaker(make(), 'file-9', 'Ben'), /no longer exists/));
});
