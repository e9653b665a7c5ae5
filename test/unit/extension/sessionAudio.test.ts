/** Kept audio for the page: where a word begins, and the sources of a session as one. */
import { deepEqual, equal, rejects } from 'node:assert/strict';
import type { Connection } from '../../../client';
import { audioFrom, timeOf } from '../../../extension/panel/sessionAudio';
import { EarmarkError } from '../../../protocol/errors';
import type { Segment, Word } from '../../../protocol/transcript';

const words = (...all: [string, number][]): Word[] =>
  all.map(([text, startMs]) => ({
    text,
    startMs,
    endMs: startMs + 100,
    confidence: 1,
    timing: 'model',
  }));
const segment = (
  text: string,
  own?: Word[],
): Pick<Segment, 'text' | 'words' | 'startMs' | 'endMs'> => ({
  text,
  startMs: 1_000,
  endMs: 3_000,
  ...(own ? { words: own } : {}),
});

describe('time of a word', () => {
  const check = (
    name: string,
    said: ReturnType<typeof segment>,
    offset: number,
    expected: number,
  ): void => void it(name, () => equal(timeOf(said, offset), expected));
  const known = segment(
    'Good morning, everyone.',
    words(['Good', 1_100], ['morning,', 1_500], ['everyone.', 2_200]),
  );
  check('is the recogniser’s, a little before it', known, 'Good mor'.length, 1_380);
  check('of the first', known, 0, 980);
  check(
    'is guessed by its letters where a person changed the words',
    { ...known, text: 'Good morning to everyone.' },
    12,
    1_840,
  );
  check('or where there are none', segment('abcdefghij'), 5, 1_880);
});

describe('sound of a session', () => {
  const pcm = (...samples: number[]): string =>
    Buffer.from(Int16Array.from(samples).buffer).toString('base64');
  const connection = (
    clips: Record<string, { startMs: number; pcm: string } | undefined>,
  ): Connection =>
    ({
      request: (_: unknown, { source }: { source: string }) =>
        clips[source] === undefined
          ? Promise.reject(new EarmarkError('audio.notKept', 'Not kept.'))
          : Promise.resolve(clips[source]),
    }) as unknown as Connection;
  const samples = (base64: string): number[] => [
    ...new Int16Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer),
  ];

  it('is that of all its sources, each at its time, none too loud', async () => {
    const audio = await audioFrom(
      connection({
        mic: { startMs: 1_000, pcm: pcm(1, 2, 30_000) },
        system: { startMs: 1_000.0625, pcm: pcm(10, 30_000, 5) },
      }),
      's',
      ['mic', 'system'],
      1_000,
      false,
    );
    deepEqual(
      [samples(audio.pcm), audio.startMs, audio.endMs, audio.follows],
      [[1, 12, 32_767, 5], 1_000, 1_000.25, false],
    );
  });

  it('is that of one where the other was not kept', async () => {
    const audio = await audioFrom(
      connection({ mic: { startMs: 0, pcm: pcm(7) } }),
      's',
      ['mic', 'system'],
      0,
      false,
    );
    deepEqual(samples(audio.pcm), [7]);
  });

  it('ends where nothing follows, and is refused where nothing begins', async () => {
    deepEqual(await audioFrom(connection({}), 's', ['mic'], 500, true), {
      type: 'audio',
      pcm: '',
      startMs: 500,
      endMs: 500,
      follows: true,
    });
    await rejects(audioFrom(connection({}), 's', ['mic'], 500, false), { code: 'audio.notKept' });
  });
});
