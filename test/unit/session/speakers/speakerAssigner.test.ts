/** Who speaks, from frames of two sources to names: the same person in both is one. */
import { deepEqual, fail } from 'node:assert/strict';
import type { Frame, Source } from '../../../../daemon/audio/frame';
import { type NamedVoice, recogniseVoices } from '../../../../daemon/diarization/recognise';
import { samePersons, type SourceVoice } from '../../../../daemon/diarization/samePerson';
import { meanDirection } from '../../../../daemon/diarization/vectors';
import { SessionProjection } from '../../../../daemon/session/events/sessionProjection';
import { calledEvents } from '../../../../daemon/session/speakers/calledNames';
import type { DurableEvent, DurableEventBody } from '../../../../daemon/session/contract/events';
import { renameSpeaker } from '../../../../daemon/session/speakers/renameSpeaker';
import { SpeakerAssigner } from '../../../../daemon/session/speakers/speakerAssigner';
import type { Segment } from '../../../../daemon/transcript/types';

/** A voice is a constant level here: 0.1, 0.2, …; what lies between sounds like both. */
const frame = (source: Source, seq: number, level: number): Frame => ({
  source,
  seq,
  captureMs: seq * 20,
  pcm: new Int16Array(320).fill(Math.round(level * 32767)),
});

function embedding(level: number, turn: number): Float32Array {
  const vector = Float32Array.from(
    { length: 256 },
    (_, d) => Math.max(0, 1 - Math.abs((d % 4) - 10 * level)) + 0.3 * Math.sin(d * (turn + 1)),
  );
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / length);
}

type Speech = readonly (readonly [level: number, seconds: number])[];

/**
 *
 * @param sources are heard by `hear`, with a second's pause after each voice; `tell` gives events
 * to the book
 */
function make(
  sources: readonly Source[],
  projection: SessionProjection,
  kept: readonly NamedVoice[] = [],
): {
  readonly assigner: SpeakerAssigner;
  readonly recognise: (source: Source, said: Speech) => Promise<void>;
  readonly tell: (events: readonly DurableEventBody[]) => void;
} {
  let turn = 0;
  let announced = 0;
  const activeVoices = new Map<Source, number>();
  const assigner = new SpeakerAssigner({
    sources,
    projection,
    kept: () => kept,
    models: {
      embed: (cuts) =>
        Promise.resolve(cuts.map((pcm) => embedding(pcm[pcm.length >> 1] ?? 0, turn++))),
    },
    detectors: {
      create: () => ({
        detect: (pcm) =>
          Promise.resolve(
            Float32Array.from({ length: pcm.length / 512 }, (_, i) =>
              Math.abs(pcm[i * 512] ?? 0) > 0.01 ? 0.9 : 0,
            ),
          ),
        reset: () => undefined,
        dispose: () => undefined,
      }),
    },
    onFailed: (error) => fail(String(error)),
  });
  return {
    assigner,
    recognise: async (source, said) => {
      let seq = activeVoices.get(source) ?? 0;
      for (const [level, seconds] of said)
        for (const [audio, length] of [
          [level, seconds],
          [0, 1],
        ] as const)
          for (let n = 0; n < length * 50; n += 25) {
            await assigner.frames(Array.from({ length: 25 }, () => frame(source, seq++, audio)));
            // The voices have caught up.
            await new Promise(setImmediate);
          }
      activeVoices.set(source, seq);
    },
    tell: (events) =>
      events.forEach((event) =>
        projection.apply({ ...event, seq: ++announced, time: 0 } as DurableEvent),
      ),
  };
}

/** @param said by source. @returns who spoke when, and by what name */
async function speakers(
  said: Partial<Record<Source, Speech>>,
  projection = new SessionProjection(),
  kept: readonly NamedVoice[] = [],
): Promise<string[]> {
  const sources = Object.keys(said) as Source[];
  const { assigner, recognise, tell } = make(sources, projection, kept);
  for (const source of sources) await recognise(source, said[source] ?? []);
  await assigner.finish();
  tell(assigner.conclude());
  return [...projection.speakers.values()]
    .map(({ source, name, turns }) => `${source} ${name}: ${turns?.length ?? 0}`)
    .sort();
}

