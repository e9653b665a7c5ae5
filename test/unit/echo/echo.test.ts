/**
 * Echo removal in a session of two sources: what is hidden, what is parted, what stays, and when it
 * is known.
 */
import { deepEqual } from 'node:assert/strict';
import { FRAME_MS } from '../../../daemon/audio/frame';
import { EchoRemover } from '../../../daemon/echo/echo';
import { Transcript } from '../../../daemon/transcript/transcript';
import type { Segment } from '../../../daemon/transcript/types';
import { framesAt, join, mixed, silence, talk } from '../transcript/echoAudio';

const SAID =
  'today I am looking at the token refresh and it retries forever when the provider is down';

const segment = (
  id: string,
  source: 'mic' | 'system',
  fromFrame: number,
  toFrame: number,
  text: string,
): Segment => {
  const [startMs, endMs] = [fromFrame * FRAME_MS, toFrame * FRAME_MS];
  const tokens = text.split(' ');
  const at = (i: number): number => Math.round(startMs + (i * (endMs - startMs)) / tokens.length);
  return {
    id,
    source,
    speaker: source === 'mic' ? 'You' : 'Others',
    startMs,
    endMs,
    text,
    confidence: 0.9,
    revision: 0,
    words: tokens.map((word, i) => ({
      text: word,
      startMs: at(i),
      endMs: at(i + 1),
      confidence: 0.9,
      timing: 'estimated' as const,
    })),
  };
};

class Room {
  readonly echo = new EchoRemover();
  readonly transcript = new Transcript();

  constructor(
    own: Float32Array,
    system: Float32Array,
    echo: { lag: number; gainDb: number } | undefined = { lag: 4, gainDb: -12 },
  ) {
    const mic = framesAt('mic', mixed(own, system, echo));
    framesAt('system', system).forEach((frame, i) => {
      this.echo.receive(frame);
      this.echo.receive(mic[i]!);
    });
  }

  mic(said: Segment): this {
    const { segments } = this.echo.judge(said);
    for (const part of segments) this.transcript.add(part);
    this.echo.published(segments);
    return this;
  }

  system(said: Segment): this {
    this.transcript.add(said);
    this.echo.add(said);
    for (const revision of this.echo.late(this.echo.takeFresh(), (id) => this.transcript.get(id)))
      this.transcript.apply(revision);
    return this;
  }

  /** The microphone's segments; what is hidden in brackets. */
  check(...expected: readonly string[]): void {
    deepEqual(
      this.transcript
        .ordered()
        .filter(({ source }) => source === 'mic')
        .map(({ text, hidden }) => (hidden ? `(${text})` : text)),
      expected,
    );
  }
}

