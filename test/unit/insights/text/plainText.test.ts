/** What `earmark analyze` takes in, and what it says when it cannot. */
import { deepEqual, equal, throws } from 'node:assert/strict';
import { decodeText } from '../../../../daemon/insights/conversation/textBytes';
import { AnalysisInputError, parseAnalysisInput } from '../../../../daemon/insights/text/plainText';

function check(text: string, expected: readonly string[]): void {
  deepEqual(
    parseAnalysisInput(text).map(
      ({ id, source, speaker, text: words }) => `${id} ${source} ${speaker}: ${words}`,
    ),
    expected,
  );
}
function fails(text: string, message: RegExp): void {
  throws(
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
    deepEqual(
      parseAnalysisInput('A: one two\nB: three').map(({ startMs, endMs }) => [startMs, endMs]),
      [
        [0, 800],
        [800, 1200],
      ],
    ));
  it('nothing', () => fails(' \n', /no text to analyse/));
});

describe('input of analyze: transcripts of others', () => {
  it('SubRip, a sentence over two cues, Windows line ends', () =>
    check(
      '1\r\n00:00:01,000 --> 00:00:03,000\r\nBen: I will send the\r\n\r\n2\r\n00:00:03,000 --> 00:00:05,000\r\n<i>report</i> to Anna.\r\n\r\n3\r\n00:00:05,000 --> 00:00:07,000\r\nAnna: Thanks.\r\n',
      ['1 system Ben: I will send the report to Anna.', '3 system Anna: Thanks.'],
    ));
  it('SubRip without empty lines', () =>
    check('1\n00:00:01,000 --> 00:00:02,000\nHello.\n2\n00:00:02,000 --> 00:00:03,000\nBye.', [
      '1 system Others: Hello.',
      '2 system Others: Bye.',
    ]));
  it('WebVTT of Teams', () =>
    check(
      'WEBVTT\n\na7939eec-6426/32-0\n00:00:09.835 --> 00:00:13.995\n<v Jane Roe>I will send it\nby Friday.</v>\n\nb2/1-0\n00:00:14.000 --> 00:00:15.000\n<v Ben &amp; Co>Fine.</v>',
      [
        'a7939eec-6426/32-0 system Jane Roe: I will send it by Friday.',
        'b2/1-0 system Ben & Co: Fine.',
      ],
    ));
  it('WebVTT of Zoom and Meet, notes, styles and settings', () =>
    check(
      'WEBVTT - Meeting\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE made by a person\n\n1\n00:01.000 --> 00:02.500 align:start position:0%\nBen Roe: Hello <00:01.500>there.\n\n2\n00:03.000 --> 00:04.000\nAnd you?',
      ['1 system Ben Roe: Hello there.', '2 system Ben Roe: And you?'],
    ));
  it('two voices in a cue', () =>
    check('WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>Hi.</v> <v.loud Ben>Hello.</v>', [
      'line 3 system Ana: Hi.',
      'line 3/2 system Ben: Hello.',
    ]));
  it('names above the words', () =>
    check('Jane Roe   0:09\nI will do it.\n\n[Ben] 10:00:01\nThanks.', [
      '2 system Jane Roe: I will do it.',
      '5 system Ben: Thanks.',
    ]));
  it('times of subtitles', () =>
    deepEqual(
      parseAnalysisInput('1\n01:00:01,5 --> 01:00:03,250\nHello.').map(({ startMs, endMs }) => [
        startMs,
        endMs,
      ]),
      [[3_601_500, 3_603_250]],
    ));
  it('JSON lines as transcribe prints them', () =>
    check(
      '{"file":"a.wav","start":0,"end":1.5,"source":"file","speaker":"Ben","text":"Hi.","confidence":0.9}\r\n{"file":"a.wav","start":2,"end":3,"source":"file","speaker":"Ana","text":"Hello.","confidence":0.9}\r\n',
      ['1 file Ben: Hi.', '2 file Ana: Hello.'],
    ));
  it('a JSON line that is cut off', () => {
    fails('{"text":"Hi."}\n{"text":', /Line 2 of the JSON lines/);
  });
  it('UTF-8 and UTF-16, with and without a byte order mark', () => {
    const text = 'Änne: Café?\r\n';
    const utf16 = (big: boolean): Buffer => {
      const bytes = Buffer.from(text, 'utf16le');
      return big ? bytes.swap16() : bytes;
    };
    const all: readonly Uint8Array[] = [
      Buffer.from(text),
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]),
      utf16(false),
      utf16(true),
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(false)]),
      Buffer.concat([Buffer.from([0xfe, 0xff]), utf16(true)]),
      Buffer.from(text, 'latin1'),
    ];
    deepEqual(
      all.map(decodeText),
      all.map(() => text),
    );
    equal(decodeText(Buffer.from([0, 0, 0, 1, 2, 0, 0, 0])), undefined);
  });
});

describe('input of analyze: JSON', () => {
  it('segments in seconds', () =>
    deepEqual(
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
