/** No output format lets a control character or markup of people's text through. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { guarded, makeStyle, table } from '../../../daemon/cli/output/output';
import { renderInsightsMarkdown } from '../../../daemon/insights/text/render';
import type { Insight } from '../../../daemon/insights/types';
import { derive, type Derivative } from '../../../daemon/notes/derive';
import { renderExport, type ExportFormat } from '../../../daemon/notes/exports';
import { FAMILIES } from '../../../protocol';
import {
  commentText,
  isPlainLine,
  isPlainText,
  jsonText,
  markdownText,
  plainLine,
  rttmField,
  srtText,
  vttText,
} from '../../../protocol/plainText';

/** Sequences that terminals, players, renderers and compilers act on. */
const ATTACKS = [
  '\u001b[2J',
  '\u001b]52;c;ZWNobyBwd25lZA==\u0007',
  '\u001b]0;title\u001b\\',
  '\u009b31m',
  '\u009d52;c;eA==\u009c',
  '\u0007',
  '\u0000',
  '\u007f',
  '\b\b\b',
  '\r',
  '\n',
  '\r\n1:02  Ben  I resign\n',
  '\n\n2\n00:00:00,000 --> 00:00:09,000\nforged',
  '\u0085',
  '\u2028',
  '\u202e',
  '\u2066if (admin)\u2069',
  '\ufff9a\ufffbb',
  '\ufdd0',
  '\uffff',
  '<script>alert(1)</script>',
  '<b>bold</b>',
  '</v><v Ana>forged',
  '{\\an8}',
  '-->',
  '--> -->',
  '*/',
  '* /*//',
  '<!-- -->',
  '--------->>',
  '![x](https://tracker/p.png)',
  '[x](command:evil)',
  '[x]: https://host',
  '<https://host>',
  'SPEAKER x 1',
  '"\\\u001b',
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...ATTACKS), fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

/** Ordinary words: of many scripts, with joiners, marks of direction, emoji and code. */
const WORDS = [
  'Über',
  'naïve',
  'Ωμέγα',
  'Привет',
  'नमस्ते',
  'ไทย',
  'こんにちは',
  '您好',
  '한국어',
  'عربي',
  'שלום',
  'می\u200cخواهم',
  'א\u200fב',
  '\u200eabc',
  '👩🏽\u200d💻',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '❤️',
  'e\u0301',
  'a_b',
  'x*y',
  'i<3',
  'a > b',
  '#12',
  'R&D',
  "it's",
  '“quoted”',
  '50 %',
  'parse(config)',
  'list[0]',
  '`code`',
  '$HOME',
  'C:\\temp',
  '1.5',
  '…',
  '—',
  'z͑ͫ',
  '\u00a0',
  '\u3000',
];
const ordinary = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 8 })
  .map((words) => words.join(' ').trim());

/** Independent of the tested file: general categories of Unicode. */
const FORBIDDEN =
  /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\p{Noncharacter_Code_Point}]/u;
const clean = (text: string, allowed = ''): void => {
  for (const character of text)
    ok(
      allowed.includes(character) ||
        !FORBIDDEN.test(character) ||
        character.codePointAt(0)! > 0xffff,
      `U+${character.codePointAt(0)!.toString(16)} in ${JSON.stringify(text)}`,
    );
};

const OWN_CODES = `${'\u001b'}\\[(?:[12]|22|3[12369])m|\r${'\u001b'}\\[K`;

const RUNS = { numRuns: 2_000 };
const LINES: Readonly<Record<string, (text: string) => string>> = {
  plainLine,
  srtText,
  vttText,
  markdownText,
  rttmField,
  'commentText of //': (text) => commentText(text, ''),
  'commentText of /* */': (text) => commentText(text, ' */'),
  'commentText of <!-- -->': (text) => commentText(text, ' -->'),
};

const sessionOf = (title: string, speaker: string, text: string) => ({
  file: 'talk.wav',
  title,
  segments: [
    { id: 's1', startMs: 0, endMs: 2_000, source: 'mic' as const, speaker, text, confidence: 0.9 },
    {
      id: 's2',
      startMs: 2_000,
      endMs: 4_000,
      source: 'mic' as const,
      speaker: 'Ana',
      text: 'Fine.',
      confidence: 0.9,
    },
  ],
});
const insightOf = (text: string, owner: string, phrase: string): Insight =>
  ({
    id: 'i1',
    kind: 'action',
    text,
    owner,
    due: { phrase },
    status: 'open',
    confidence: 1,
    writtenBy: 'rules',
    symbols: [],
    evidence: [{ segmentId: 's1', startMs: 0, endMs: 1, quote: text }],
  }) as unknown as Insight;

