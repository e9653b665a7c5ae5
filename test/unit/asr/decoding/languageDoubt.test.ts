import { deepEqual, equal } from 'node:assert/strict';
import { LanguageDoubt, isForeign } from '../../../../daemon/asr/decoding/languageDoubt';

type Kind = 'loop' | 'tooQuiet' | 'empty';
type Shape = readonly [seconds: number, confidence: number, kind?: Kind];
const phrase = ([seconds, confidence, kind]: Shape) => ({
  speechMs: seconds * 1000,
  result: {
    confidence,
    text: kind === undefined ? 'some words' : '',
    ...(kind === undefined || kind === 'empty' ? {} : { rejected: kind }),
  },
});

describe('isForeign', () => {
  const check = (title: string, phrases: readonly Shape[], expected: boolean): void =>
    void it(title, () => equal(isForeign(phrases.map(phrase)), expected));

  check(
    'doubts speech in which the recogniser doubts every phrase',
    [
      [6, 0.5],
      [6, 0.45],
    ],
    true,
  );
  it('does not judge confidences that are not calibrated', () => {
    const [one, two] = [phrase([6, 0.5]), phrase([6, 0.45])];
    const uncalibrated = [one, two].map(({ speechMs, result }) => ({
      speechMs,
      result: { ...result, uncalibrated: true },
    }));
    equal(isForeign(uncalibrated), false);
  });
  check(
    'keeps clear English',
    [
      [6, 0.93],
      [6, 0.88],
    ],
    false,
  );
  check(
    'keeps English of low confidence',
    [
      [6, 0.68],
      [6, 0.66],
    ],
    false,
  );
  check('waits for enough speech', [[3, 0.4]], false);
  check(
    'counts a rejected loop, however confident it is',
    [
      [7, 0.9, 'loop'],
      [5, 0.55],
    ],
    true,
  );
  check(
    'counts long speech without a word',
    [
      [5, 0, 'empty'],
      [6, 0, 'empty'],
    ],
    true,
  );
  check(
    'ignores short speech without a word',
    Array.from({ length: 9 }, () => [2, 0, 'empty'] as const),
    false,
  );
  check(
    'ignores noise',
    [
      [9, 0, 'tooQuiet'],
      [3, 0.4],
    ],
    false,
  );
  check(
    'needs doubt in nearly all of the speech',
    [
      [5, 0.3],
      [5, 0.8],
    ],
    false,
  );
  check(
    'regards the latest speech',
    [
      [20, 0.95],
      [6, 0.45],
      [6, 0.5],
    ],
    true,
  );
});

describe('LanguageDoubt', () => {
  it('reports once', () => {
    const doubt = new LanguageDoubt();
    const reports = Array.from({ length: 200 }, () => doubt.take(phrase([5, 0.4])));
    deepEqual([reports.filter(Boolean).length, reports.indexOf(true)], [1, 1]);
  });
});