describe('echo removal', () => {
  const quiet = silence(100);
  const one = talk(300, 1);
  const system = join(quiet, one, quiet);
  const alone = silence(system.length);
  const others = segment('s1', 'system', 100, 400, SAID);
  const copy = segment(
    's2',
    'mic',
    104,
    404,
    'Today I am looking at pokemon refresh, and it retries for ever when the providers down.',
  );

  it('hides the copy of what the system said', () =>
    new Room(alone, system).system(others).mic(copy).check(`(${copy.text})`));
  it("hides it later when the system's words come later", () =>
    new Room(alone, system).mic(copy).system(others).check(`(${copy.text})`));
  it('suspects it from the sound before the words are there', () =>
    deepEqual(new Room(alone, system).echo.judge(copy).suspect, true));
  it("finds it however the system's words were cut", () => {
    const cut = SAID.split(' ');
    new Room(alone, system)
      .system(segment('s1', 'system', 100, 250, cut.slice(0, 8).join(' ')))
      .mic(copy)
      .system(segment('s3', 'system', 250, 400, cut.slice(8).join(' ')))
      .check(`(${copy.text})`);
  });
  it('finds one phrase of the system in several of the microphone', () => {
    const [first, second] = [
      segment('s2', 'mic', 104, 254, 'Today I am looking at the token refresh'),
      segment('s4', 'mic', 254, 404, 'and it retries forever when the provider is done'),
    ];
    new Room(alone, system)
      .mic(first)
      .system(others)
      .mic(second)
      .check(`(${first.text})`, `(${second.text})`);
  });

  it('keeps another voice, and one that says the same words at the same time', () => {
    const other = segment(
      's2',
      'mic',
      104,
      404,
      'in my opinion we should do something else entirely before Friday comes around',
    );
    new Room(join(quiet, talk(300, 9), quiet), system, undefined)
      .system(others)
      .mic(other)
      .check(other.text);
    new Room(join(quiet, talk(300, 9), quiet), system, undefined)
      .system(others)
      .mic(copy)
      .check(copy.text);
    new Room(join(quiet, talk(300, 9), quiet), system).system(others).mic(copy).check(copy.text);
  });
  it("keeps an echo's sound that has other words", () => {
    const other = segment(
      's2',
      'mic',
      104,
      404,
      'in my opinion we should do something else entirely before Friday comes around',
    );
    new Room(alone, system).system(others).mic(other).check(other.text);
  });
  it('keeps the same words where the system was silent then', () =>
    new Room(join(quiet, one, quiet), silence(500), undefined)
      .system(others)
      .mic(copy)
      .check(copy.text));

  describe('with both in one segment', () => {
    // The user speaks from frame 430 to 600; the system from 100 to 400 and again from 640 to 800.
    const long = join(quiet, one, silence(240), talk(160, 3), quiet);
    const own = join(silence(430), talk(170, 7), silence(300));
    const room = (): Room =>
      new Room(own, long)
        .system(others)
        .system(segment('s3', 'system', 640, 800, 'can I go next because mine is quick'));

    it('takes the echo away and leaves the own words', () => {
      room()
        .mic(
          segment(
            's4',
            'mic',
            104,
            804,
            `${SAID}. Okay, what should it be then? Can I go next because mine is quick`,
          ),
        )
        .check(
          `(${SAID}.)`,
          'Okay, what should it be then?',
          '(Can I go next because mine is quick)',
        );
    });
    it('does so later, too, where the room is known', () => {
      new Room(own, long)
        .system(others)
        .mic(copy)
        .mic(
          segment(
            's4',
            'mic',
            430,
            804,
            'Okay, what should it be then? Can I go next because mine is quick',
          ),
        )
        .system(segment('s3', 'system', 640, 800, 'can I go next because mine is quick'))
        .check(
          `(${copy.text})`,
          'Okay, what should it be then?',
          '(Can I go next because mine is quick)',
        );
    });
    it('takes each echo away when its words come, and waits for them', () => {
      const both = segment(
        's4',
        'mic',
        104,
        804,
        `${SAID}. Okay, what should it be then? Can I go next because mine is quick`,
      );
      deepEqual(new Room(own, long).system(others).echo.judge(both).suspect, true);
      new Room(own, long)
        .system(others)
        .mic(both)
        .system(segment('s3', 'system', 640, 800, 'can I go next because mine is quick'))
        .check(
          `(${SAID}.)`,
          'Okay, what should it be then?',
          '(Can I go next because mine is quick)',
        );
    });
    it('leaves double-talk whole', () => {
      const talking = join(silence(250), talk(350, 7), silence(300));
      const said = segment(
        's4',
        'mic',
        104,
        604,
        'today I am looking at what should it be then okay I think so',
      );
      new Room(talking, long).system(others).mic(said).check(said.text);
    });
  });

  describe('of a short word', () => {
    const yes = join(one, quiet, talk(25, 4), quiet);
    const said = segment('s3', 'system', 400, 425, 'Yes.');
    const recognised = segment('s4', 'mic', 400, 432, 'Yes!');
    it('needs a room whose way of the sound is known', () => {
      new Room(silence(525), yes).system(said).mic(recognised).check(recognised.text);
      const first = segment('s1', 'system', 0, 300, SAID);
      const known = new Room(silence(525), yes).system(first).mic({
        ...copy,
        startMs: 80,
        endMs: 6_080,
        words: segment('s2', 'mic', 4, 304, copy.text).words!,
      });
      known.system(said).mic(recognised).check(`(${copy.text})`, `(${recognised.text})`);
    });
    it('is found again when the room is known later', () => {
      const late = join(talk(25, 4), quiet, one, quiet);
      new Room(silence(525), late)
        .system(segment('s1', 'system', 0, 25, 'Yes.'))
        .mic(segment('s2', 'mic', 0, 32, 'Yes!'))
        .mic(segment('s4', 'mic', 129, 429, SAID))
        .system(segment('s3', 'system', 125, 425, SAID))
        .check('(Yes!)', `(${SAID})`);
    });
    it('is not one when both say it', () => {
      const room = new Room(join(silence(404), talk(25, 11, -14), silence(96)), yes);
      room
        .system(segment('s1', 'system', 0, 300, SAID))
        .mic(segment('s2', 'mic', 4, 304, SAID))
        .system(said)
        .mic(recognised)
        .check(`(${SAID})`, recognised.text);
    });
  });

  it('leaves alone what a person changed', () => {
    const room = new Room(alone, system).mic(copy);
    room.transcript.apply({
      segmentId: copy.id,
      revision: 1,
      op: 'edit',
      by: 'person',
      segment: { ...copy, text: 'mine', revision: 1 },
    });
    room.system(others).check('mine');
  });

  it('hears at once whether it is the loudspeakers alone', () => {
    deepEqual(
      [
        new Room(alone, system).echo.echoing(6_000),
        new Room(join(quiet, talk(300, 9), quiet), system).echo.echoing(6_000),
        new Room(alone, silence(500), undefined).echo.echoing(6_000),
      ],
      [true, false, false],
    );
  });
});