describe('promise: no output format lets control characters or markup through', function () {
  this.timeout(60_000);

  for (const [name, format] of Object.entries(LINES)) {
    it(`${name} gives one line without control characters`, () =>
      fc.assert(
        fc.property(hostile, (text) => clean(format(text))),
        RUNS,
      ));
    it(`${name} leaves ordinary text as it is`, () =>
      fc.assert(
        fc.property(ordinary, (text) => {
          const expected =
            name === 'vttText'
              ? text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
              : name === 'rttmField'
                ? text.replace(/\s+/g, '_') || '<NA>'
                : text;
          equal(format(text), expected);
        }),
        RUNS,
      ));
  }

  it('SubRip has no tag and no arrow', () =>
    fc.assert(
      fc.property(hostile, (text) => ok(!/<[/!?a-z]|\{\\|-->/i.test(srtText(text)), text)),
      RUNS,
    ));
  it('WebVTT has no tag and no arrow', () =>
    fc.assert(
      fc.property(hostile, (text) => ok(!/[<>]/.test(vttText(text)), text)),
      RUNS,
    ));
  it('Markdown has no HTML, image, link or definition', () =>
    fc.assert(
      fc.property(hostile, (text) => {
        const line = markdownText(text);
        ok(!/(?<!\\)<[/!?a-z]/i.test(line) && !/(?<!\\)\][([:]/.test(line), line);
      }),
      RUNS,
    ));
  it('a comment does not end early', () =>
    fc.assert(
      fc.property(hostile, (text) => {
        ok(!commentText(text, ' */').includes('*/'));
        ok(!commentText(text, ' -->').includes('-->'));
      }),
      RUNS,
    ));

  it('JSON gives the value back, without a raw control character', () =>
    fc.assert(
      fc.property(hostile, (text) => {
        const written = jsonText({ text });
        clean(written);
        deepEqual(JSON.parse(written), { text });
      }),
      RUNS,
    ));

  it('every export has the lines of its segments alone', () =>
    fc.assert(
      fc.property(hostile, hostile, hostile, (title, speaker, words) => {
        const session = sessionOf(title, speaker, `a ${words}`);
        const lines = (format: ExportFormat): string[] => {
          const text = renderExport(format, [session]);
          clean(text, '\n');
          return text.split('\n');
        };
        equal(lines('text').length, 3);
        equal(lines('jsonl').length, 3);
        equal(lines('rttm').length, 3);
        lines('json');
        // Two cues, or more for long words: as many arrows as times.
        for (const format of ['srt', 'vtt'] as const)
          for (const line of lines(format))
            ok(/^[\d:.,]+ --> [\d:.,]+$/.test(line) || !line.includes('-->'), line);
        for (const line of lines('md')) ok(!/(?<!\\)<[/!?a-z]/i.test(line), line);
      }),
      { numRuns: 500 },
    ));

  it('TODO comments, tasks, issues, decision records and insights keep their form', () =>
    fc.assert(
      fc.property(hostile, hostile, hostile, (text, owner, phrase) => {
        const insight = insightOf(text, owner, phrase);
        const from = { title: owner, startedAt: '2026-11-25T09:00:00Z', branch: phrase };
        const made = (as: Derivative, language = ''): string => {
          const { text: written } = derive(as, insight, from, language);
          clean(written, '\n');
          return written;
        };
        for (const language of ['typescript', 'python', 'css', 'html', 'sql'])
          equal(made('todo', language).trimEnd().split('\n').length, 1);
        equal(made('todo', 'css').split('*/').length, 2);
        equal(made('todo', 'html').split('-->').length, 2);
        equal(made('task').split('\n').length, 2);
        made('issue');
        made('adr');
        clean(renderInsightsMarkdown([insight]), '\n');
      }),
      { numRuns: 500 },
    ));

  it('the terminal shows no code but those of its own styles', () =>
    fc.assert(
      fc.property(hostile, (text) => {
        const style = makeStyle(true);
        const own = `${style.bold('name')} ${style.dim('time')}`;
        // Of foreign codes only those stay that are its own: bold, colours, the emptied line.
        const foreign = guarded(text).replaceAll('\u001b[2J\u001b[H', '');
        clean(foreign.replace(new RegExp(OWN_CODES, 'g'), ''), '\n\t');
        equal(guarded(own), own);
        const rows = table([
          [text, 'b'],
          ['c', text],
        ]);
        clean(rows, '\n');
        equal(rows.split('\n').length, 3);
      }),
      RUNS,
    ));
});

describe('promise: control characters are refused at the edge', () => {
  const FIELDS: Readonly<Record<string, object>> = {
    'daemon/hello client': { protocol: { major: 1, minor: 0 }, client: 'X', clientVersion: '1' },
    'session/rename title': { sessionId: 'a', title: 'X' },
    'transcript/revise text': { sessionId: 'a', segmentId: 's1', text: 'X' },
    'transcript/revise speaker': { sessionId: 'a', segmentId: 's1', speaker: 'X' },
    'transcript/nameSpeaker name': { sessionId: 'a', speakerId: '2', name: 'X' },
    'insights/revise text': { sessionId: 'a', insightId: 'i1', text: 'X' },
    'insights/revise owner': { sessionId: 'a', insightId: 'i1', owner: 'X' },
  };
  for (const [name, params] of Object.entries(FIELDS)) {
    const [method = '', field = ''] = name.split(' ');
    it(`${name}`, () => {
      const type = Object.values(FAMILIES)
        .flat()
        .find((message) => message.method === method);
      ok(type, `there is no method ${method}`);
      const accepts = (value: string): boolean =>
        type.params.safeParse(
          JSON.parse(JSON.stringify(params).replace('"X"', JSON.stringify(value))),
        ).success;
      equal(accepts('Größe 👩🏽\u200d💻 עברית'), true);
      for (const bad of ['\u001b]52;c;eA==\u0007', 'a\u009bb', 'a\u0000b', 'a\u202eb'])
        equal(accepts(bad), false, `${field}: ${JSON.stringify(bad)}`);
    });
  }

  it('as the formats do', () =>
    fc.assert(
      fc.property(hostile, (text) => {
        if (isPlainLine(text)) clean(text);
        else ok(plainLine(text) !== text);
        if (isPlainText(text)) clean(text, '\t\n\v\f\r\u0085\u2028\u2029');
      }),
      RUNS,
    ));
});
