import { deepEqual, match } from 'node:assert/strict';
import { QuietWatch } from '../../../daemon/speech/quietWatch';
import { SpeechWarnings } from '../../../daemon/speech/speechWarnings';
import type { Phrase } from '../../../daemon/vad/contract';

const phrase = (startMs: number): Phrase =>
  ({ source: 'mic', startMs, speechEndMs: startMs + 6000 }) as Phrase;
const doubtful = {
  text: 'invented English words',
  words: [],
  confidence: 0.45,
  language: 'en',
  inferenceMs: 1,
};

describe('SpeechWarnings', () => {
  const warnings = (multilingual: string | undefined, confidence: number): string[] => {
    const said: string[] = [];
    const speech = new SpeechWarnings({
      multilingual: () => multilingual,
      warn: (code, message, source) => void said.push(`${source} ${code}: ${message}`),
    });
    for (let i = 0; i < 20; i++) speech.phrase(phrase(i * 7000), { ...doubtful, confidence });
    return said;
  };

  it('names a model of several languages, once', () => {
    const [said = '', ...more] = warnings('whisper-base-q8_0', 0.45);
    match(said, /^mic language\.foreign: This does not sound like English.*whisper-base-q8_0/);
    deepEqual(more, []);
  });
  it('is silent about English', () => deepEqual(warnings('whisper-base-q8_0', 0.9), []));
  it('is silent in a model of several languages', () => deepEqual(warnings(undefined, 0.45), []));
});

describe('QuietWatch', () => {
  const check = (title: string, decibels: readonly number[], expected: readonly boolean[]): void =>
    void it(title, () => {
      const watch = new QuietWatch();
      deepEqual(
        decibels.map((one) => watch.phrase(one)),
        expected,
      );
    });
  check('reports the third quiet phrase, once', [25, 30, 22, 30], [false, false, true, false]);
  check('reports no single whisper', [25, 0, 25, 25, 3], [false, false, false, false, false]);
});