describe('the same person on two sources', () => {
  it('has one name', async () =>
    deepEqual(
      await speakers({
        mic: [
          [0.1, 8],
          [0.1, 8],
        ],
        system: [
          [0.2, 9],
          [0.1, 9],
          [0.2, 9],
          [0.1, 9],
        ],
      }),
      ['mic You: 1', 'system Speaker 1: 2', 'system You: 2'],
    ));
  it('is another than who only sounds like a person', async () =>
    deepEqual(
      await speakers({
        mic: [
          [0.1, 8],
          [0.1, 8],
        ],
        system: [
          [0.2, 9],
          [0.3, 9],
          [0.2, 9],
          [0.3, 9],
        ],
      }),
      ['mic You: 1', 'system Speaker 1: 2', 'system Speaker 2: 2'],
    ));

  const voice = (id: string, source: Source, level: number, ms = 12_000): SourceVoice => ({
    id,
    source,
    centre: embedding(level, 0),
    ms,
  });
  const check = (
    voices: readonly SourceVoice[],
    expected: readonly (readonly [string, string])[],
  ) => deepEqual([...samePersons(voices)], expected);
  it('takes ten seconds to be known', () =>
    check([voice('a', 'mic', 0.1), voice('b', 'system', 0.1, 9_000)], []));
  it('never makes two voices of one source one', () =>
    check(
      [voice('a', 'mic', 0.1), voice('b', 'system', 0.1), voice('c', 'system', 0.1)],
      [['b', 'a']],
    ));
});

describe('a kept voice', () => {
  /** The level's voice, whatever is said. */
  const pure = (level: number): Float32Array =>
    meanDirection(Array.from({ length: 40 }, (_, turn) => embedding(level, turn)));
  const anna: NamedVoice = { name: 'Anna', centre: pure(0.2) };
  const ben: NamedVoice = { name: 'Ben', centre: pure(0.3) };
  const said = {
    mic: [
      [0.1, 8],
      [0.1, 8],
    ],
    system: [
      [0.2, 9],
      [0.3, 9],
      [0.2, 9],
      [0.3, 9],
    ],
  } as const;

  it('names the speaker, and nobody else', async () =>
    deepEqual(await speakers(said, new SessionProjection(), [anna]), [
      'mic You: 1',
      'system Anna: 2',
      'system Speaker 1: 2',
    ]));
  it('names everybody who is known', async () =>
    deepEqual(await speakers(said, new SessionProjection(), [anna, ben]), [
      'mic You: 1',
      'system Anna: 2',
      'system Ben: 2',
    ]));

  /** @returns by id: name, similarity, sure */
  const check = (
    voices: readonly SourceVoice[],
    kept: readonly NamedVoice[],
    expected: readonly (readonly [string, string, number, boolean])[],
  ) =>
    deepEqual(
      [...recogniseVoices(voices, kept)].map(([id, { name, similarity, sure }]) => [
        id,
        name,
        Math.round(100 * similarity) / 100,
        sure,
      ]),
      expected,
    );
  const unit = (...values: readonly number[]): Float32Array => Float32Array.from(values);
  const activeVoices = (
    id: string,
    source: Source,
    centre: Float32Array,
    ms = 12_000,
  ): SourceVoice => ({
    id,
    source,
    centre,
    ms,
  });
  const like = (cosine: number): Float32Array => unit(cosine, Math.sqrt(1 - cosine ** 2));
  const kept = [{ name: 'Anna', centre: unit(1, 0) }];
  it('that is less like is a suggestion, and then nothing', () => {
    check([activeVoices('a', 'mic', like(0.6))], kept, [['a', 'Anna', 0.6, true]]);
    check([activeVoices('a', 'mic', like(0.5))], kept, [['a', 'Anna', 0.5, false]]);
    check([activeVoices('a', 'mic', like(0.4))], kept, []);
  });
  it('needs ten seconds', () => check([activeVoices('a', 'mic', like(0.99), 9_900)], kept, []));
  it('is one voice of a source, the likest, and may be on another too', () =>
    check(
      [
        activeVoices('a', 'mic', like(0.95)),
        activeVoices('b', 'mic', like(0.97)),
        activeVoices('c', 'system', like(0.96)),
      ],
      kept,
      [
        ['b', 'Anna', 0.97, true],
        ['c', 'Anna', 0.96, true],
      ],
    ));
  it('is nobody where two are nearly as like', () =>
    check(
      [activeVoices('a', 'mic', like(0.97))],
      [...kept, { name: 'Ben', centre: like(0.9) }],
      [],
    ));
});

