// Where phrases begin and end, for given probabilities of speech.
import { deepEqual, equal } from 'node:assert/strict';
import {
  PhraseSegmenter,
  type SegmenterEvent,
  defaultSegmenterOptions,
  defaultPreset,
  segmenterOptionsFor,
} from '../../../daemon/vad/segmenter';
import type { SegmenterOptions } from '../../../daemon/vad/contract';

const W = 512;
const ms = (samples: number): number => Math.round(samples / 16);

/**
 * `.` silence, `s` speech, `-` in between (0.4); one letter a 32 ms window. Events as text, times
 * in milliseconds.
 * @param msPerSecond what a decode takes of each second; pauses are told where it is given
 */
function run(
  pattern: string,
  options: Partial<SegmenterOptions> = {},
  quietest = (_from: number, to: number): number => to - 160,
  msPerSecond?: number,
): string[] {
  const pauses = msPerSecond !== undefined;
  const decodeMs = (audioMs: number): number => (audioMs * (msPerSecond ?? 0)) / 1000;
  const segmenter = new PhraseSegmenter(
    { ...defaultSegmenterOptions, postRollMs: 192, shortPhraseMs: 0, ...options },
    quietest,
    undefined,
    undefined,
    decodeMs,
  );
  const found: SegmenterEvent[] = [];
  [...pattern].forEach((letter, i) =>
    found.push(...segmenter.push(i * W, letter === 's' ? 0.9 : letter === '-' ? 0.4 : 0.05)),
  );
  if (pattern.endsWith('|')) found.pop();
  return found.flatMap((e) => {
    if (e.kind === 'onset') return `onset ${ms(e.start)}`;
    if (e.kind === 'phrase')
      return `${e.cause} ${ms(e.start)}-${ms(e.end)} speech to ${ms(e.speechEnd)}`;
    return pauses
      ? e.kind === 'pause'
        ? `pause ${ms(e.start)}-${ms(e.end)} speech to ${ms(e.speechEnd)}`
        : 'resume'
      : [];
  });
}
const check = (
  pattern: string,
  expected: string[],
  options: Partial<SegmenterOptions> = {},
): void => deepEqual(run(pattern, options), expected);
const n = (letter: string, times: number): string => letter.repeat(times);

