/**
 * A note as the language server reads it: line by line, together, and after every edit as if read
 * anew.
 */
import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { Note } from '../../../daemon/lsp/note';
import { readLine } from '../../../daemon/lsp/noteLine';
import { lineOf, SAMPLE } from './sample';

describe('a line of a note', () => {
  const check = (text: string, expected: unknown): void =>
    void it(text, () => {
      const line = readLine(text);
      const said = ({ start, end }: { start: number; end: number }): string =>
        text.slice(start, end);
      const found =
        line.kind === 'item'
          ? [
              line.box,
              said(line.words),
              line.owner?.name,
              line.owner && said(line.owner),
              line.due?.date,
              line.due?.phrase,
              line.stamp?.ms,
            ]
          : line.kind === 'said'
            ? [line.speaker.name, line.stamp.ms]
            : line.kind === 'heading'
              ? [line.level, line.title]
              : line.kind;
      deepEqual(found, expected);
    });
  check('- [ ] Fix it — @Ben Miller, by Friday (2026-11-27) [00:14:05]', [
    ' ',
    'Fix it',
    'Ben Miller',
    'Ben Miller',
    '2026-11-27',
    'by Friday',
    845_000,
  ]);
  check('- [x] Fix it [00:00:01]', [
    'x',
    'Fix it',
    undefined,
    undefined,
    undefined,
    undefined,
    1_000,
  ]);
  check('- [ ] ask @zoë about it', [
    ' ',
    'ask @zoë about it',
    'zoë',
    'zoë',
    undefined,
    undefined,
    undefined,
  ]);
  check('* Use Redis — for now [00:75:00]', [
    undefined,
    'Use Redis — for now',
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  check('- mail ben@example.org by 2026-12-01', [
    undefined,
    'mail ben@example.org by 2026-12-01',
    undefined,
    undefined,
    '2026-12-01',
    '2026-12-01',
    undefined,
  ]);
  check('- [ ] — @Ben', [' ', '', 'Ben', 'Ben', undefined, undefined, undefined]);
  check('**Lea K.** [01:00:00] Hello', ['Lea K.', 3_600_000]);
  check('**bold** words', 'plain');
  check('## Action items ##', [2, 'Action items']);
  check('#hashtag', 'plain');
  check('```ts', 'fence');
});

describe('a note', () => {
  it('knows its sections, items, transcript and blocks', () => {
    const { headings, items, said, front, blocks } = new Note(SAMPLE).structure;
    deepEqual(
      {
        headings: headings.map(({ title }) => title),
        items: items.map(({ kind, line }) => [kind, line]),
        said: said.map(({ ms }) => ms),
        session: front.get('session')?.value,
        blocks: blocks.map(({ kind }) => kind),
      },
      {
        headings: ['Sync design', 'Summary', 'Decisions', 'Action items', 'Mine', 'Transcript'],
        items: [
          ['summary', lineOf('- The cache')],
          ['decision', lineOf('- Use')],
          ['action', lineOf('- [ ] Fix')],
          ['action', lineOf('- [ ] Write')],
          ['action', lineOf('- [x] Rename')],
          ['action', lineOf('- [ ] Old')],
          ['action', lineOf('- [ ] call')],
        ],
        said: [5_000, 12_000, 360_000],
        session: 'a1b2',
        blocks: ['front', 'code', 'comment'],
      },
    );
  });

  it('is after any edits what it is when read anew', () => {
    const piece = fc.constantFrom(
      '',
      'x',
      '\n',
      '\r\n',
      '- [ ] do it — @Ben [00:00:12]\n',
      '## Decisions\n',
      '---\n',
      '```\n',
      '**Ben** [00:00:07] so\n',
      '\n\n',
    );
    const edit = fc.record({
      from: fc.nat(SAMPLE.length),
      length: fc.nat(120),
      text: fc.array(piece, { maxLength: 3 }).map((parts) => parts.join('')),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        let text = SAMPLE;
        const note = new Note(text);
        for (const { from, length, text: newText } of edits) {
          const position = (offset: number) => {
            const before = text.slice(0, offset).split('\n');
            return { line: before.length - 1, character: before.at(-1)!.length };
          };
          const [start, end] = [Math.min(from, text.length), Math.min(from + length, text.length)];
          // Half a line break is no place that an editor names.
          if (text[start - 1] === '\r' || text[end - 1] === '\r' || newText.includes('\r'))
            continue;
          note.change([{ range: { start: position(start), end: position(end) }, text: newText }]);
          text = text.slice(0, start) + newText + text.slice(end);
        }
        deepEqual([note.length, note.structure], [new Note(text).length, new Note(text).structure]);
      }),
      { numRuns: 200 },
    );
  });

  it('takes positions outside of itself as its end, and a whole new text', () => {
    const note = new Note('a\nb');
    note.change([
      { range: { start: { line: 90, character: 7 }, end: { line: 99, character: 0 } }, text: 'c' },
    ]);
    deepEqual([note.line(1)?.text, note.length], ['bc', 2]);
    note.change([{ text: '# New' }]);
    deepEqual([note.title, note.length], ['New', 1]);
  });
});