describe('speakers after a crash', () => {
  const segment = (id: string, source: Source, speaker: string): Segment => ({
    id,
    source,
    speaker,
    text: 'Hello.',
    startMs: 0,
    endMs: 900,
    confidence: 1,
    revision: 0,
  });
  const restored = () =>
    new SessionProjection({
      segments: [
        segment('s1', 'mic', 'Anna'),
        segment('s2', 'system', 'Ben'),
        segment('s3', 'system', 'Speaker 2'),
      ],
      speakers: [
        { id: 'mic-1', source: 'mic', name: 'Anna', named: true },
        { id: 'system-2', source: 'system', name: 'Ben', named: true },
        { id: 'system-3', source: 'system', name: 'Speaker 2' },
      ],
    });
  it("leave what was said before as it was, and give nobody another's name", async () => {
    const projection = restored();
    const found = await speakers(
      {
        mic: [
          [0.1, 8],
          [0.1, 8],
        ],
        system: [
          [0.2, 9],
          [0.3, 9],
          [0.2, 9],
          [0.3, 9],
        ],
      },
      projection,
    );
    deepEqual(found, [
      'mic Anna: 0',
      'mic Anna: 1',
      'system Ben: 0',
      'system Speaker 2: 0',
      'system Speaker 3: 2',
      'system Speaker 4: 2',
    ]);
    deepEqual(
      projection.transcript.ordered().map(({ speaker }) => speaker),
      ['Anna', 'Ben', 'Speaker 2'],
    );
  });
});

describe('what the others call a speaker', () => {
  const name = { speaker: 'Speaker 2', name: 'Nina', segmentId: 's4' };
  const said = {
    mic: [
      [0.1, 8],
      [0.1, 8],
    ],
    system: [
      [0.2, 9],
      [0.3, 9],
      [0.2, 9],
      [0.3, 9],
    ],
  } as const;
  const activeVoices = async (): Promise<{
    projection: SessionProjection;
    called: () => (string | undefined)[];
    tell: (events: readonly DurableEventBody[]) => void;
    finish: () => Promise<void>;
  }> => {
    const projection = new SessionProjection();
    const { assigner, recognise, tell } = make(['mic', 'system'], projection);
    for (const source of ['mic', 'system'] as const) {
      await recognise(source, said[source]);
      let startMs = 0;
      for (const [, seconds] of said[source]) {
        const { segments, speakers: events } = assigner.name([
          {
            id: `${source}${startMs}`,
            source,
            speaker: '',
            text: 'Hello.',
            startMs,
            endMs: startMs + seconds * 1000,
            confidence: 1,
            revision: 0,
          },
        ]);
        tell([...events, ...segments.map((segment) => ({ kind: 'final' as const, segment }))]);
        startMs += (seconds + 1) * 1000;
      }
    }
    return {
      projection,
      tell,
      called: () => [...projection.speakers.values()].map(({ called }) => called?.name),
      finish: async () => {
        await assigner.finish();
        tell(assigner.conclude());
      },
    };
  };
  it('is a suggestion that stays through the last look at the voices, and is told once', async () => {
    const { projection, called, tell, finish } = await activeVoices();
    tell(calledEvents(projection, [name]));
    deepEqual([called(), calledEvents(projection, [name])], [[undefined, undefined, 'Nina'], []]);
    await finish();
    deepEqual(called(), [undefined, undefined, 'Nina']);
  });
  it('goes when it is plain no more, or a person names the speaker', async () => {
    const { projection, called, tell } = await activeVoices();
    tell(calledEvents(projection, [name]));
    tell(calledEvents(projection, []));
    deepEqual(called(), [undefined, undefined, undefined]);
    tell(calledEvents(projection, [name]));
    tell(renameSpeaker(projection, [...projection.speakers.values()][2]!.id, 'Nina'));
    deepEqual(
      [called(), calledEvents(projection, [name])],
      [[undefined, undefined, undefined], []],
    );
  });
  it('is never the name of somebody who is there', async () => {
    const { projection } = await activeVoices();
    deepEqual(calledEvents(projection, [{ ...name, name: 'You' }]), []);
  });
});