describe('PhraseSegmenter', () => {
  it('waits longer for the end of every phrase while it is told to', () => {
    const segmenter = new PhraseSegmenter(
      { ...defaultSegmenterOptions, shortPhraseMs: 0 },
      (_from, to) => to,
      () => true,
    );
    const ends: number[] = [];
    [...(n('s', 40) + n('.', 40))].forEach((letter, i) =>
      segmenter
        .push(i * W, letter === 's' ? 0.9 : 0.05)
        .forEach((e) => e.kind === 'phrase' && ends.push(ms((i + 1) * W - e.speechEnd))),
    );
    deepEqual(ends, [864]);
  });
  it('starts 300 ms before speech and ends after 400 ms of silence', () => {
    check(n('.', 20) + n('s', 10) + n('.', 13), ['onset 340', 'silence 340-1152 speech to 960']);
  });
  it('does not reach back before the first sample', () => {
    check(n('.', 2) + n('s', 10) + n('.', 13), ['onset 0', 'silence 0-576 speech to 384']);
  });
  it('takes a pause shorter than 400 ms for part of the phrase', () => {
    check(n('.', 20) + n('s', 5) + n('.', 12) + n('s', 5) + n('.', 13), [
      'onset 340',
      'silence 340-1536 speech to 1344',
    ]);
  });
  it('waits longer for more while a phrase is short', () => {
    const waits = { shortPhraseMs: 640, shortEndSilenceMs: 800 };
    check(n('s', 10) + n('.', 20) + n('s', 5), ['onset 0'], waits);
    check(n('s', 10) + n('.', 25), ['onset 0', 'silence 0-512 speech to 320'], waits);
    check(n('s', 20) + n('.', 13), ['onset 0', 'silence 0-832 speech to 640'], waits);
  });
  it('does not wait longer for more than a short phrase whose text is trusted, from when it is', () => {
    const ends = (trustedAtMs: number): number[] => {
      let quietMs = 0;
      const segmenter = new PhraseSegmenter(
        { ...defaultSegmenterOptions, shortPhraseMs: 5_000 },
        (_from, to) => to,
        undefined,
        () => quietMs >= trustedAtMs,
      );
      return [...(n('s', 40) + n('.', 40))].flatMap((letter, i) => {
        quietMs = letter === 's' ? 0 : quietMs + 32;
        return segmenter
          .push(i * W, letter === 's' ? 0.9 : 0.05)
          .flatMap((e) => (e.kind === 'phrase' ? [ms((i + 1) * W - e.speechEnd)] : []));
      });
    };
    deepEqual([ends(200), ends(600), ends(Infinity)], [[416], [608], [864]]);
  });
  it('announces a pause once, and that it was none', () => {
    const speak = n('s', 10) + n('.', 8) + n('s', 5) + n('.', 13);
    deepEqual(run(speak, { pauseLeadMs: 0 }, undefined, 500), [
      'onset 0',
      'pause 0-512 speech to 320',
      'resume',
      'pause 0-896 speech to 736',
      'silence 0-928 speech to 736',
    ]);
  });
  it('announces a pause so late that a decode is just done when the phrase ends', () => {
    // 320 ms of speech at 250 ms a second: 80 ms before the end. A long phrase: after 160 ms.
    deepEqual(run(n('s', 10) + n('.', 10), { pauseLeadMs: 0 }, undefined, 250), [
      'onset 0',
      'pause 0-512 speech to 320',
    ]);
    deepEqual(run(n('s', 10) + n('.', 9), { pauseLeadMs: 0 }, undefined, 250), ['onset 0']);
    deepEqual(run(n('s', 100) + n('.', 5), { pauseLeadMs: 0 }, undefined, 250), [
      'onset 0',
      'pause 0-3360 speech to 3200',
    ]);
  });
  it('announces the pause of a short phrase before its longer end where the text of an earlier pause was doubted', () => {
    const pausesAfter = (pattern: string, doubted: boolean): number[] => {
      const segmenter = new PhraseSegmenter(
        { ...defaultSegmenterOptions, shortPhraseMs: 2_000, shortEndSilenceMs: 800 },
        (_from, to) => to,
        undefined,
        undefined,
        () => 100,
        () => doubted,
      );
      return [...pattern].flatMap((letter, i) =>
        segmenter
          .push(i * W, letter === 's' ? 0.9 : 0.05)
          .flatMap((e) => (e.kind === 'pause' ? [ms((i + 1) * W - e.speechEnd)] : [])),
      );
    };
    const { pauseLeadMs } = defaultSegmenterOptions;
    const windows = (quietMs: number): number => Math.ceil((quietMs - pauseLeadMs - 100) / 32) * 32;
    deepEqual(
      [
        pausesAfter(n('s', 40) + n('.', 30), false),
        pausesAfter(n('s', 40) + n('.', 30), true),
        pausesAfter(n('s', 80) + n('.', 30), true),
      ],
      [[windows(400)], [windows(800)], [windows(400)]],
    );
  });
  it('counts fewer phrases as short where several people speak and nothing tells them apart', () => {
    deepEqual(
      [{ mixed: true }, { mixed: true, awaited: true }, {}].map(
        (use) =>
          ({ ...defaultSegmenterOptions, ...segmenterOptionsFor(defaultPreset, true, use) })
            .shortPhraseMs,
      ),
      [5_000, 5_000, 8_000],
    );
  });
  it('announces every pause at once where somebody waits for the end', () => {
    deepEqual(
      run(
        n('s', 10) + n('.', 5) + n('s', 3),
        { shortPhraseMs: 5_000, ...segmenterOptionsFor(defaultPreset, true, { awaited: true }) },
        undefined,
        30,
      ),
      ['onset 0', 'pause 0-448 speech to 320', 'resume'],
    );
  });
  it('announces it earlier where the phrase is decoded behind the one before', () => {
    // 620 ms that go on 20 ms behind another phrase; with it 1856 ms.
    const pauses = (silence: number, leadGapMs: number): boolean =>
      run(
        n('s', 32) + n('.', 16) + n('s', 10) + n('.', silence),
        { pauseLeadMs: 0, leadGapMs },
        undefined,
        100,
      ).includes('pause 1236-2048 speech to 1856');
    deepEqual(
      [pauses(6, 400), pauses(7, 400), pauses(10, 0), pauses(11, 0)],
      [false, true, false, true],
    );
  });
  it('keeps a phrase open on windows between the two thresholds, but does not start on them', () => {
    check(n('.', 20) + n('-', 30), []);
    check(n('.', 20) + n('s', 3) + n('-', 20), ['onset 340']);
  });
  it('lets a short answer through and a click not', () => {
    check(n('.', 20) + n('s', 4) + n('.', 13), ['onset 340', 'silence 340-960 speech to 768']);
    check(n('.', 20) + 's' + n('.', 20), []);
    check(n('.', 20) + ('s' + n('.', 6)).repeat(20), []);
  });
  it('never gives one sample to two phrases, and begins one where a frame does', () => {
    check(n('s', 10) + n('.', 13) + n('s', 10) + n('.', 13), [
      'onset 0',
      'silence 0-512 speech to 320',
      'onset 520',
      'silence 520-1248 speech to 1056',
    ]);
  });
  it('cuts at the cap and goes on at the same sample', () => {
    check(
      n('s', 70) + n('.', 13),
      ['onset 0', 'cap 0-2038 speech to 2038', 'onset 2038', 'silence 2038-2432 speech to 2240'],
      { maxPhraseMs: 2048 },
    );
  });
  it('opens nothing after a cut behind the last speech', () => {
    const events = run(n('s', 58) + n('.', 20), { maxPhraseMs: 2048 }, () => 59 * W);
    deepEqual(events, ['onset 0', 'cap 0-1888 speech to 1856']);
  });
  it('ends what is open at a flush, and nothing twice', () => {
    const segmenter = new PhraseSegmenter(defaultSegmenterOptions, () => 0);
    for (let i = 0; i < 10; i++) segmenter.push(i * W, 0.9);
    deepEqual(segmenter.flush(10 * W), [
      { kind: 'phrase', from: 0, start: 0, end: 10 * W, speechEnd: 10 * W, cause: 'flush' },
    ]);
    deepEqual(segmenter.flush(10 * W), []);
    equal(segmenter.neededFrom, 10 * W);
  });
});
