/** What `earmark analyze` takes in, and what it says when it cannot. */
import assert from 'node:assert/strict';
import { AnalysisInputError, parseAnalysisInput } from '../../../daemon/insights/plainText';

function check(text: string, expected: readonly string[]): void {
  assert.deepEqual(
    parseAnalysisInput(text).map(
      ({ id, source, speaker, text: words }) => `${id} ${source} ${speaker}: ${words}`,
    ),
    expected,
  );
}
function fails(text: string, message: RegExp): void {
  assert.throws(
    () => parseAnalysisInput(text),
    (error) => error instanceof AnalysisInputError && message.test(error.message),
  );
}

describe('input of analyze: plain lines', () => {
  it('speaker and words, the line number as id', () =>
    check('Ben: Hello.\n\nYou: Hi.', ['1 system Ben: Hello.', '3 mic You: Hi.']));
  it('a line without a speaker goes on', () =>
    check('Ben: Hello.\nHow are you?', ['1 system Ben: Hello.', '2 system Ben: How are you?']));
  it('no speaker at all', () => check('Hello.', ['1 system Others: Hello.']));
  it("a note's own transcript", () => check('**Ben** [00:14:05] Hello.', ['1 system Ben: Hello.']));
  it('time stamps and titles', () =>
    check('[00:01] Mr. Ortiz: Hello.\r\nBen (0:12): Hi.', [
      '1 system Mr. Ortiz: Hello.',
      '2 system Ben: Hi.',
    ]));
  it('a colon in a sentence is no speaker', () =>
    check('Ben: One thing I really want to say: stop.\nWhat I mean by that is this: no.', [
      '1 system Ben: One thing I really want to say: stop.',
      '2 system Ben: What I mean by that is this: no.',
    ]));
  it('a byte order mark', () => check('\uFEFFBen: Hello.', ['1 system Ben: Hello.']));
  it('times grow with the words', () =>
    assert.deepEqual(
      parseAnalysisInput('A: one two\nB: three').map(({ startMs, endMs }) => [startMs, endMs]),
      [
        [0, 800],
        [800, 1200],
      ],
    ));
  it('nothing', () => fails(' \n', /no text to analyse/));
});

describe('input of analyze: JSON', () => {
  it('segments in seconds', () =>
    assert.deepEqual(
      parseAnalysisInput(
        '{"segments":[{"id":"x","start":1.5,"end":2,"source":"mic","speaker":"Ana","text":"Hi."}]}',
      ),
      [
        {
          id: 'x',
          startMs: 1500,
          endMs: 2000,
          source: 'mic',
          speaker: 'Ana',
          text: 'Hi.',
          confidence: 1,
          revision: 0,
        },
      ],
    ));
  it('a bare array, numbers as ids', () =>
    check('[{"id":7,"text":"Hi."}]', ['7 system Others: Hi.']));
  it('more keys than needed', () =>
    check(
      '{"file":"a.wav","segments":[{"id":"1","speaker":"You","text":"Hi.","confidence":0.4}]}',
      ['1 mic You: Hi.'],
    ));
  it('cut off', () => fails('{"segments":[', /check that the file is complete/));
  it('without a text', () => fails('{"segments":[{"id":"1"}]}', /segments\.0\.text/));
  it('an id twice', () => fails('[{"id":1,"text":"a"},{"id":1,"text":"b"}]', /stands twice/));
});