describe('voices that only seemed to be there', () => {
  /**
   * One speaks 12 s, then for 2 s somebody seems to be another, who is not told apart from the
   * first any more after another minute; a second joins.
   */
  async function session(
    kept: readonly NamedVoice[] = [],
    addressedByName = true,
  ): Promise<{ readonly projection: SessionProjection; readonly live: ReadonlySet<string> }> {
    const projection = new SessionProjection();
    const { assigner, recognise, tell } = make(['file'], projection, kept);
    let announced = 0;
    const live = new Set<string>();
    const say = async (level: number, seconds: number, final = true): Promise<void> => {
      const startMs = announced;
      await recognise('file', [[level, seconds]]);
      announced += (seconds + 1) * 1000;
      if (!final) return;
      // Its last windows are heard with what follows.
      const { segments, speakers: events } = assigner.name([
        {
          id: `s${startMs}`,
          source: 'file',
          speaker: '',
          text: 'Hello.',
          startMs,
          endMs: startMs + seconds * 1000,
          confidence: 1,
          revision: 0,
        },
      ]);
      tell(events);
      tell(segments.map((segment) => ({ kind: 'final', segment })));
      tell(assigner.revise());
      for (const { speaker } of projection.transcript.ordered()) live.add(speaker);
    };
    await say(0.1, 12);
    await say(0.031, 1.5, addressedByName);
    for (let i = 0; i < 8; i++) await say(0.1, 12);
    for (let i = 0; i < 2; i++) await say(0.2, 12);
    await assigner.finish();
    tell(assigner.conclude());
    return { projection, live };
  }
  const named = (projection: SessionProjection) => [
    ...new Set(projection.transcript.ordered().map(({ speaker }) => speaker)),
  ];
  const there = (projection: SessionProjection) =>
    [...projection.speakers.values()]
      .filter(({ turns }) => turns?.length !== 0)
      .map(({ name }) => name)
      .sort();

  it('leave no number behind', async () => {
    const { projection, live } = await session();
    // A third voice had a number for a while.
    deepEqual(
      [live.has('Speaker 3'), named(projection), there(projection)],
      [true, ['Speaker 1', 'Speaker 2'], ['Speaker 1', 'Speaker 2']],
    );
  });
  it('have no number where no segment was theirs', async () => {
    const { projection, live } = await session([], false);
    deepEqual(
      [
        [...live].filter((name) => name !== 'Unknown'),
        named(projection),
        [...projection.speakers.values()].map(({ name }) => name),
      ],
      [
        ['Speaker 1', 'Speaker 2'],
        ['Speaker 1', 'Speaker 2'],
        ['Speaker 1', 'Speaker 2'],
      ],
    );
  });
  it('leave no number behind that a name taken back could skip', async () => {
    const anna: NamedVoice = {
      name: 'Anna',
      centre: meanDirection(Array.from({ length: 40 }, (_, turn) => embedding(0.2, turn))),
    };
    const { projection } = await session([anna]);
    deepEqual(named(projection), ['Speaker 1', 'Anna']);
    const id = [...projection.speakers.values()].find(({ name }) => name === 'Anna')?.id ?? '';
    for (const event of renameSpeaker(projection, id, undefined))
      projection.apply(event as DurableEvent);
    deepEqual(
      [named(projection), there(projection)],
      [
        ['Speaker 1', 'Speaker 2'],
        ['Speaker 1', 'Speaker 2'],
      ],
    );
  });
});
