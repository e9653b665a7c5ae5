// Whisper's policy without Whisper: window, doubts, the choice between two texts, prompt, words,
// language.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { LanguageLock } from '../../../daemon/asr/whisper/whisperLanguage';
import {
  type WhisperText,
  better,
  doubt,
  fittedWindow,
} from '../../../daemon/asr/whisper/whisperPolicy';
import {
  PROMPT_TOKENS,
  estimatedTokens,
  whisperPrompt,
} from '../../../daemon/asr/whisper/whisperPrompt';
import { type WhisperSegment, whisperWords } from '../../../daemon/asr/whisper/whisperWords';

describe('the window of Whisper', () => {
  const check = (seconds: number, expected: number): void =>
    void it(`${seconds} s`, () => equal(fittedWindow(seconds * 16_000), expected));
  check(0, 768);
  check(5, 768);
  check(14.7, 768);
  check(15, 800);
  check(20, 1056);
  check(30, 1500);
});

describe('doubts about a text of Whisper', () => {
  const check = (
    text: string,
    audioMs: number,
    expected: ReturnType<typeof doubt>,
    logProbability = -0.3,
  ): void =>
    void it(`${text.slice(0, 30)} in ${audioMs} ms`, () =>
      equal(doubt({ text, logProbability }, audioMs), expected));
  check('We ship the release on Friday.', 2_000, undefined);
  check('', 300, undefined);
  check('', 2_000, 'empty');
  check('…', 2_000, 'empty');
  check('Yes.', 400, undefined);
  check('And then', 9_000, 'tooShort');
  check('no no no', 2_000, undefined);
  check(`${'so we go to the '.repeat(12)}end`, 15_000, 'loop');
  check('the token the token the token the token is refreshed by then', 5_000, 'loop');
  check('one two three four five six seven eight nine ten', 1_000, 'tooLong');
  check('今日は新しい機能について話します', 4_000, undefined);
  check('The dera-e-s-nethes of Ejet.', 4_000, 'unsure', -1.1);
  check('The dera-e-s-nethes of Ejet.', 4_000, undefined, -0.9);
});

describe('the better of two texts', () => {
  const of = (text: string, confidence: number): WhisperText => ({
    text,
    confidence,
    logProbability: Math.log(confidence),
    language: 'en',
    words: text
      .split(' ')
      .map((word) => ({ text: word, startMs: 0, endMs: 0, confidence, timing: 'model' as const })),
  });
  const check = (
    what: string,
    first: WhisperText,
    second: WhisperText,
    expected: 'first' | 'second',
  ): void =>
    void it(what, () => equal(better(first, second, 8_000), expected === 'first' ? first : second));
  const good = of('we ship the release on friday and write the notes today', 0.6);
  const loop = of('the release the release the release the release the release', 0.9);
  const short = of('we ship', 0.9);
  check('a text over a loop', loop, good, 'second');
  check('a text over two words', short, good, 'second');
  check('two words over a loop', short, loop, 'first');
  check('the longer of two that are too short', short, of('we ship now', 0.5), 'second');
  check(
    'the likelier of two that may be right',
    of('we ship the release on monday and write the notes today', 0.5),
    good,
    'second',
  );
  check('the first of two loops that are as likely', loop, loop, 'first');
});

describe('the prompt of Whisper', () => {
  const check = (words: string[], expected: string | undefined): void =>
    void it(words.join(' ') || 'nothing', () => equal(whisperPrompt(words), expected));
  check([], undefined);
  check([' ', ''], undefined);
  check(['fetchToken'], 'fetchToken.');
  check(['fetchToken', 'Ben', 'fetchToken', ' a  b '], 'a b, Ben, fetchToken.');
  it('keeps the best words where not all fit', () => {
    const words = Array.from({ length: 1_000 }, (_, i) => `symbolNumber${i}`);
    const prompt = whisperPrompt(words) ?? '';
    ok(
      prompt.endsWith('symbolNumber1, symbolNumber0.') &&
        estimatedTokens(prompt) <= PROMPT_TOKENS &&
        prompt.length > 300,
      prompt.slice(-40),
    );
  });
});

describe('the words of Whisper', () => {
  const token = (text: string, p = 0.5, id = 100) => ({ text, id, p });
  const segment = (text: string, tokens: WhisperSegment['tokens']): WhisperSegment => ({
    text,
    lang: 'en',
    tokens,
  });
  const check = (
    what: string,
    segments: WhisperSegment[],
    expected: string[],
    confidence = 0.5,
  ): void =>
    void it(what, () => {
      const found = whisperWords(segments);
      deepEqual(
        [found.words.map((w) => w.text), found.confidence, found.logProbability],
        [expected, confidence, confidence === 0 ? 0 : Math.log(confidence)],
      );
    });
  check('none', [], [], 0);
  check(
    'joins the parts of a word and leaves marks out',
    [
      segment(' fetchToken now', [
        token('[_BEG_]', 1, 50_364),
        token(' fetch'),
        token('Token'),
        token(' now'),
        token('[_TT_50]', 1, 50_414),
      ]),
    ],
    ['fetchToken', 'now'],
  );
  check(
    'puts characters together that were split over tokens',
    [segment(' 今日 ok', [token(' 今'), token('\uFFFD'), token('\uFFFD'), token(' ok')])],
    ['今日', 'ok'],
  );
  check(
    'goes over segments',
    [segment(' a', [token(' a')]), segment(' b', [token(' b')])],
    ['a', 'b'],
  );
  it('takes the mean of its tokens as the confidence of a word', () =>
    equal(
      whisperWords([segment(' ab', [token(' a', 0.25), token('b', 0.75)])]).words[0]?.confidence,
      0.5,
    ));
});

describe('the language of a conversation', () => {
  type Phrase = [language: string, confidence: number, audioMs: number];
  const check = (what: string, phrases: Phrase[], expected: string): void =>
    void it(what, () => {
      const lock = new LanguageLock();
      for (const [language, confidence, audioMs] of phrases)
        lock.observe('a', { language, confidence, audioMs });
      deepEqual([lock.language('a'), lock.language('b')], [expected, 'auto']);
    });
  check('is open at first', [], 'auto');
  check(
    'is settled by phrases that agree',
    [
      ['de', 0.7, 2_000],
      ['de', 0.7, 2_000],
    ],
    'de',
  );
  check(
    'is not settled by phrases that do not',
    [
      ['de', 0.7, 2_000],
      ['en', 0.7, 2_000],
      ['de', 0.7, 2_000],
    ],
    'auto',
  );
  check('is settled by one long sure phrase', [['de', 0.9, 6_000]], 'de');
  check(
    'is not settled by short or unsure ones',
    [
      ['de', 0.9, 500],
      ['de', 0.3, 6_000],
      ['de', 0.9, 500],
      ['de', 0.4, 3_000],
    ],
    'auto',
  );
  check(
    'stays as it was settled',
    [
      ['de', 0.9, 6_000],
      ['en', 0.9, 6_000],
      ['en', 0.9, 6_000],
    ],
    'de',
  );
  it('is forgotten for the oldest of very many', () => {
    const lock = new LanguageLock();
    for (let i = 0; i < 70; i++)
      lock.observe(`${i}`, { language: 'de', confidence: 0.9, audioMs: 6_000 });
    deepEqual([lock.language('0'), lock.language('69')], ['auto', 'de']);
  });
});
